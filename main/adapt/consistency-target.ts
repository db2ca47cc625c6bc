import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { Model } from '../model/model.ts'
import { probabilitiesOf } from '../predict/predict.ts'
import type { ModelStudy } from '../predict/study.ts'
import type { Random } from '../volume/random.ts'
import { reweight } from './class-statistics.ts'
import { gatherForeground } from './foreground.ts'
import { changeIntensity, drawIntensityChange, intensityRange } from './intensity-views.ts'
import type { IntensityChange } from './intensity-views.ts'
import { consensus, entropyOf, sharpen } from './losses.ts'
import { intensityStatistics } from './proportions.ts'
import type { Proportions } from './proportions.ts'
import { applySymmetry, undoSymmetry } from './views.ts'
import type { Symmetry } from './views.ts'

/** One look at a batch of slices: each with its own change of intensity (or none), then all turned alike. */
export type View = { readonly symmetry: Symmetry; readonly changes: readonly IntensityChange[] | undefined }

export function drawView(
  slices: number,
  symmetries: readonly Symmetry[],
  strength: number,
  blurPixels: number,
  random: Random,
): View {
  const symmetry = symmetries[random.integer(symmetries.length)]!
  return { symmetry, changes: Array.from({ length: slices }, () => drawIntensityChange(random, strength, blurPixels)) }
}

/** The slices as they are, once in each symmetry, and beyond those augmented. */
export function drawViews(
  count: number,
  slices: number,
  symmetries: readonly Symmetry[],
  strength: number,
  blurPixels: number,
  random: Random,
): View[] {
  return Array.from({ length: count }, (_, n) =>
    n < symmetries.length
      ? { symmetry: symmetries[n]!, changes: undefined }
      : drawView(slices, symmetries, strength, blurPixels, random),
  )
}

/** The slices as seen in a view, [n, j, i, 1]; random: for the noise. The caller disposes. */
export function seenIn(
  { symmetry, changes }: View,
  study: ModelStudy,
  slices: readonly number[],
  random: Random,
): Tensor {
  const [ni, nj] = study.volume.shape
  const data = new Float32Array(slices.length * ni * nj)
  slices.forEach((k, n) => data.set(study.volume.data.subarray(k * ni * nj, (k + 1) * ni * nj), n * ni * nj))
  if (changes) {
    const range = intensityRange(data)
    changes.forEach((change, n) => {
      const slice = data.subarray(n * ni * nj, (n + 1) * ni * nj)
      slice.set(changeIntensity(slice, ni, change, range, random))
    })
  }
  return tf.tidy(() => applySymmetry(tf.tensor4d(data, [slices.length, nj, ni, 1]), symmetry))
}

export type TargetOptions = {
  /** For every class the one it becomes in the mirror. */
  readonly exchange: readonly number[]
  readonly temperature: number
  /** Re-weight by intensity likelihood (class-statistics.ts). */
  readonly likelihood: boolean
  /** What the classes are held to in that; undefined: to nothing. */
  readonly proportions?: Proportions | undefined
  /** Weigh pixels by how sure the views' mean is. */
  readonly confidence: boolean
  /** Pixels where the views disagree by more (nats) count nothing. */
  readonly disagreement: number
}

/**
 * What the student shall learn of a batch: the teacher's mean over the views, undone; re-weighted by intensity; sharpened.
 * Steps 1-3 of M1 (methods.md), with the likelihood of models.md section 4. target [n, j, i, class], weights [n, j, i]; the
 * caller disposes. restored: intensities without bias, of all slices of the study.
 */
export function consistencyTarget(
  teacher: Model,
  views: readonly { readonly view: View; readonly batch: Tensor }[],
  valid: Tensor,
  study: ModelStudy,
  slices: readonly number[],
  restored: Float32Array,
  options: TargetOptions,
): { target: Tensor; weights: Tensor } {
  return tf.tidy(() => {
    const maps = views.map(({ view, batch }) =>
      undoSymmetry(probabilitiesOf(teacher.logits(batch)), view.symmetry, options.exchange),
    )
    const { mean, disagreement } = consensus(maps)
    const classes = mean.shape.at(-1)!
    let weights = tf.mul(valid, tf.cast(tf.lessEqual(disagreement, options.disagreement), 'float32'))
    if (options.confidence) weights = tf.mul(weights, tf.sub(1, tf.div(entropyOf(mean), Math.log(classes))))
    const learned = options.likelihood ? withLikelihood(mean, study, slices, restored, options.proportions) : mean
    return { target: sharpen(learned, options.temperature), weights }
  })
}

function withLikelihood(
  mean: Tensor,
  study: ModelStudy,
  slices: readonly number[],
  restored: Float32Array,
  proportions: Proportions | undefined,
): Tensor {
  const classes = mean.shape.at(-1)!
  const [ni, nj] = study.volume.shape
  const probability = mean.dataSync() as Float32Array
  const { index, probability: own } = gatherForeground(probability, classes, study, slices)
  const intensity = Float32Array.from(
    index,
    (n) => restored[slices[Math.floor(n / (ni * nj))]! * ni * nj + (n % (ni * nj))]!,
  )
  const statistics = intensityStatistics(intensity, own, classes, 1, proportions)
  const reweighted = reweight(intensity, own, classes, statistics, 1)
  const out = probability.slice()
  index.forEach((n, m) => out.set(reweighted.subarray(m * classes, (m + 1) * classes), n * classes))
  return tf.tensor(out, mean.shape)
}
