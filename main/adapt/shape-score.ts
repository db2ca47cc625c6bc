import { tf } from '../engine/tf.ts'
import type { Model } from '../model/model.ts'
import { probabilitiesOf } from '../predict/predict.ts'
import { labelsOf, meanDice } from './scores.ts'
import { scoped } from './scope.ts'

/**
 * S7: mean Dice of masks with what the shape prior makes of them (Karani et al., MedIA 2021): 1 is a mask that the training
 * scans might have. probability: [slice][j][i][class], some of whose slices are looked at. NaN without foreground.
 */
export async function shapeScore(
  prior: Model,
  probability: Float32Array,
  { ni, nj, classes }: { readonly ni: number; readonly nj: number; readonly classes: number },
  slices: readonly number[],
  signal?: AbortSignal,
): Promise<number> {
  const size = ni * nj
  const own = new Uint8Array(slices.length * size)
  const plausible = new Uint8Array(slices.length * size)
  for (const [n, slice] of slices.entries()) {
    signal?.throwIfAborted()
    const map = probability.subarray(slice * size * classes, (slice + 1) * size * classes)
    own.set(labelsOf(map, classes), n * size)
    const denoised = scoped(
      () => probabilitiesOf(prior.logits(tf.tensor4d(map, [1, nj, ni, classes]))).dataSync() as Float32Array,
    )
    plausible.set(labelsOf(denoised, classes), n * size)
    await new Promise((resolve) => setImmediate(resolve))
  }
  return meanDice(own, plausible, classes)
}
