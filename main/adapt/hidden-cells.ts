import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { Random } from '../volume/random.ts'

/** The task of masked restoration (methods/restoration.ts), for those who train its head too. */

type Cells = {
  /** Side of a cell in pixels. */
  readonly cell: number
  /** Share of the cells that are hidden. */
  readonly ratio: number
}

const epsilon = 1e-6

/** Slices [n, j, i, 1] with noise in hidden cells; what is to be found there; and 1 where that is, [n, j, i]. */
export function hideAndSeek(
  batch: Tensor,
  cells: Cells,
  random: Random,
): { readonly masked: Tensor; readonly target: Tensor; readonly hidden: Tensor } {
  const [n, nj, ni] = batch.shape as [number, number, number, number]
  const hidden = hideCells(n, [ni, nj], cells, random)
  const noise = tf.tensor4d(
    Float32Array.from({ length: batch.size }, () => random.normal()),
    [n, nj, ni, 1],
  )
  const where = tf.expandDims(hidden, -1)
  const masked = tf.add(tf.mul(batch, tf.sub(1, where)), tf.mul(noise, where))
  return { masked, target: tf.squeeze(normalizedCells(batch, cells.cell), [3]), hidden }
}

/** [n, j, i]: 1 in a share of the cells of each slice, drawn at random. */
function hideCells(n: number, [ni, nj]: readonly [number, number], { cell, ratio }: Cells, random: Random): Tensor {
  const [across, down] = [Math.ceil(ni / cell), Math.ceil(nj / cell)]
  const data = new Float32Array(n * ni * nj)
  for (let slice = 0; slice < n; slice++) {
    const hidden = new Set(random.permutation(across * down).slice(0, Math.max(1, Math.round(ratio * across * down))))
    for (let at = 0; at < ni * nj; at++) {
      const number = Math.floor(Math.floor(at / ni) / cell) * across + Math.floor((at % ni) / cell)
      if (hidden.has(number)) data[slice * ni * nj + at] = 1
    }
  }
  return tf.tensor3d(data, [n, nj, ni])
}

/** Each cell of [n, j, i, 1] with mean 0 and variance 1; cells at the far edges may be smaller. */
function normalizedCells(batch: Tensor, cell: number): Tensor {
  const [n, nj, ni] = batch.shape as [number, number, number, number]
  const from = batch.dataSync()
  const out = new Float32Array(from.length)
  for (let slice = 0; slice < n; slice++)
    for (let j = 0; j < nj; j += cell)
      for (let i = 0; i < ni; i += cell) {
        const places: number[] = []
        for (let v = j; v < Math.min(j + cell, nj); v++)
          for (let u = i; u < Math.min(i + cell, ni); u++) places.push((slice * nj + v) * ni + u)
        const mean = places.reduce((sum, at) => sum + from[at]!, 0) / places.length
        const variance = places.reduce((sum, at) => sum + (from[at]! - mean) ** 2, 0) / places.length
        for (const at of places) out[at] = (from[at]! - mean) / Math.sqrt(variance + epsilon)
      }
  return tf.tensor4d(out, [n, nj, ni, 1])
}
