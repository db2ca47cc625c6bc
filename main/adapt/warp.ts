import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { Random } from '../volume/random.ts'

/** [[a, b, c], [d, e, f]]: where in a slice (x along i, y along j; edges at -1 and 1) the place (x, y) is sampled. */
export type Affine2 = readonly [number, number, number, number, number, number]

/** The identity with normal noise of this sd on every entry (DG-TTA, Weihsbach et al. 2023). */
export function drawAffine(random: Random, sd: number): Affine2 {
  const [a, b, c, d, e, f] = Array.from({ length: 6 }, () => sd * random.normal()) as [...Affine2]
  return [1 + a, b, c, d, 1 + e, f]
}

export function invertAffine([a, b, c, d, e, f]: Affine2): Affine2 {
  const determinant = a * e - b * d
  const [p, q, r, s] = [e / determinant, -b / determinant, -d / determinant, a / determinant]
  return [p, q, -(p * c + q * f), r, s, -(r * c + s * f)]
}

type Taps = { readonly index: Int32Array; readonly weight: Float32Array }

/** Four neighbours of each pixel's sampling place, with bilinear weights; outside: the nearest pixel, or weight 0. */
function tapsOf([a, b, c, d, e, f]: Affine2, ni: number, nj: number, outside: 'edge' | 'zero'): Taps {
  const index = new Int32Array(ni * nj * 4)
  const weight = new Float32Array(index.length)
  const held = (value: number, count: number): number => Math.min(Math.max(value, 0), count - 1)
  for (let n = 0; n < ni * nj; n++) {
    const [x, y] = [(2 * (n % ni) + 1) / ni - 1, (2 * Math.floor(n / ni) + 1) / nj - 1]
    let [i, j] = [((a * x + b * y + c + 1) * ni - 1) / 2, ((d * x + e * y + f + 1) * nj - 1) / 2]
    if (outside === 'edge') [i, j] = [held(i, ni), held(j, nj)]
    const [i0, j0] = [Math.floor(i), Math.floor(j)]
    for (let tap = 0; tap < 4; tap++) {
      const [u, v] = [i0 + (tap % 2), j0 + (tap >> 1)]
      const isInside = u >= 0 && u < ni && v >= 0 && v < nj
      index[n * 4 + tap] = held(v, nj) * ni + held(u, ni)
      weight[n * 4 + tap] = isInside ? (1 - Math.abs(i - u)) * (1 - Math.abs(j - v)) : 0
    }
  }
  return { index, weight }
}

/**
 * Each slice of [n, j, i, channel] sampled bilinearly under its own affine map; pixel centres at (2 i + 1) / ni - 1, as in
 * PyTorch's affine_grid and grid_sample without aligned corners. Linear, and differentiable: the gradient is the transposed
 * map. Plain loops, so that it runs on every engine. The caller disposes.
 */
export function warp(x: Tensor, affines: readonly Affine2[], outside: 'edge' | 'zero' = 'edge'): Tensor {
  const [, nj, ni, channels] = x.shape as [number, number, number, number]
  const taps = affines.map((affine) => tapsOf(affine, ni, nj, outside))
  const size = ni * nj * channels
  const through = (from: ArrayLike<number>, visit: 'sample' | 'scatter'): Tensor => {
    const to = new Float32Array(from.length)
    taps.forEach(({ index, weight }, slice) => {
      for (let tap = 0; tap < index.length; tap++) {
        const [near, far] = [slice * size + (tap >> 2) * channels, slice * size + index[tap]! * channels]
        const [read, write] = visit === 'sample' ? [far, near] : [near, far]
        for (let c = 0; c < channels; c++) to[write + c]! += weight[tap]! * from[read + c]!
      }
    })
    return tf.tensor(to, x.shape)
  }
  return tf.customGrad((value) => ({
    value: through((value as Tensor).dataSync(), 'sample'),
    gradFunc: (dy: Tensor) => through(dy.dataSync(), 'scatter'),
  }))(x)
}
