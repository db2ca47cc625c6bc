import { z } from 'zod'

/** Scores may be undefined (an empty mask has no ratio): JSON holds null for them. */
const Score = z.number().nullable()

/** The machine as it may be told to anybody: no station name, no serial number. */
export const Scanner = z.object({
  key: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  /** Tesla; 0 where unknown or no magnet. */
  fieldStrength: z.number(),
  softwareVersions: z.string(),
})
export type Scanner = z.infer<typeof Scanner>

export const RunState = z.enum(['running', 'done', 'cancelled', 'failed'])
export type RunState = z.infer<typeof RunState>

export const Verdict = z.enum(['accepted', 'not-needed', 'rolled-back', 'overruled', 'off'])
export type Verdict = z.infer<typeof Verdict>

/** Mean Dice as the model's calibration expects it, without labels; missing where it has none. */
export const ExpectedDice = z.object({
  source: z.number(),
  /** Of what the guard kept. */
  kept: z.number(),
  /** Nine in ten lay in it where the calibration was checked. */
  interval: z.tuple([z.number(), z.number()]),
  /** Mean absolute error of such estimates, and on how many labelled scans it was measured. */
  error: z.number(),
  cases: z.number().int(),
})
export type ExpectedDice = z.infer<typeof ExpectedDice>

export const GuardRecord = z.object({
  verdict: Verdict,
  scores: z.record(z.string(), Score),
  /** Plain sentences. */
  reasons: z.array(z.string()),
  expectedDice: ExpectedDice.optional(),
})
export type GuardRecord = z.infer<typeof GuardRecord>

/** The source model, or the number of a step. */
export const Kept = z.union([z.literal('source'), z.number().int().min(0)])
export type Kept = z.infer<typeof Kept>

export const LabelName = z.object({ value: z.number().int().min(1), name: z.string(), color: z.string() })
export type LabelName = z.infer<typeof LabelName>

/** ml of one label: source model, last step (null where the run did not get there), and the state that was kept. */
export const LabelVolume = z.object({ before: z.number(), after: z.number().nullable(), kept: z.number() })

export const HistoryEntry = z.object({
  time: z.iso.datetime(),
  /** 'created', 'kept', 'rolled-back', 'undone', 'redone', 'resumed', 'cancelled', 'failed', 'interrupted', ... */
  event: z.string(),
  /** One sentence without identity. */
  detail: z.string(),
  /** Of a decision: what was kept from then on. */
  kept: Kept.optional(),
})
export type HistoryEntry = z.infer<typeof HistoryEntry>

export const Overlap = z.object({ dice: Score, volume: Score })
export type Overlap = z.infer<typeof Overlap>

/** What is told of a scan: nothing of whose it is. */
const InputRecord = z.object({
  kind: z.enum(['dicom', 'nifti']),
  /** sha256 over voxels and geometry: the same scan gives the same hash, whoever it is of. */
  seriesHash: z.string(),
  modality: z.string().nullable(),
  scanner: Scanner.nullable(),
  shape: z.tuple([z.number(), z.number(), z.number()]),
  spacing: z.tuple([z.number(), z.number(), z.number()]),
  notes: z.array(z.string()),
})

/** run.json: what was done, to what, with what, and what is kept. Unknown fields of later versions are carried along. */
export const RunRecord = z.looseObject({
  schema: z.literal(1),
  id: z.string(),
  created: z.iso.datetime(),
  scanbridge: z.object({ version: z.string(), commit: z.string().nullable() }),
  engine: z.object({
    name: z.string(),
    tensorflow: z.string(),
    device: z.string(),
    threads: z.number(),
    notes: z.array(z.string()),
  }),
  input: InputRecord,
  /** Other series of the study that were to adapt together with it; `outcome` once the run is done. */
  with: z
    .array(
      InputRecord.extend({
        name: z.string(),
        /** agreement: mean Dice of the predictions of both after their input steps; null where it did not come to that. */
        outcome: z.object({ isUsed: z.boolean(), sentence: z.string(), agreement: z.number().nullable() }).nullable(),
      }),
    )
    .optional(),
  model: z.object({ name: z.string(), version: z.string(), sha256: z.string(), labels: z.array(LabelName) }),
  method: z.object({
    name: z.string(),
    parameters: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
    seed: z.number().int(),
  }),
  state: RunState,
  kept: Kept,
  /** Whether the guard was asked; missing in runs of earlier versions. */
  isGuarded: z.boolean().optional(),
  guard: GuardRecord,
  /** What the guard itself decided, whatever a person decided later. */
  guardChoice: z.object({ verdict: Verdict, kept: Kept }).optional(),
  volumes: z.record(z.string(), LabelVolume),
  /** ms by stage, and `totalMs`. */
  timing: z.record(z.string(), z.number()),
  /** Against the reference mask, where one was given: by label name. `kept` is missing where a later choice was not compared. */
  reference: z
    .object({
      before: z.record(z.string(), Overlap),
      after: z.record(z.string(), Overlap),
      kept: z.record(z.string(), Overlap).optional(),
    })
    .optional(),
  history: z.array(HistoryEntry),
  /** Why the run failed, in one sentence. */
  failure: z.string().optional(),
  /** Who writes the run, so that a reader can tell a run at work from one that was killed. */
  process: z.object({ machine: z.string(), pid: z.number().int(), started: z.string().nullable() }).optional(),
})
export type RunRecord = z.infer<typeof RunRecord>

/** One line of steps.jsonl. The gate is step 0; a last line of phase 'final' carries the number of the last step again. */
export const JournalLine = z.object({
  step: z.number().int().min(0),
  phase: z.string(),
  time: z.iso.datetime(),
  elapsedMs: z.number(),
  /** Terms of the loss by name; `total` is what was minimised. Empty for a step without a gradient. */
  loss: z.record(z.string(), Score),
  learningRate: Score,
  gradNorm: Score,
  scores: z.record(z.string(), Score),
  /** Other numbers of the step that are worth keeping, by name. */
  measures: z.record(z.string(), Score),
  /** Sentences about what was odd. */
  notes: z.array(z.string()),
  /** File of the changed parameters, relative to the run's folder. */
  checkpoint: z.string().nullable(),
})
export type JournalLine = z.infer<typeof JournalLine>

/** What a reader is told: a run whose writer is gone while its state says 'running' was interrupted. */
export type ReadState = RunState | 'interrupted'

/** Name of a step's files in checkpoints/. */
export function stepName(step: number): string {
  return String(step).padStart(4, '0')
}
