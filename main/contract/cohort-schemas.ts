/**
 * Cohorts as the windows see them: many scans, adapted to by one or several methods, scanner by scanner. A cohort is first a
 * list of scans that a person looks through ('draft'), then an evaluation that runs, and at last tables. It lies in a folder of
 * the app's home; no answer names a path.
 */
import { z } from 'zod'
import { ErrorShape, Id, Label, OptionValue, PickId, Scanner, Verdict } from './schemas.ts'

const count = z.number().int().min(0)
const orNull = z.number().nullable()
/** The source model's mask, the last step's, and the one that the guard let stand. */
const byState = <T extends z.ZodType>(value: T) => z.object({ before: value, adapted: value, kept: value })
const byChange = <T extends z.ZodType>(value: T) => z.object({ adapted: value, kept: value })

/**
 * draft: nothing was run yet, everything can be changed.
 * running: at work now. stopped: cancelled or killed with some of it done; it goes on where it was. done: all of it is there.
 */
export const CohortState = z.enum(['draft', 'running', 'stopped', 'done'])
export type CohortState = z.infer<typeof CohortState>

/** How its scans are evaluated. */
export const CohortSetup = z.object({
  model: z.string(),
  /** At least one to run, each once. Options that are not named are the method's defaults. */
  methods: z.array(z.object({ name: z.string(), options: z.record(z.string(), OptionValue) })),
  guard: z.boolean(),
  /** Of the surface Dice. */
  toleranceMm: z.number().positive(),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  /** Keep each episode's run folder, so that its masks can be looked at. Costs disk: see the forecast. */
  keepsRuns: z.boolean(),
})
export type CohortSetup = z.infer<typeof CohortSetup>

/** What it will take if all scans are like the first that can be read. */
export const CohortForecast = z.object({
  /** Cases times methods, without those that are done. */
  episodes: count,
  seconds: z.number(),
  bytes: z.number(),
  /** Left on the disk of the app's home; null where unknown. */
  freeBytes: orNull,
})
export type CohortForecast = z.infer<typeof CohortForecast>

/** A series of a case that can be taken in place of the chosen one. */
export const SeriesChoice = z.object({
  uid: z.string(),
  number: orNull,
  description: z.string(),
  modality: z.string(),
  shape: z.tuple([z.number(), z.number(), z.number()]),
})
export type SeriesChoice = z.infer<typeof SeriesChoice>

/** One scan of a cohort. */
export const CohortRow = z.object({
  /** Its place in the list, from 0: it never changes, also where rows are left out. */
  row: count,
  /** What tables and reports call it. */
  case: z.string(),
  /** The folder's or file's own name: for the screen only, no report holds it. */
  name: z.string(),
  kind: z.enum(['dicom', 'nifti']).nullable(),
  /** Name of its group of scanners in tables: the files' own, or what a person wrote; 'unknown' where neither says. */
  scanner: z.string(),
  /** As the files say it; for NIfTI, as the JSON beside it does (BIDS); null where nothing says it. */
  facts: Scanner.nullable(),
  /** Of the series that is taken: its description, a name for the protocol; for the screen only. */
  protocol: z.string(),
  modality: z.string(),
  /** uid of the series that is taken; null where the case has none or was not read. */
  series: z.string().nullable(),
  /** All that could be taken, at most 50. */
  choices: z.array(SeriesChoice),
  /** own: lies with the scan or was named by the manifest. `name`: the file's own, for the screen; null for none. */
  reference: z.object({ of: z.enum(['own', 'picked', 'none']), name: z.string().nullable() }),
  /** There is one to go back to. */
  hasOwnReference: z.boolean(),
  /** 'reference': of the in-domain group, which the share recovered is measured against. */
  group: z.string(),
  isIncluded: z.boolean(),
  hasThumbnail: z.boolean(),
  /** Why it cannot be evaluated as it stands: it would be a failed row. */
  problem: ErrorShape.nullable(),
  /** What else was odd, in sentences. */
  notes: z.array(z.string()),
})
export type CohortRow = z.infer<typeof CohortRow>

