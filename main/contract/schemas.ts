/** The shapes that cross between the app and its windows: small summaries, no domain objects, no paths. */
import { z } from 'zod'

export const Id = z.string().regex(/^[\w.-]{1,128}$/)

/** Something that the user picked: a folder, a file, what was dropped. The host alone knows the path. */
export const PickId = Id.describe('A pick')

export const ErrorShape = z.object({ code: z.string(), message: z.string(), remedy: z.string() })
export type ErrorShape = z.infer<typeof ErrorShape>

const Vector = z.tuple([z.number(), z.number(), z.number()])

export const Scanner = z.object({
  /** Stable, without a serial number. */
  key: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  /** Tesla; 0 where unknown. */
  fieldStrength: z.number(),
  softwareVersions: z.string(),
})
export type Scanner = z.infer<typeof Scanner>

/** One volume of one series of what was opened. */
export const VolumeRef = z.object({ input: Id, series: z.string(), volume: z.number().int().min(0) })
export type VolumeRef = z.infer<typeof VolumeRef>

export const VolumeSummary = z.object({
  shape: Vector,
  spacing: Vector,
  frames: z.number(),
  /** magnitude, phase, ct, ... */
  kind: z.string(),
})
export type VolumeSummary = z.infer<typeof VolumeSummary>

export const SeriesSummary = z.object({
  uid: z.string(),
  studyUid: z.string(),
  /** Series of a study with the same one lie in the same coordinates; null where the files do not say. */
  frameOfReferenceUid: z.string().nullable().optional(),
  number: z.number().nullable(),
  description: z.string(),
  modality: z.string(),
  scanner: Scanner,
  transferSyntax: z.string(),
  files: z.number(),
  volumes: z.array(VolumeSummary),
  /** What was odd, in sentences. */
  problems: z.array(z.string()),
})
export type SeriesSummary = z.infer<typeof SeriesSummary>

export const StudySummary = z.object({
  uid: z.string(),
  /** A pseudonym, the same for the same patient on this machine; null for NIfTI. */
  patient: z.string().nullable(),
  /** YYYY-MM-DD; for the screen only, no report holds it. */
  date: z.string().nullable(),
  description: z.string(),
})
export type StudySummary = z.infer<typeof StudySummary>

/** What was opened: a folder, a file, an archive, the sample. */
export const InputSummary = z.object({
  id: Id,
  /** The folder's or file's own name. */
  name: z.string(),
  kind: z.enum(['dicom', 'nifti']),
  isSample: z.boolean(),
  /** A reference mask is known for it (the sample has one). */
  hasReference: z.boolean(),
  studies: z.array(StudySummary),
  series: z.array(SeriesSummary),
  rejected: z.array(z.object({ file: z.string(), reason: z.string() })),
  /** What a reader most likely wants to see first. */
  suggested: VolumeRef.nullable(),
})
export type InputSummary = z.infer<typeof InputSummary>

export const RecentSummary = z.object({
  id: Id,
  name: z.string(),
  description: z.string(),
  scanner: Scanner.nullable(),
  opened: z.iso.datetime(),
  pinned: z.boolean(),
  /** What it was opened from is not there any more. */
  isMissing: z.boolean(),
  hasThumbnail: z.boolean(),
})
export type RecentSummary = z.infer<typeof RecentSummary>

export const Window = z.object({
  center: z.number(),
  width: z.number(),
  /** As the file explains it, or what it was made from. */
  name: z.string(),
  /** DICOM VOI LUT function. */
  shape: z.enum(['linear', 'linear-exact', 'sigmoid']),
})
export type Window = z.infer<typeof Window>

/** What goes with voxels. Value = stored * slope + intercept. Voxel (i, j, k) is at i + ni * (j + nj * k). */
export const VoxelHeader = z.object({
  shape: Vector,
  /** 4x4, row-major, index to LPS millimetres. */
  affine: z.array(z.number()).length(16),
  type: z.enum(['int16', 'uint16', 'uint8', 'float32']),
  slope: z.number(),
  intercept: z.number(),
  min: z.number(),
  max: z.number(),
  modality: z.string(),
  /** HU, ... ; '' where there is none. */
  units: z.string(),
  /** The files' own windows first, then an automatic one (always there, last). */
  windows: z.array(Window),
  isInverted: z.boolean(),
  /** False where the file does not say how the patient lies: no letters then. */
  hasOrientation: z.boolean(),
  /** False where sizes are unknown, or known at the detector only: no scale bar then. */
  hasSpacing: z.boolean(),
  notes: z.array(z.string()),
})
export type VoxelHeader = z.infer<typeof VoxelHeader>

