import type { Tensor, Variable } from '../engine/tf.ts'
import type { Calibration } from './calibration.ts'
import type { ModelCard } from './card.ts'
import type { OnnxGraph } from './onnx-types.ts'

export type ParameterGroup = 'norm-affine' | 'norm-stats' | 'encoder' | 'decoder' | 'head' | 'first-block' | 'all'

/** A trainable weight. `variable` has tfjs's layout (filters [kh, kw, in, out]); `name` and `values` are ONNX's. */
export type Parameter = { readonly name: string; readonly variable: Variable; readonly onnxDims: readonly number[] }

/** Moments of one norm layer's input, by channel; variance is biased (÷ n); count is n, pixels pooled per channel. */
export type Moments = { readonly mean: Float32Array; readonly variance: Float32Array; readonly count: number }

/**
 * methods.md 1.3. `fixed` holds statistics by norm-layer name: the volume mode, or any others. Under a mixture the network
 * runs once for each part and answers with the logarithm of the weighted mean of their probabilities; weights sum to 1.
 */
export type NormMode =
  | { readonly kind: 'source' }
  | { readonly kind: 'batch' }
  | { readonly kind: 'blend'; readonly alpha: number }
  | { readonly kind: 'fixed'; readonly moments: ReadonlyMap<string, Moments> }
  | { readonly kind: 'mixture'; readonly parts: readonly NormPart[] }

export type NormPart = { readonly weight: number; readonly moments: ReadonlyMap<string, Moments> }

/** A batch-norm layer, named after its scale parameter. `source` are the stored running statistics. */
export type NormLayer = {
  readonly name: string
  readonly channels: number
  readonly epsilon: number
  readonly source: Moments
}

/** Values inside the network that methods look at, by their names in its graph. */
export type Places = {
  /** What each batch-norm layer takes, by the layer's name. */
  readonly normInputs: ReadonlyMap<string, string>
  /** The last value before anything is enlarged. */
  readonly bottleneck: string
  /** What the last layer takes. */
  readonly beforeHead: string
}

/** Networks that come with a model for a method that needs them; the name of its input says which value of the model (or
 *  its `probability`) it takes. */
export type Companions = {
  /** Probabilities of a mask to logits of a plausible one. */
  readonly shapePrior?: Model
  /** Features to 4 logits: by how many quarter turns the slice was turned. */
  readonly rotation?: Model
  /** Features to the slice that they were made of, one channel. */
  readonly restoration?: Model
}

/** Tensors by ONNX name in ONNX layout and dims. */
export type ParameterValues = ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array }>

export interface Model {
  readonly card: ModelCard
  readonly graph: OnnxGraph
  /** Sizes of a slice must divide by this (2 to the number of poolings). */
  readonly stride: number
  readonly normLayers: readonly NormLayer[]
  readonly norm: NormMode
  readonly places: Places
  readonly companions: Companions
  /** What the guard's scores are worth for it; undefined: nobody measured it. */
  readonly calibration: Calibration | undefined
  /** [n, j, i, channel] -> [n, j, i, class] (3D: [n, k, j, i, ...]). Differentiable; the caller disposes. */
  logits(batch: Tensor): Tensor
  /** The same, with the raw batch moments of each norm layer's input under the current mode. */
  logitsAndMoments(batch: Tensor): { logits: Tensor; moments: Map<string, Moments> }
  /** The same, with named values of the graph on the way, [n, ..., channel]. Differentiable; the caller disposes of all. */
  activations(batch: Tensor, names: readonly string[]): { logits: Tensor; values: Map<string, Tensor> }
  setNorm(mode: NormMode): void
  /** Replaces the stored running statistics themselves (training; export of an adapted model). */
  setStatistics(moments: ReadonlyMap<string, Moments>): void
  parameters(group: ParameterGroup): Parameter[]
  /** Copies of all trainable parameters, or of the named ones. */
  values(names?: readonly string[]): ParameterValues
  /** Sets parameters to exactly these bytes. Unknown names are a bug. */
  load(values: ParameterValues): void
  /** The same network with its own variables, equal to the bit: a teacher. It shares the companions, which stay the original's. */
  clone(): Model
  /** The graph with the current parameters and statistics in place of the loaded ones. */
  toGraph(): OnnxGraph
  dispose(): void
}