/** A cohort in the list of them. */
export const CohortSummary = z.object({
  id: Id,
  name: z.string(),
  created: z.iso.datetime(),
  state: CohortState,
  /** One sentence for people: what it holds, how far it got, or what came out. */
  sentence: z.string(),
  /** Included ones. */
  cases: count,
  /** Names of the groups of scanners, sorted. */
  scanners: z.array(z.string()),
  model: z.string(),
  methods: z.array(z.string()),
  /** Episodes (case and method): those that it will have, those that are there, and of these the failed ones. */
  episodes: z.object({ expected: count, done: count, failed: count }),
  /** The job that is at work on it, if any. */
  job: Id.nullable(),
})
export type CohortSummary = z.infer<typeof CohortSummary>

export const CohortDetail = CohortSummary.extend({
  /** folder: of scans; manifest: a CSV; evaluation: what the command line wrote: results to look at, without their scans. */
  source: z.object({ of: z.enum(['folder', 'manifest', 'evaluation', 'copy']), name: z.string() }),
  setup: CohortSetup,
  rows: z.array(CohortRow),
  /** Rows and set-up can be changed: as long as nothing was run. After that: cohort.copy. */
  canEdit: z.boolean(),
  /** Why cohort.run would refuse, in a sentence; null where it can begin or go on. */
  obstacle: z.string().nullable(),
  /** Of the set-up and rows as they are now; null where it was not asked for (cohort.forecast) since they changed. */
  forecast: CohortForecast.nullable(),
  /** What is odd about the whole, in sentences: no in-domain group, few cases of a scanner, no references. */
  notes: z.array(z.string()),
})
export type CohortDetail = z.infer<typeof CohortDetail>

/** Rows that an edit is about. */
export const CohortRows = z.union([
  z.object({ rows: z.array(count) }),
  /** All of a group of scanners, by its name. */
  z.object({ scanner: z.string() }),
  z.object({ all: z.literal(true) }),
])
export type CohortRows = z.infer<typeof CohortRows>

/** Only what is named changes. `case` and `series` and a picked reference are for a single row. */
export const CohortChange = z.object({
  case: z.string().trim().min(1).max(120).optional(),
  /** '' goes back to what the files say. */
  scanner: z.string().trim().max(120).optional(),
  /** 'reference' or '' for most. */
  group: z.string().trim().max(120).optional(),
  isIncluded: z.boolean().optional(),
  series: z.string().optional(),
  reference: z.union([z.enum(['own', 'none']), z.object({ pick: PickId })]).optional(),
})
export type CohortChange = z.infer<typeof CohortChange>

/** A structure against the reference; null: not defined since a mask is empty. */
const CohortScore = z.object({
  dice: orNull,
  surfaceDice: orNull,
  hd95: orNull,
  assd: orNull,
  /** Mask minus reference. */
  differenceMl: orNull,
})

/** One case under one method: a line of the case table, a point of each plot. */
export const CohortResult = z.object({
  row: count,
  case: z.string(),
  method: z.string(),
  state: z.enum(['done', 'failed']),
  scanner: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  fieldStrength: z.number(),
  group: z.string(),
  /** null where it failed. */
  verdict: Verdict.nullable(),
  keptStep: z.union([z.literal('source'), z.number().int()]).nullable(),
  /** The guard's, in sentences. */
  reasons: z.array(z.string()),
  /** The guard's scores by name: no reference was asked, none of them measures accuracy. */
  labelFree: z.record(z.string(), orNull),
  /** ml by label name. */
  volumes: z.record(z.string(), byState(z.number())),
  /** By label name; null where the case has no reference or failed. */
  scores: z.record(z.string(), byState(CohortScore).extend({ referenceMl: z.number() })).nullable(),
  /** Over the labels; null without a reference. */
  meanDice: byState(z.number()).nullable(),
  /** The kept mask's mean Dice lies more than 0.01 below the source model's. null without a reference. */
  isHarmed: z.boolean().nullable(),
  error: ErrorShape.nullable(),
  /** Its kept run, to be read by run.read, run.mask, run.thumbnail and opened by run.open; null where none is there. */
  run: Id.nullable(),
})
export type CohortResult = z.infer<typeof CohortResult>