export const Label = z.object({ value: z.number().int(), name: z.string(), color: z.string() })
export type Label = z.infer<typeof Label>

export const MaskHeader = z.object({
  shape: Vector,
  affine: z.array(z.number()).length(16),
  labels: z.array(Label),
  /** ml by label name. */
  volumes: z.record(z.string(), z.number()),
})
export type MaskHeader = z.infer<typeof MaskHeader>

/** A small grey picture, one byte a pixel, rows top down. */
export const PictureHeader = z.object({
  width: z.number().int(),
  height: z.number().int(),
  /** How much taller a pixel is than it is wide. */
  pixelAspect: z.number(),
})
export type PictureHeader = z.infer<typeof PictureHeader>

/** The live preview of a step: width * height grey bytes, then as many label bytes. */
export const PreviewHeader = PictureHeader.extend({ step: z.number().int(), slice: z.number().int() })
export type PreviewHeader = z.infer<typeof PreviewHeader>

export const OptionValue = z.union([z.number(), z.string(), z.boolean()])
export type OptionValue = z.infer<typeof OptionValue>

export const MethodOption = z.object({
  name: z.string(),
  value: OptionValue,
  min: z.number().optional(),
  max: z.number().optional(),
  integer: z.boolean().optional(),
  choices: z.array(z.string()).optional(),
  help: z.string(),
  /** Shown before "more". */
  isSimple: z.boolean(),
})
export type MethodOption = z.infer<typeof MethodOption>

export const MethodSummary = z.object({
  name: z.string(),
  title: z.string(),
  summary: z.string(),
  reference: z.string(),
  /** The one to take where nothing speaks for another. */
  isRecommended: z.boolean(),
  /** Scanbridge's own; the others are for comparison. */
  isPreset: z.boolean(),
  options: z.array(MethodOption),
  /** Why it cannot be used with the model asked about; null where it can. */
  obstacle: z.string().nullable(),
  /** Whether it can adapt to several series of a study together: adapt.start's `with`. */
  adaptsTogether: z.boolean().optional(),
})
export type MethodSummary = z.infer<typeof MethodSummary>

export const ModelSummary = z.object({
  name: z.string(),
  title: z.string(),
  version: z.string(),
  licence: z.string(),
  shipped: z.boolean(),
  problem: z.string().nullable(),
  modality: z.string(),
  sequence: z.string(),
  labels: z.array(Label),
  limits: z.array(z.string()),
})
export type ModelSummary = z.infer<typeof ModelSummary>

/** A scan against the model's source, cause by cause (contrast, noise, resolution, ...). */
export const ShiftCause = z.object({
  cause: z.string(),
  title: z.string(),
  /** How far from the source, 1 = as far as the farthest source scans (95th percentile). */
  score: z.number(),
  level: z.enum(['as-source', 'shifted', 'far']),
  /** What was seen, and what to do, in a sentence each. */
  finding: z.string(),
  advice: z.string(),
})
export type ShiftCause = z.infer<typeof ShiftCause>
export const ShiftReport = z.object({
  level: z.enum(['as-source', 'shifted', 'far', 'unknown']),
  sentence: z.string(),
  causes: z.array(ShiftCause),
})
export type ShiftReport = z.infer<typeof ShiftReport>

export const Kept = z.union([z.literal('source'), z.number().int().min(0)])
export type Kept = z.infer<typeof Kept>
export const RunState = z.enum(['running', 'done', 'cancelled', 'failed', 'interrupted'])
export type RunState = z.infer<typeof RunState>
export const Verdict = z.enum(['accepted', 'not-needed', 'rolled-back', 'overruled', 'off'])
export type Verdict = z.infer<typeof Verdict>

const Score = z.number().nullable()

export const JournalLine = z.object({
  step: z.number().int(),
  /** gate, input, train, final */
  phase: z.string(),
  elapsedMs: z.number(),
  loss: z.record(z.string(), Score),
  learningRate: Score,
  gradNorm: Score,
  scores: z.record(z.string(), Score),
  measures: z.record(z.string(), Score),
  notes: z.array(z.string()),
  /** Its parameters are stored: its mask can be shown, kept or gone back to. */
  isStored: z.boolean(),
})
export type JournalLine = z.infer<typeof JournalLine>

