import { z } from 'zod'
import type { CaseRow } from '../../evaluate/case-row.ts'
import { Counts, Evaluation, MethodTables } from '../../evaluate/evaluation.ts'
import type { EvaluationSummary } from '../../evaluate/evaluation.ts'
import { limitsOfAgreement, volumePoints } from './agreement.ts'
import { guardJudgement } from './guard-judgement.ts'
import { labelFree } from './label-free.ts'
import { definitions } from './definitions.ts'
import { distinctGroupings } from './partitions.ts'

const count = z.number().int().min(0)
const verdicts = z.record(z.string(), count)
const quartiles = { cases: count, median: z.number(), q1: z.number(), q3: z.number() }

/** report.json of a cohort. Made from an evaluation's rows alone, so made again it is the same; it names no file and nobody. */
export const CohortReport = z.object({
  schema: z.literal(1),
  kind: z.literal('cohort'),
  notice: z.string(),
  evaluation: Evaluation,
  counts: Counts,
  /** One sentence where rows are missing. */
  partial: z.string().nullable(),
  /** By what cases are put together, and columns that have no table of their own. */
  groupings: z.array(z.string()),
  leftOut: z.array(z.object({ column: z.string(), reason: z.string() })),
  /** What a reader must know of the numbers: few cases, no in-domain group, empty masks. */
  warnings: z.array(z.string()),
  methods: z.array(MethodTables),
  guard: z.array(
    z.object({
      method: z.string(),
      verdicts,
      harmful: z.object({ cases: count, averted: count }),
      helpful: z.object({ cases: count, kept: count }),
    }),
  ),
  /** Bland and Altman: mask minus reference, ml. */
  volumeAgreement: z.array(
    z.object({
      method: z.string(),
      label: z.string(),
      state: z.enum(['before', 'kept']),
      cases: count,
      bias: z.number(),
      sd: z.number(),
      low: z.number(),
      high: z.number(),
    }),
  ),
  /** Cases that have no reference: none of this measures accuracy. */
  withoutReference: z.array(
    z.object({
      method: z.string(),
      cases: count,
      verdicts,
      scores: z.array(z.object({ key: z.string(), name: z.string(), meaning: z.string(), ...quartiles })),
      /** Change of the kept mask's volume, percent. */
      volumes: z.array(z.object({ label: z.string(), ...quartiles })),
    }),
  ),
  /** `message` is null where it could hold a path: cases.jsonl has it. */
  failures: z.array(
    z.object({ case: z.string(), method: z.string(), code: z.string(), message: z.string().nullable() }),
  ),
  definitions: z.array(z.object({ term: z.string(), meaning: z.string() })),
  files: z.array(z.object({ name: z.string(), sha256: z.string() })),
})
export type CohortReport = z.infer<typeof CohortReport>

/** `rows` in the order of manifest and methods. */
export function cohortReportOf(
  summary: EvaluationSummary,
  rows: readonly CaseRow[],
  files: CohortReport['files'],
): CohortReport {
  const { evaluation, counts, methods } = summary
  const { columns, leftOut } = distinctGroupings(rows)
  const names = evaluation.methods.map(({ name }) => name)
  const missing = counts.expected - counts.rows
  return {
    schema: 1,
    kind: 'cohort',
    notice: summary.notice,
    evaluation,
    counts,
    partial:
      missing > 0 ? `This report is partial: ${missing} of ${counts.expected} episodes have not been done.` : null,
    groupings: columns,
    leftOut,
    warnings: warnings(summary),
    methods,
    guard: names.map((name) => guardJudgement(rows, name)),
    volumeAgreement: names.flatMap((method) =>
      evaluation.model.labels.flatMap(({ name: label }) =>
        (['before', 'kept'] as const).flatMap((state) => {
          const own = rows.filter((row) => row.method === method && row.state === 'done')
          const differences = volumePoints(own, label, state).map(({ differenceMl }) => differenceMl)
          const limits = limitsOfAgreement(differences)
          return limits ? { method, label, state, cases: differences.length, ...limits } : []
        }),
      ),
    ),
    withoutReference: names.flatMap((name) => labelFree(rows, name) ?? []),
    failures: rows.flatMap(({ case: name, method, error }) =>
      error
        ? { case: name, method, code: error.code, message: /[\\/]/.test(error.message) ? null : error.message }
        : [],
    ),
    definitions: definitions(evaluation).map(([term, meaning]) => ({ term, meaning })),
    files: [...files],
  }
}

function warnings({ methods, counts, evaluation }: EvaluationSummary): string[] {
  const told: string[] = []
  const groups = methods[0]?.groups ?? []
  const small = groups.filter(({ warning }) => warning !== null)
  const whole = small.find(({ by }) => by === 'all')
  const scanners = small.filter(({ by }) => by === 'scanner')
  if (whole) told.push(`${whole.cases} cases with a reference are too few for any test.`)
  else if (scanners.length)
    told.push(
      `Too few cases for a test of their own (below 6): ${scanners.map(({ value, cases }) => `${value} (${cases})`).join(', ')}.`,
    )
  if (groups.length && methods.every(({ groups: all }) => all[0]?.recoveredPercent.kept === null))
    told.push(
      'No share recovered can be given: it needs cases marked as in domain ("reference" in the column group of the manifest) that score above the others.',
    )
  if (counts.withoutReference)
    told.push(
      `${counts.withoutReference} of ${counts.done} finished episodes have no reference: they stand apart below.`,
    )
  if (counts.failed) told.push(`${counts.failed} of ${counts.rows} episodes failed. They are in no table of results.`)
  const emptied = methods.flatMap(({ method, groups: [all] }) =>
    (all?.labels ?? []).flatMap(({ label, metrics }) => {
      const distance = metrics.find(({ metric }) => metric === 'hd95')
      const { before = 0, kept = 0 } = distance?.undefined ?? {}
      return before + kept > 0 ? `${label} under ${method} (${before} before, ${kept} kept)` : []
    }),
  )
  if (emptied.length) told.push(`Distances are undefined since one mask is empty: ${emptied.join(', ')}.`)
  const absent = methods.flatMap(({ method, groups: [all] }) =>
    (all?.labels ?? []).flatMap(({ label, bothEmpty: { before, kept }, metrics }) =>
      before + kept > 0 && metrics.some(({ metric }) => metric === 'hd95')
        ? `${label} under ${method} (${before} before, ${kept} kept)`
        : [],
    ),
  )
  if (absent.length) told.push(`Dice is 1 and distances are 0 since both masks are empty: ${absent.join(', ')}.`)
  if (methods.length && evaluation.methods.every(({ name }) => name !== 'norm'))
    told.push(
      'The method norm (batch-norm statistics of the scan alone) was not run. Where a model has such layers it is the bar that other methods have to beat.',
    )
  if (!evaluation.guard) told.push('The guard was switched off: the last step was kept in every case.')
  return told
}
