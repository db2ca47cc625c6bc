/** An evaluation that the command line made, taken into the app to be looked at. */
import { mkdir } from 'node:fs/promises'
import { groupings } from '../report/cohort/groupings.ts'
import type { StoredCohort } from './cohort-files.ts'
import { rowsOfEvaluation } from './cohort-propose-files.ts'
import { readEvaluation, readRows, writeInto } from './evaluation-files.ts'

/** Copies its settings and rows into `to`, without columns that tables do not show: they may name people. Throws UserError. */
export async function importEvaluation(
  from: string,
  to: string,
): Promise<Pick<StoredCohort, 'setup' | 'rows' | 'notes'>> {
  const evaluation = await readEvaluation(from)
  const done = await readRows(from)
  const { columns } = groupings(done)
  const shown = done.map((row) => ({
    ...row,
    columns: Object.fromEntries(Object.entries(row.columns).filter(([column]) => columns.includes(column))),
  }))
  await mkdir(to, { recursive: true })
  await writeInto(to, 'cases.jsonl', shown.map((row) => `${JSON.stringify(row)}\n`).join(''))
  await writeInto(to, 'evaluation.json', `${JSON.stringify(evaluation, null, 2)}\n`)
  const { model, methods, guard, toleranceMm, seed } = evaluation
  return {
    setup: {
      model: model.name,
      methods: methods.map(({ name, parameters }) => ({ name, options: parameters })),
      ...{ guard, toleranceMm, seed },
      keepsRuns: false,
    },
    rows: rowsOfEvaluation(evaluation, shown),
    notes: ['Only the results of this evaluation were taken over: its scans and runs stay where they are.'],
  }
}