export const RunSummary = z.object({
  id: Id,
  created: z.iso.datetime(),
  state: RunState,
  verdict: Verdict,
  /** One sentence for people: what came out, or how far it got. */
  sentence: z.string(),
  kept: Kept,
  steps: z.number().int(),
  model: z.string(),
  method: z.string(),
  scanner: Scanner.nullable(),
  /** ml by label name, of the source's and of the kept mask. */
  volumes: z.record(z.string(), z.object({ before: z.number(), after: z.number().nullable(), kept: z.number() })),
  /** A decision was made that no export or report has seen yet. */
  isUnsaved: z.boolean(),
  hasThumbnail: z.boolean(),
})
export type RunSummary = z.infer<typeof RunSummary>

export const LabelScores = z.record(z.string(), z.object({ dice: Score, volume: Score }))

export const RunDetail = RunSummary.extend({
  /** Where its files lie, as a person would write it. */
  folder: z.string(),
  engine: z.object({ name: z.string(), device: z.string(), tensorflow: z.string(), threads: z.number() }),
  modelVersion: z.string(),
  labels: z.array(Label),
  parameters: z.record(z.string(), OptionValue),
  seed: z.number(),
  guard: z.object({ verdict: Verdict, scores: z.record(z.string(), Score), reasons: z.array(z.string()) }),
  /** The mean Dice that the model's calibration expects of what is kept, in a sentence; missing where it has none. */
  expected: z.string().optional(),
  /** The same in figures, of what the guard kept: an estimate, and its mean absolute error on so many labelled scans. */
  expectedDice: z
    .object({
      source: z.number(),
      kept: z.number(),
      interval: z.tuple([z.number(), z.number()]),
      error: z.number(),
      cases: z.number().int(),
    })
    .optional(),
  /** What the guard chose by itself, whatever a person chose later. */
  guardChoice: z.object({ verdict: Verdict, kept: Kept }).nullable(),
  timing: z.record(z.string(), z.number()),
  reference: z.object({ before: LabelScores, after: LabelScores, kept: LabelScores.nullable() }).nullable(),
  /** Other series that it was to adapt together with. The sentence says what became of each; null until the run is done. */
  with: z.array(z.object({ name: z.string(), isUsed: z.boolean(), sentence: z.string().nullable() })).optional(),
  history: z.array(z.object({ time: z.iso.datetime(), event: z.string(), detail: z.string() })),
  journal: z.array(JournalLine),
  /** Steps whose mask is there at once; other stored steps are predicted anew when asked for. */
  masks: z.array(z.number().int()),
  problems: z.array(z.string()),
  /** The scan it adapted to, where that is open now. */
  scan: VolumeRef.nullable(),
  /** The scan is known from earlier: run.open opens it. */
  canOpenScan: z.boolean(),
  /** The last decision can be taken back. */
  canUndo: z.boolean(),
  /** The decision that was last taken back can be made again. */
  canRedo: z.boolean(),
  /** What was kept when it was last exported, or else what the run itself ended with; null where that is not known. */
  saved: Kept.nullable().optional(),
  /** The cohort that it belongs to, with its row there: it is looked at, and nothing about it is decided or deleted. */
  cohort: z.object({ id: Id, row: z.number().int() }).nullable().optional(),
})
export type RunDetail = z.infer<typeof RunDetail>

/** Something that takes a while. Its owner is the worker: a window that reloads finds it again. */
export const Job = z.object({
  id: Id,
  kind: z.enum([
    'open',
    'sample',
    'check',
    'adapt',
    'predict',
    'export',
    'self-test',
    'propose',
    'forecast',
    'evaluate',
  ]),
  title: z.string(),
  stage: z.string(),
  /** 0 to 1 of the stage; null where it cannot be told. */
  share: z.number().nullable(),
  elapsedMs: z.number(),
  remainingMs: z.number().nullable(),
  /** Of the worker, resident; null where unknown. */
  memoryBytes: z.number().nullable(),
  state: z.enum(['running', 'cancelling', 'done', 'failed', 'cancelled']),
  error: ErrorShape.nullable(),
  /** What it works on or came to. */
  input: Id.nullable(),
  run: Id.nullable(),
  cohort: Id.nullable().optional(),
})
export type Job = z.infer<typeof Job>

