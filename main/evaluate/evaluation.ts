import { z } from 'zod'
import { metrics } from './summary.ts'
import type { Metric, MethodSummary } from './summary.ts'

/** evaluation.json: what makes one evaluation the same as another. A folder holds the rows of one only. */
export const Evaluation = z.object({
  schema: z.literal(1),
  scanbridge: z.object({ version: z.string() }),
  manifest: z.object({ sha256: z.string(), cases: z.number().int() }),
  model: z.object({
    name: z.string(),
    version: z.string(),
    sha256: z.string(),
    labels: z.array(z.object({ value: z.number().int(), name: z.string(), color: z.string() })),
  }),
  methods: z.array(
    z.object({
      name: z.string(),
      parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
    }),
  ),
  engine: z.string(),
  seed: z.number().int(),
  guard: z.boolean(),
  toleranceMm: z.number(),
})
export type Evaluation = z.infer<typeof Evaluation>

const share = z.number().min(0).max(1)
const interval = z.tuple([z.number(), z.number()]).readonly().nullable()

const Spread = z.object({
  median: z.number(),
  q1: z.number(),
  q3: z.number(),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  interval,
})

const Change = z.object({
  median: z.number(),
  interval,
  p: share.nullable(),
  pHolm: share.nullable(),
  effect: z.number().min(-1).max(1),
})

const byState = <T extends z.ZodType>(value: T) => z.object({ before: value, adapted: value, kept: value })
const byChange = <T extends z.ZodType>(value: T) => z.object({ adapted: value, kept: value })
const count = z.number().int().min(0)

const MetricSummary = z.object({
  metric: z.enum(Object.keys(metrics) as [Metric, ...Metric[]]),
  cases: count,
  undefined: byState(count),
  penalisedMean: byState(z.number()).nullable(),
  states: byState(Spread).nullable(),
  changes: byChange(Change).nullable(),
})

/** summary.ts says what each number is. */
export const MethodTables: z.ZodType<MethodSummary> = z.object({
  method: z.string(),
  groups: z.array(
    z.object({
      by: z.string(),
      value: z.string(),
      cases: count,
      warning: z.string().nullable(),
      labels: z.array(z.object({ label: z.string(), bothEmpty: byState(count), metrics: z.array(MetricSummary) })),
      harmed: byChange(z.object({ count, share })),
      worst: z.array(z.object({ case: z.string(), change: z.number(), before: z.number(), kept: z.number() })),
      recoveredPercent: byChange(z.number().nullable()),
    }),
  ),
})

export const Counts = z.object({
  rows: count,
  done: count,
  failed: count,
  /** Done without a reference: label-free scores only. */
  withoutReference: count,
  /** Rows that the manifest and the methods ask for. */
  expected: count,
})

/** summary.json: tables of everything in cases.jsonl. */
export const EvaluationSummary = z.object({
  schema: z.literal(1),
  notice: z.string(),
  evaluation: Evaluation,
  counts: Counts,
  methods: z.array(MethodTables),
  failures: z.array(z.object({ case: z.string(), method: z.string(), message: z.string() })),
})
export type EvaluationSummary = z.infer<typeof EvaluationSummary>