const share = z.number().min(0).max(1)
const interval = z.tuple([z.number(), z.number()]).readonly().nullable()

export const CohortSpread = z.object({
  median: z.number(),
  q1: z.number(),
  q3: z.number(),
  min: z.number(),
  max: z.number(),
  mean: z.number(),
  /** 95 % bootstrap interval (BCa) of the median; null for fewer than two cases. */
  interval,
})
export type CohortSpread = z.infer<typeof CohortSpread>

export const CohortMetric = z.object({
  metric: z.enum(['dice', 'surfaceDice', 'hd95', 'assd', 'differenceMl']),
  /** Cases in which it is defined in all three states. */
  cases: count,
  /** Cases in which it is not, by state. */
  undefined: byState(count),
  states: byState(CohortSpread).nullable(),
  /** After minus before, case by case. */
  changes: byChange(
    z.object({
      median: z.number(),
      interval,
      /** Two-sided Wilcoxon; null where no case differs. */
      p: share.nullable(),
      /** After Holm over all labels and groups of the same method and metric. */
      pHolm: share.nullable(),
      /** Rank-biserial correlation, -1 to 1. */
      effect: z.number(),
    }),
  ).nullable(),
})
export type CohortMetric = z.infer<typeof CohortMetric>

/** Cases that have something in common. */
export const CohortGroup = z.object({
  /** 'all', 'scanner', 'manufacturer', 'model', 'fieldStrength', 'group', or a column of the manifest. */
  by: z.string(),
  value: z.string(),
  cases: count,
  /** Too few cases for a test, in a sentence. */
  warning: z.string().nullable(),
  /** By label, and last 'mean of labels' (Dice and surface Dice only). */
  labels: z.array(z.object({ label: z.string(), metrics: z.array(CohortMetric) })),
  harmed: byChange(z.object({ count, share })),
  /** The largest falls of the mean Dice first, at most five. */
  worst: z.array(z.object({ case: z.string(), change: z.number(), before: z.number(), kept: z.number() })),
  /** 100: as good as the in-domain group. null without such a group, or where nothing was lost. */
  recoveredPercent: byChange(orNull),
})
export type CohortGroup = z.infer<typeof CohortGroup>

const verdicts = z.record(z.string(), count)
const quartiles = { cases: count, median: z.number(), q1: z.number(), q3: z.number() }

/** Tables of the rows that are there: of a run at work, of those so far. */
export const CohortTables = z.object({
  episodes: z.object({ expected: count, done: count, failed: count, withoutReference: count }),
  /** One sentence where rows are missing. */
  partial: z.string().nullable(),
  /** What came out, a sentence a method; the first is the headline. */
  sentences: z.array(z.string()),
  /** What a reader must know of the numbers, in sentences. */
  warnings: z.array(z.string()),
  labels: z.array(Label),
  /** Groupings without a table of their own, and why: one for each would say the same numbers again, or name somebody. */
  leftOut: z.array(z.object({ column: z.string(), reason: z.string() })),
  methods: z.array(z.object({ method: z.string(), groups: z.array(CohortGroup) })),
  /** Whether the guard was right, as far as references tell. */
  guard: z.array(
    z.object({
      method: z.string(),
      verdicts,
      /** Cases whose last step loses more than 0.01, and of those, in which the kept mask does not. */
      harmful: z.object({ cases: count, averted: count }),
      /** Cases whose last step wins more than 0.01, and of those, in which the kept mask does so too. */
      helpful: z.object({ cases: count, kept: count }),
    }),
  ),
  /** Bland and Altman: mask minus reference, ml; limits are bias -/+ 1.96 sd. The points are in the results. */
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
  /** Cases without a reference: nothing here measures accuracy. */
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
  /** Names of what is shown, with its definition. */
  definitions: z.array(z.object({ term: z.string(), meaning: z.string() })),
})
export type CohortTables = z.infer<typeof CohortTables>