export const Settings = z.object({
  theme: z.enum(['dark', 'light', 'system']).default('dark'),
  convention: z.enum(['radiological', 'neurological']).default('radiological'),
  wheelUp: z.enum(['previous', 'next']).default('previous'),
  levelDown: z.enum(['darker', 'brighter']).default('darker'),
  layout: z.enum(['1x1', '1x2', '2x2', '2x3']).default('2x2'),
  fill: z.number().min(0).max(1).default(0.35),
  outlinePx: z.number().min(0).max(6).default(1.5),
  showText: z.boolean().default(true),
  model: z.string().default('brain-t1w'),
  method: z.string().default('consistency'),
  engine: z.enum(['auto', 'cuda', 'cpu', 'wasm']).default('auto'),
  /** Action to key, where it differs from the built-in one. */
  keys: z.record(z.string(), z.string()).default({}),
})
export type Settings = z.infer<typeof Settings>

type Bare = { [K in keyof typeof Settings.shape]: z.ZodOptional<ReturnType<(typeof Settings.shape)[K]['unwrap']>> }
/** Some of the settings. Not Settings.partial(), which would fill in the defaults of all that are not named. */
export const SettingsChange = z.object(
  Object.fromEntries(Object.entries(Settings.shape).map(([key, value]) => [key, value.unwrap().optional()])) as Bare,
)
export type SettingsChange = z.infer<typeof SettingsChange>

export const AppState = z.object({
  version: z.string(),
  commit: z.string().nullable(),
  settings: Settings,
  inputs: z.array(InputSummary),
  jobs: z.array(Job),
  /** What the worker was doing when it last died, until someone decided about it. */
  lost: z.object({ run: Id.nullable(), cohort: Id.nullable().optional(), message: z.string() }).nullable(),
})
export type AppState = z.infer<typeof AppState>

export const EngineStatus = z.object({ name: z.string(), runs: z.boolean(), detail: z.string(), remedy: z.string() })
export type EngineStatus = z.infer<typeof EngineStatus>

export const SelfTest = z.object({
  passed: z.boolean(),
  engine: z.string(),
  checks: z.array(z.object({ name: z.string(), passed: z.boolean(), detail: z.string() })),
})
export type SelfTest = z.infer<typeof SelfTest>

export const About = z.object({
  version: z.string(),
  commit: z.string().nullable(),
  node: z.string(),
  electron: z.string().nullable(),
  platform: z.string(),
  memory: z.object({ totalBytes: z.number(), freeBytes: z.number(), workerBytes: z.number() }),
  /** Where runs and settings lie, as a person would write it. */
  home: z.string(),
  models: z.array(ModelSummary),
  licences: z.array(z.object({ name: z.string(), version: z.string(), licence: z.string() })),
})
export type About = z.infer<typeof About>

/** One thing that an export can hold. */
export const ExportItem = z.object({
  name: z.string(),
  title: z.string(),
  /** What it is for, in a sentence. */
  summary: z.string(),
  bytes: z.number().nullable(),
  /** It carries the patient's identity by its nature (DICOM SEG files with its study). */
  identifies: z.boolean(),
  /** Why it cannot be had for this run; null where it can. */
  obstacle: z.string().nullable(),
})
export type ExportItem = z.infer<typeof ExportItem>

export const Pick = z.object({ pick: PickId, name: z.string() })
export type Pick = z.infer<typeof Pick>

/** A folder as the host's own chooser shows it. Ids are good for this launch only. */
export const FolderListing = z.object({
  id: Id,
  /** As a person would write it. */
  path: z.string(),
  parent: Id.nullable(),
  entries: z.array(
    z.object({
      id: Id,
      name: z.string(),
      kind: z.enum(['folder', 'file']),
      bytes: z.number().nullable(),
      modified: z.iso.datetime().nullable(),
    }),
  ),
  isCut: z.boolean(),
})
export type FolderListing = z.infer<typeof FolderListing>

export const HostInfo = z.object({
  kind: z.enum(['electron', 'web']),
  /** native: pick.dialog. browser: pick.browse and pick.choose; drops are uploaded. */
  picker: z.enum(['native', 'browser']),
  worker: z.enum(['starting', 'ready', 'lost']),
  /** What the host was started with, to open first. */
  open: Pick.nullable(),
  opensSample: z.boolean(),
})
export type HostInfo = z.infer<typeof HostInfo>
