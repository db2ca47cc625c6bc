import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { applySymmetry } from './views.ts'
import type { Symmetry } from './views.ts'

/** The task of the rotation head (methods/rotation.ts), for those who train the head too. */

type Turns = readonly Symmetry['turns'][]

/** Slices [n, j, i, 1], each turned by so many quarter turns. The slices are square. */
export function turnSlices(upright: Tensor, turns: Turns): Tensor {
  return tf.concat(
    turns.map((turn, n) => applySymmetry(tf.gather(upright, [n]), { mirror: false, turns: turn })),
    0,
  )
}

/** Slices [n, j, i, 1] on a square, in the middle of what is darkest in them. */
export function squareSlices(batch: Tensor): Tensor {
  const [, nj, ni] = batch.shape as [number, number, number, number]
  const size = Math.max(ni, nj)
  const around = (length: number): [number, number] => {
    const before = Math.floor((size - length) / 2)
    return [before, size - length - before]
  }
  if (ni === nj) return batch
  const air = tf.tidy(() => tf.min(batch).dataSync()[0]!)
  return tf.pad(batch, [[0, 0], around(nj), around(ni), [0, 0]], air)
}

/** What the head says of features, [n, 4]: logits of no, one, two and three quarter turns. */
export function turnLogits(answer: Tensor): Tensor {
  return tf.reshape(answer, [answer.shape[0], 4])
}
