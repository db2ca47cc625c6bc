import type { Model, ParameterValues } from '../model/model.ts'
import type { ModelStudy } from '../predict/study.ts'
import type { Note, ProbabilityMap } from '../volume/volume.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Candidate, SourceMeasures, Verdict } from './examiner.ts'
import type { GuardScores } from './guard.ts'
import type { Extent, Method, StepReport, StepTrace } from './method.ts'
import type { OptionValue, OptionValues } from './options.ts'
import type { StepPreview } from './previews.ts'
import type { Progress } from './progress.ts'
import type { SiblingOutcome, SiblingScan } from './siblings.ts'

/** What an episode is asked, what it tells on the way, and what comes out (episode.ts). */

export type EpisodeRequest = {
  /** The source model; it comes out as it went in. */
  readonly model: Model
  readonly study: ModelStudy
  readonly method: Method
  /** Other series of the study, to adapt together with. None: all is as without. */
  readonly siblings?: readonly SiblingScan[]
  /** In place of the method's defaults; text as typed is fine. */
  readonly options?: Readonly<Record<string, OptionValue>>
  readonly seed: number
  readonly signal?: AbortSignal
  /** Hand out with each step what --trace writes. */
  readonly trace?: boolean
  /** false: no scores and no verdict; the last state is kept. */
  readonly guard: boolean
  /** The source model's prediction of the study, where it is known. */
  readonly before?: ProbabilityMap
  /** Shared by episodes on one study: what one of them measured of the source model is not measured again. */
  readonly measured?: SourceMeasures
  /** How far to adapt whatever the gate finds: to learn what would have come of it. */
  readonly extent?: Extent
  /** One of several ways that are tried (branches.ts): no last prediction is made, `after` and `mask` are the source's. */
  readonly isBranch?: boolean
  /** Milliseconds from any start. */
  readonly now?: () => number
  readonly onProgress?: (progress: Progress) => void
  /** Shown a slice of the student's now and then; changes nothing of the result. */
  readonly onPreview?: (preview: StepPreview) => void
}

export type Phase = 'gate' | 'input' | 'train' | 'final'

/** One line of the journal, and what is kept beside it. */
export type EpisodeStep = StepReport & {
  readonly kind: 'step'
  /** 0 for the gate; then passes and updates are counted together. */
  readonly step: number
  readonly phase: Phase
  readonly scores?: GuardScores
  readonly notes: readonly Note[]
  readonly elapsedMs: number
  readonly progress: Progress
  readonly checkpoint?: Checkpoint
  readonly trace?: StepTrace
  /** With a trace: every trainable parameter and norm statistic after the step, by ONNX name. */
  readonly parameters?: ParameterValues
}

export type EpisodeEvent =
  { readonly kind: 'before'; readonly probability: ProbabilityMap; readonly elapsedMs: number } | EpisodeStep

export type EpisodeResult = {
  readonly options: OptionValues
  /** All slices, on the model's grid: by the source model; by the last state; by the one that is kept. */
  readonly before: ProbabilityMap
  readonly after: ProbabilityMap
  readonly mask: ProbabilityMap
  readonly kept: 'source' | number
  /** Of the kept state; undefined for the source. */
  readonly checkpoint: Checkpoint | undefined
  readonly candidates: readonly Candidate[]
  readonly guard: Verdict
  /** What became of each of the request's siblings. */
  readonly siblings: readonly SiblingOutcome[]
  readonly notes: readonly Note[]
  /** Passes and updates done. */
  readonly steps: number
  readonly elapsedMs: number
}
