import type { Model, Moments, NormLayer } from '../model/model.ts'
import { probabilitiesOf, sliceBatch } from '../predict/predict.ts'
import type { ModelStudy } from '../predict/study.ts'
import { scoped } from './scope.ts'
import { interleavedBatches } from './slices.ts'

export type MomentsByLayer = ReadonlyMap<string, Moments>

/** Moments of several batches as if they were one: mean of means, variance within and between (methods.md 1.3, "volume"). */
export function poolMoments(batches: readonly Moments[]): Moments {
  const count = batches.reduce((sum, batch) => sum + batch.count, 0)
  const pooled = (value: (batch: Moments, channel: number) => number): Float64Array =>
    Float64Array.from(batches[0]!.mean, (_, c) => batches.reduce((sum, b) => sum + b.count * value(b, c), 0) / count)
  const mean = pooled((batch, c) => batch.mean[c]!)
  const square = pooled((batch, c) => batch.variance[c]! + batch.mean[c]! ** 2)
  return {
    mean: Float32Array.from(mean),
    variance: Float32Array.from(square, (value, c) => value - mean[c]! ** 2),
    count,
  }
}

/**
 * Share of the own statistics by how many slices they are from. count: n / (n + prior) (Schneider et al., NeurIPS 2020);
 * root: 1 / (sqrt(n) / 5 + 1), which leans on the source the more, the more was seen (VPTTA, Chen et al., CVPR 2024).
 */
export function shareByCount(rule: 'count' | 'root', slices: number, prior: number): number {
  return rule === 'count' ? slices / (slices + prior) : 1 / (Math.sqrt(slices) / 5 + 1)
}

/** Variance divided by n - 1, as PyTorch stores it; a single pixel keeps its 0. */
export function unbiased({ mean, variance, count }: Moments): Moments {
  return { mean, variance: variance.map((value) => (count > 1 ? (value * count) / (count - 1) : value)), count }
}

/** running <- (1 - share) running + share batch, layer by layer. */
export function moveMoments(running: MomentsByLayer, batch: MomentsByLayer, share: number): MomentsByLayer {
  return new Map(
    Array.from(running, ([name, own]) => {
      const seen = batch.get(name)!
      const moved = (a: Float32Array, b: Float32Array): Float32Array =>
        a.map((value, c) => (1 - share) * value + share * b[c]!)
      return [
        name,
        { mean: moved(own.mean, seen.mean), variance: moved(own.variance, seen.variance), count: seen.count },
      ]
    }),
  )
}

/** The stored statistics of a model's norm layers. */
export const storedMoments = ({ normLayers }: Model): MomentsByLayer =>
  new Map(normLayers.map(({ name, source }) => [name, source]))

/** (1 - alpha) source + alpha target, means and variances each. Schneider et al., NeurIPS 2020, arXiv:2006.16971. */
export function blendMoments(layers: readonly NormLayer[], target: MomentsByLayer, alpha: number): MomentsByLayer {
  const blend = (source: Float32Array, own: Float32Array): Float32Array =>
    source.map((value, c) => (1 - alpha) * value + alpha * own[c]!)
  return new Map(
    layers.map(({ name, source }) => {
      const own = target.get(name)!
      const mean = blend(source.mean, own.mean)
      return [name, { mean, variance: blend(source.variance, own.variance), count: own.count }]
    }),
  )
}

/** Mean over all channels of |mean - source mean| / source sd: how far a scan lies from the source (methods.md, S11). */
export function normDistance(layers: readonly NormLayer[], target: MomentsByLayer): number {
  let sum = 0
  let channels = 0
  for (const { name, source, epsilon } of layers) {
    const own = target.get(name)!
    source.mean.forEach((mean, c) => {
      sum += Math.abs(own.mean[c]! - mean) / Math.sqrt(source.variance[c]! + epsilon)
      channels++
    })
  }
  return sum / channels
}

export type Observed = {
  /** [slice][j][i][class], in the order of the batches. */
  readonly probability: Float32Array
  /** Pooled over all batches; empty where the network has no batch norm. */
  readonly moments: MomentsByLayer
}

/**
 * Predicts batch after batch under the model's norm mode, and pools what its norm layers saw.
 * Throws the signal's reason within one batch of its abort.
 */
export async function observe(
  model: Model,
  study: ModelStudy,
  batches: readonly (readonly number[])[],
  { signal, onBatch }: { signal?: AbortSignal | undefined; onBatch?: ((slices: number) => void) | undefined } = {},
): Promise<Observed> {
  const parts: Float32Array[] = []
  const seen = new Map<string, Moments[]>()
  for (const slices of batches) {
    signal?.throwIfAborted()
    const [probability, moments] = scoped(() => {
      const { logits, moments } = model.logitsAndMoments(sliceBatch(study, slices))
      return [Float32Array.from(probabilitiesOf(logits).dataSync()), moments] as const
    })
    parts.push(probability)
    for (const [name, batch] of moments) seen.set(name, [...(seen.get(name) ?? []), batch])
    onBatch?.(slices.length)
    await new Promise((resolve) => setImmediate(resolve))
  }
  signal?.throwIfAborted()
  const probability = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    probability.set(part, at)
    at += part.length
  }
  return { probability, moments: new Map(Array.from(seen, ([name, batches]) => [name, poolMoments(batches)])) }
}

/** The part of a method's work that this needs. */
type Adopting = {
  readonly source: Model
  readonly student: Model
  readonly input: ModelStudy
  readonly signal: AbortSignal | undefined
  readonly advance: (slices: number) => void
}

/**
 * Volume mode (methods.md 1.3): the student sees all slices once, each batch under its own blend, and then keeps the pooled
 * statistics, blended with the source's, for good. A network without batch norm is left as it is.
 */
export async function adoptStatistics(work: Adopting, alpha: number, batch: number): Promise<void> {
  const { source, student, input, signal, advance } = work
  if (source.normLayers.length === 0 || alpha === 0) return
  student.setNorm({ kind: 'blend', alpha })
  const { moments } = await observe(student, input, interleavedBatches(input.tissueSlices, batch), {
    signal,
    onBatch: advance,
  })
  student.setStatistics(blendMoments(source.normLayers, moments, alpha))
  student.setNorm({ kind: 'source' })
}

type Training = Adopting & {
  readonly options: {
    readonly statistics: 'volume' | 'batch' | 'source'
    readonly alpha: number
    readonly batch: number
  }
}

/** Puts the student under the norm statistics that it is to train with. */
export async function beginStatistics(work: Training): Promise<void> {
  const { student, options } = work
  if (options.statistics === 'volume') await adoptStatistics(work, options.alpha, options.batch)
  if (options.statistics === 'batch') student.setNorm({ kind: 'batch' })
}

/** Batch statistics made masks depend on their batch; the prediction uses the scan's, of the trained network. */
export async function settleStatistics(work: Training): Promise<void> {
  if (work.options.statistics === 'batch') await adoptStatistics(work, 1, work.options.batch)
}
