import type { Tensor } from '../engine/tf.ts'
import { tf } from '../engine/tf.ts'
import type { Model } from '../model/model.ts'
import type { ProbabilityMap } from '../volume/volume.ts'
import type { ModelStudy } from './study.ts'

export type PredictOptions = {
  readonly signal?: AbortSignal
  /** Slices in one forward pass. */
  readonly batch?: number
  readonly onProgress?: (done: number, total: number) => void
}

/** What prediction needs of a model: the student, the source model and the teacher all have it. */
export type Predictor = Pick<Model, 'logits'>

/** Small enough to cancel at once and to stay in cache; larger batches gain nothing on a CPU. */
const defaultBatch = 4

/** The slices as a batch [n, j, i, 1]; the caller disposes. */
export function sliceBatch(study: ModelStudy, slices: readonly number[]): Tensor {
  const [ni, nj] = study.volume.shape
  const data = new Float32Array(slices.length * ni * nj)
  slices.forEach((k, n) => data.set(study.volume.data.subarray(k * ni * nj, (k + 1) * ni * nj), n * ni * nj))
  return tf.tensor4d(data, [slices.length, nj, ni, 1])
}

/** Probabilities [n, j, i, class] of logits; a single logit is that of the only class against background. */
export function probabilitiesOf(logits: Tensor): Tensor {
  return tf.tidy(() => {
    if (logits.shape.at(-1) !== 1) return tf.softmax(logits)
    const p = tf.sigmoid(logits)
    return tf.concat([tf.sub(1, p), p], -1)
  })
}

/** Lets timers, messages and signals through between two batches. */
const breathe = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/**
 * Probabilities of the named slices (k), in the order given: [slice][j][i][class], class fastest, padding included.
 * Throws the signal's reason within one batch of its abort. Leaves no tensor behind.
 */
export async function predictSlices(
  model: Predictor,
  study: ModelStudy,
  slices: readonly number[],
  { signal, batch = defaultBatch, onProgress }: PredictOptions = {},
): Promise<Float32Array> {
  const pixels = study.volume.shape[0] * study.volume.shape[1]
  let out = new Float32Array(0)
  for (let start = 0; start < slices.length; start += batch) {
    signal?.throwIfAborted()
    const some = slices.slice(start, start + batch)
    const probabilities = tf.tidy(() => probabilitiesOf(model.logits(sliceBatch(study, some))))
    try {
      const values = (await probabilities.data()) as Float32Array
      if (start === 0) out = new Float32Array((values.length / (some.length * pixels)) * pixels * slices.length)
      out.set(values, (values.length / some.length) * start)
    } finally {
      probabilities.dispose()
    }
    onProgress?.(start + some.length, slices.length)
    await breathe()
  }
  signal?.throwIfAborted()
  return out
}

/** Probabilities of all slices, on the model's grid. */
export async function predictStudy(
  model: Predictor,
  study: ModelStudy,
  options: PredictOptions = {},
): Promise<ProbabilityMap> {
  const { shape, affine } = study.volume
  const slices = Array.from({ length: shape[2] }, (_, k) => k)
  const data = await predictSlices(model, study, slices, options)
  return { shape, affine, classes: data.length / (shape[0] * shape[1] * shape[2]), data }
}
