import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { ModelStudy } from '../predict/study.ts'

/** Weights [n, j, i]: 1 where a slice holds scan, 0 in the padding around it. The caller disposes. */
export function validPixels(study: ModelStudy, n: number): Tensor {
  const [ni, nj] = study.volume.shape
  const [[i0, i1], [j0, j1]] = study.valid
  const slice = new Float32Array(ni * nj)
  for (let j = j0; j < j1; j++) slice.fill(1, j * ni + i0, j * ni + i1)
  return tf.tidy(() => tf.tile(tf.tensor3d(slice, [1, nj, ni]), [n, 1, 1]))
}
