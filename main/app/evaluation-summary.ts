import { states } from '../evaluate/case-row.ts'
import type { CaseRow } from '../evaluate/case-row.ts'
import type { Evaluation, EvaluationSummary } from '../evaluate/evaluation.ts'
import { summarise } from '../evaluate/summary.ts'
import { writeCohortReports } from '../report/cohort/files.ts'
import { foldedJson } from '../report/cohort/json.ts'
import { distinctGroupings } from '../report/cohort/partitions.ts'
import { formats } from '../report/files.ts'
import type { Format } from '../report/files.ts'
import { notice } from '../report/report.ts'
import { readEvaluation, readRows, runFolder, writeInto } from './evaluation-files.ts'

/**
 * cases.csv, summary.json and the reports of the rows, in the order of manifest and methods: the same whatever order they
 * were done in. Returns the names of the reports.
 */
export async function writeSummary(
  folder: string,
  evaluation: Evaluation,
  rows: readonly CaseRow[],
  wanted: readonly Format[] = formats,
): Promise<string[]> {
  const sorted = inOrder(evaluation, rows)
  const summary = summaryOf(evaluation, sorted)
  await writeInto(folder, 'cases.csv', casesCsv(sorted))
  await writeInto(folder, 'summary.json', foldedJson(summary))
  return writeCohortReports(folder, { summary, rows: sorted, runOf: runOf(folder) }, wanted)
}

/** The same again from evaluation.json and cases.jsonl alone, of an evaluation that was stopped too. */
export async function rewriteReports(folder: string, wanted: readonly Format[]): Promise<string[]> {
  return writeSummary(folder, await readEvaluation(folder), await readRows(folder), wanted)
}

function runOf(folder: string): (row: CaseRow) => string {
  return ({ index, method }) => runFolder(folder, index, method)
}

/** Of the manifest, then of the methods. */
export function inOrder({ methods }: Evaluation, rows: readonly CaseRow[]): CaseRow[] {
  const order = methods.map(({ name }) => name)
  return [...rows].sort((a, b) => a.index - b.index || order.indexOf(a.method) - order.indexOf(b.method))
}

/** `rows` in order. */
export function summaryOf(evaluation: Evaluation, rows: readonly CaseRow[]): EvaluationSummary {
  return {
    schema: 1,
    notice,
    evaluation,
    counts: {
      rows: rows.length,
      done: rows.filter(({ state }) => state === 'done').length,
      failed: rows.filter(({ state }) => state === 'failed').length,
      withoutReference: rows.filter((row) => row.state === 'done' && row.reference === null).length,
      expected: evaluation.manifest.cases * evaluation.methods.length,
    },
    methods: [...summarise(rows, distinctGroupings(rows).columns)],
    failures: rows.flatMap((row) =>
      row.error ? [{ case: row.case, method: row.method, message: row.error.message }] : [],
    ),
  }
}

/** One line a case, method and label; numbers as they are, empty where there is none. */
function casesCsv(rows: readonly CaseRow[]): string {
  const scores = ['dice', 'surfaceDice', 'hd95', 'assd', 'volumeMl', 'differenceMl'] as const
  const own = [...new Set(rows.flatMap((row) => Object.keys(row.columns)))].sort()
  const head = [
    ...['case', 'method', 'scanner', 'group', ...own, 'state', 'verdict', 'keptStep', 'label', 'referenceMl'],
    ...states.flatMap((state) => scores.map((score) => `${state}_${score}`)),
    'error',
  ]
  const lines = rows.flatMap((row) => {
    const common = [row.case, row.method, row.scanner, row.group, ...own.map((column) => row.columns[column] ?? '')]
    const outcome = [row.state, row.verdict ?? '', row.keptStep ?? '']
    const names = Object.keys(row.volumes)
    return (names.length ? names : ['']).map((label) => {
      const reference = row.reference
      const cells = states.flatMap((state) =>
        scores.map((score) => {
          const value = reference?.[state][label]?.[score]
          return value ?? (score === 'volumeMl' ? (row.volumes[label]?.[state] ?? '') : '')
        }),
      )
      const referenceMl = reference?.before[label]?.referenceMl ?? ''
      return [...common, ...outcome, label, referenceMl, ...cells, row.error?.message ?? '']
    })
  })
  return [head, ...lines].map((line) => line.map(cell).join(',')).join('\n') + '\n'
}

function cell(value: string | number): string {
  const text = String(value)
  // A leading sign would make a spreadsheet take text for a formula.
  const safe = typeof value === 'string' && /^[=+\-@]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
