import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { withoutGradient } from './losses.ts'
import { borderBand } from './scores.ts'

/**
 * The pixels of the predicted foreground and within `reach` pixels of its border, among those with weight; 0 elsewhere.
 * Background far away fills most of a scan and is sure of itself: it would rule every mean. logits: [n, j, i, class].
 * No gradient; the caller disposes.
 */
export function aroundForeground(logits: Tensor, weights: Tensor, reach: number): Tensor {
  return withoutGradient(logits, (z) => {
    const [, nj, ni] = z.shape as [number, number, number, number]
    const labels = labelsIn(z)
    const near = borderBand(labels, labels, ni, nj, reach)
    const inside = Float32Array.from(labels, (label, n) => (label > 0 || near[n] ? 1 : 0))
    return tf.mul(weights, tf.tensor(inside, weights.shape))
  })
}

/** The pixels within `reach` pixels of the predicted foreground's border, as above. */
export function alongBorder(logits: Tensor, weights: Tensor, reach: number): Tensor {
  return withoutGradient(logits, (z) => {
    const [, nj, ni] = z.shape as [number, number, number, number]
    const labels = labelsIn(z)
    return tf.mul(weights, tf.tensor(Float32Array.from(borderBand(labels, labels, ni, nj, reach)), weights.shape))
  })
}

export function labelsIn(logits: Tensor): Uint8Array {
  return Uint8Array.from(tf.tidy(() => tf.argMax(logits, -1).dataSync()))
}
