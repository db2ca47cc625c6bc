import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'

/** Priors of methods.md M20 on maps [n, j, i, class] of slices [n, j, i, 1]. */

/** Values one apart along an axis: x[n + 1] - x[n]. */
function differences(x: Tensor, axis: number): Tensor {
  const size = x.shape.map((length, n) => (n === axis ? length - 1 : length))
  const begin = x.shape.map((_, n) => (n === axis ? 1 : 0))
  const from = x.shape.map(() => 0)
  return tf.sub(tf.slice(x, begin, size), tf.slice(x, from, size))
}

const medianOf = (values: ArrayLike<number>): number => {
  const sorted = Float32Array.from(values).sort()
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}

/**
 * Total variation of the foreground classes that an edge in the image excuses: the sum over both axes of the mean of
 * exp(-|dx| / median |dx|) |dp| / spacing. weights: [n, j, i]; a difference counts where both pixels do. spacingMm: along j, i.
 */
export function edgeAwareVariation(
  probability: Tensor,
  image: Tensor,
  weights: Tensor,
  spacingMm: readonly [number, number],
): Tensor {
  return tf.tidy(() => {
    const foreground = tf.slice(probability, [0, 0, 0, 1])
    const terms = [1, 2].map((axis, n) => {
      const edges = tf.abs(differences(image, axis))
      const width = medianOf(edges.dataSync()) + 1e-6
      const counted = tf.expandDims(bothWeigh(weights, axis), -1)
      const excused = tf.mul(tf.exp(tf.neg(tf.div(edges, width))), counted)
      const change = tf.sum(tf.abs(differences(foreground, axis)), -1, true)
      return tf.div(tf.sum(tf.mul(excused, change)), tf.mul(tf.add(tf.sum(counted), 1e-6), spacingMm[n]!))
    })
    return tf.addN(terms)
  })
}

function bothWeigh(weights: Tensor, axis: number): Tensor {
  const size = weights.shape.map((length, n) => (n === axis ? length - 1 : length))
  const begin = weights.shape.map((_, n) => (n === axis ? 1 : 0))
  const from = weights.shape.map(() => 0)
  return tf.mul(tf.slice(weights, begin, size), tf.slice(weights, from, size))
}

/**
 * Mean over pixels of how alike neighbouring slices look, exp(-(dx)^2 / 2 sigma^2), times the squared distance of their
 * probabilities; sigma = 1.4826 times the median |dx|. isNext[n]: whether slice n + 1 of the batch lies next to slice n; with
 * none, 0.
 */
export function sliceContinuity(
  probability: Tensor,
  image: Tensor,
  weights: Tensor,
  isNext: readonly boolean[],
): Tensor {
  return tf.tidy(() => {
    if (probability.shape[0] < 2 || !isNext.some(Boolean)) return tf.scalar(0)
    const step = tf.squeeze(differences(image, 0), [3])
    const pairs = tf.tensor(isNext.map(Number), [isNext.length, 1, 1])
    const counted = tf.mul(bothWeigh(weights, 0), pairs)
    const sigma = 1.4826 * medianOf(tf.abs(step).dataSync()) + 1e-6
    const alike = tf.exp(tf.neg(tf.div(tf.square(step), 2 * sigma * sigma)))
    const distance = tf.sum(tf.square(differences(probability, 0)), -1)
    return tf.div(tf.sum(tf.mul(tf.mul(alike, distance), counted)), tf.add(tf.sum(counted), 1e-6))
  })
}
