import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { components } from '../volume/components.ts'
import { withoutGradient } from './losses.ts'
import { labelsOf } from './scores.ts'

/** Losses on how masks hang together (SmaRT 2025; methods.md M15): maps [n, j, i, class]. */

/** Sizes of islands enter with a power between these, by the share of the largest. */
const [leastPower, powerRise] = [0.01, 0.06]

/**
 * Holes: mean over the slices' pixels of the 3 x 3 sums of how far background leads, within what the foreground encloses. The
 * published form counts all background; outside of the body that is no hole.
 */
export function holes(probability: Tensor): Tensor {
  return tf.tidy(() => {
    const lead = (p: Tensor): Tensor => {
      const [background, ...others] = tf.unstack(p, -1)
      return tf.relu(tf.sub(background!, tf.max(tf.stack(others, -1), -1)))
    }
    const enclosed = withoutGradient(probability, (p) => slicewise(p, enclosedBackground))
    // A pixel lies in nine windows.
    return tf.mul(tf.mean(tf.mul(lead(probability), enclosed)), 9)
  })
}

/**
 * Islands: (1 - share of the largest component) times the sum over the others of their mean foreground probability times their
 * size to a small power; mean over slices. Sizes carry no gradient.
 */
export function islands(probability: Tensor): Tensor {
  return tf.tidy(() => {
    const weights = withoutGradient(probability, (p) => slicewise(p, islandWeights))
    const foreground = tf.sub(1, tf.squeeze(tf.slice(probability, [0, 0, 0, 0], [-1, -1, -1, 1]), [3]))
    return tf.div(tf.sum(tf.mul(foreground, weights)), probability.shape[0])
  })
}

/** [n, j, i] of what f makes of each slice's foreground mask. */
function slicewise(probability: Tensor, f: (mask: Uint8Array, ni: number) => Float32Array): Tensor {
  const [n, nj, ni, classes] = probability.shape as [number, number, number, number]
  const mask = labelsOf(probability.dataSync() as Float32Array, classes).map((label) => (label > 0 ? 1 : 0))
  const out = new Float32Array(mask.length)
  for (let at = 0; at < mask.length; at += ni * nj) out.set(f(mask.subarray(at, at + ni * nj), ni), at)
  return tf.tensor3d(out, [n, nj, ni])
}

/** 1 in background of a slice that no path leads out of. */
export function enclosedBackground(mask: Uint8Array, ni: number): Float32Array {
  const nj = mask.length / ni
  const background = mask.map((value) => 1 - value)
  const { labels, sizes } = components(background, [ni, nj, 1], 6)
  const isOpen = new Uint8Array(sizes.length)
  labels.forEach((label, n) => {
    const [i, j] = [n % ni, Math.floor(n / ni)]
    if (i === 0 || j === 0 || i === ni - 1 || j === nj - 1) isOpen[label] = 1
  })
  return Float32Array.from(labels, (label) => (label > 0 && !isOpen[label] ? 1 : 0))
}

function islandWeights(mask: Uint8Array, ni: number): Float32Array {
  const { labels, sizes } = components(mask, [ni, mask.length / ni, 1], 6)
  const all = sizes.reduce((a, b) => a + b, 0)
  const largest = Math.max(...sizes)
  const share = all ? largest / all : 1
  const power = leastPower + powerRise * share
  const isMain = sizes.indexOf(largest)
  return Float32Array.from(labels, (label) =>
    label === 0 || label === isMain ? 0 : ((1 - share) * sizes[label]! ** power) / sizes[label]!,
  )
}
