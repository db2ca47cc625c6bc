import type { Tensor } from '../engine/tf.ts'
import type { Model, Parameter } from '../model/model.ts'
import type { ModelStudy } from '../predict/study.ts'
import type { Random } from '../volume/random.ts'
import type { Note } from '../volume/volume.ts'
import type { Reweighting } from './checkpoint.ts'
import type { Correction } from './correction.ts'
import type { OptionTable, OptionValue, OptionValues } from './options.ts'

/** How far to adapt: not at all, only what cannot harm, or all that the method does. */
export type Extent = 'none' | 'light' | 'full'

/** Another series as training sees it: some of the slices that a work's study has, under a correction of their own. */
export type Sibling = {
  readonly input: ModelStudy
  readonly restored: Float32Array
  /** 1 where it shows something, [slice][j][i]. */
  readonly inside: Uint8Array
  /** Number of its slice by the number of the work's slice at the same place. */
  readonly sliceOf: ReadonlyMap<number, number>
}

/** What a method works on. It changes the student and, through the episode, what surrounds it; nothing else. */
export type Work<T extends OptionTable = OptionTable> = {
  readonly source: Model
  readonly student: Model
  /** The slices that estimates and steps use, numbered from 0, as the scan has them. */
  readonly study: ModelStudy
  /** Where these slices lie in the scan, and how many it has. */
  readonly positions: readonly number[]
  readonly depth: number
  /** The same slices as the network sees them now, and relative to air without bias. */
  readonly input: ModelStudy
  readonly restored: Float32Array
  /** The source model's prediction of them, [slice][j][i][class], and the number of classes. */
  readonly sourceProbability: Float32Array
  readonly classes: number
  readonly options: OptionValues<T>
  readonly extent: Extent
  readonly random: Random
  readonly signal: AbortSignal | undefined
  /** Whether steps should hand out what --trace writes. */
  readonly traced: boolean
  readonly correction: Correction | undefined
  reweighting: Reweighting | undefined
  /** Other series of the study that are trained on too. */
  readonly siblings: readonly Sibling[]
  /** From now on the network sees the scan under this correction. */
  readonly correct: (correction: Correction) => void
  readonly note: (note: Note) => void
  /** Counts slices that went through the network, for the time left. */
  readonly advance: (slices: number) => void
}

/** Enough to compute a step again elsewhere. Arrays are NCHW. */
export type StepTrace = {
  readonly input: { readonly dims: readonly number[]; readonly data: Float32Array }
  readonly views: unknown
  readonly logits: { readonly dims: readonly number[]; readonly data: Float32Array }
}

export type StepReport = {
  /** Terms of the loss as they enter the sum, and `total`. */
  readonly losses?: Readonly<Record<string, number>>
  /** Other numbers worth keeping. */
  readonly measures?: Readonly<Record<string, number>>
  readonly learningRate?: number
  readonly gradientNorm?: number
  readonly trace?: StepTrace
}

export type Gate = {
  readonly extent: Extent
  readonly scores: Readonly<Record<string, number>>
  /** Why, in a sentence for the user. */
  readonly reason: string
  /** Not adapted because the scan cannot be, rather than because it need not be. */
  readonly isRefused?: boolean
}

/**
 * A way to adapt a model to one study: one file in methods/, one row in methods/index.ts. In this order it may: decide
 * (gate), correct what the network sees (correct, one yield a pass), train (configure, collect, step, settle), and re-weight
 * what comes out (reweighting). episode.ts owns the rest.
 */
export type Method<T extends OptionTable = OptionTable, State = unknown> = {
  readonly title: string
  /** What it does and when it fails, for a person who chooses. */
  readonly summary: string
  readonly reference: string
  readonly options: T
  /** Why the method cannot be used on this model; undefined where it can. */
  obstacle?(model: Model, options: OptionValues<T>): string | undefined
  /** Ways that are tried one after the other in place of all below; the best is kept. */
  branches?(model: Model, options: OptionValues<T>): readonly Branch[]
  /** How many of the scan's slices it wants to estimate and train on. */
  slices(options: OptionValues<T>): number
  /** Without: the guard's distance of norm statistics decides. */
  gate?(work: Work<T>): Promise<Gate>
  /** Passes that `correct` will make, and steps that will be trained. */
  passes?(work: Work<T>): number
  correct?(work: Work<T>): AsyncGenerator<StepReport, void>
  /** The same for another series of the study, once training begins. Methods without it adapt to one series at a time. */
  correctSibling?(work: Work<T>): AsyncGenerator<StepReport, void>
  steps?(work: Work<T>): number
  /** Slices' worth of forward passes in one step; a backward pass counts double. */
  stepCost?(options: OptionValues<T>): number
  configure?(work: Work<T>): Promise<State>
  /** The parameters that it may change. */
  collect?(model: Model, options: OptionValues<T>): Parameter[]
  step?(work: Work<T>, state: State): Promise<StepReport>
  /** After the last step: leaves the student as it will predict. */
  settle?(work: Work<T>, state: State): Promise<void>
  dispose?(state: State): void
  /** From the settled student's prediction of the slices. */
  reweighting?(work: Work<T>, probability: Float32Array): Reweighting | undefined
}

/** A way to adapt among several, whatever its gate finds. */
export type Branch = {
  /** For a person, within a sentence. */
  readonly title: string
  readonly method: Method
  readonly options: Readonly<Record<string, OptionValue>>
  readonly extent: Extent
}

/** Infers the options' types for the method's own functions. */
export function defineMethod<const T extends OptionTable, State>(method: Method<T, State>): Method<T, State> {
  return method
}

/** A method under another name, with other defaults. */
export function presetOf<T extends OptionTable, State>(
  method: Method<T, State>,
  { defaults, ...words }: Pick<Method, 'title' | 'summary'> & { readonly defaults: Readonly<Record<string, number>> },
): Method<T, State> {
  const options = Object.entries(method.options).map(([name, option]) => [
    name,
    name in defaults ? { ...option, value: defaults[name] } : option,
  ])
  return { ...method, ...words, options: Object.fromEntries(options) as T }
}

/** A tensor [n, j, i, channel] as an NCHW array. */
export function channelsFirst(tensor: Tensor): { dims: number[]; data: Float32Array } {
  const [n, nj, ni, channels] = tensor.shape as [number, number, number, number]
  const from = tensor.dataSync()
  const data = new Float32Array(from.length)
  const pixels = nj * ni
  for (let slice = 0; slice < n; slice++)
    for (let at = 0; at < pixels; at++)
      for (let c = 0; c < channels; c++)
        data[(slice * channels + c) * pixels + at] = from[(slice * pixels + at) * channels + c]!
  return { dims: [n, channels, nj, ni], data }
}
