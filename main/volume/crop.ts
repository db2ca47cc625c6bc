import { apply } from './affine.ts'
import type { Grid, LabelMap, Shape, Vector, Volume } from './volume.ts'

/** Half-open index ranges along i, j, k. */
export type Box = readonly [readonly [number, number], readonly [number, number], readonly [number, number]]

/** The same grid from voxel `start` on (may be negative), with another shape. World positions stay. */
function cropGrid(grid: Grid, start: Vector, shape: Shape): Grid {
  const [x, y, z] = apply(grid.affine, start)
  const affine = [...grid.affine]
  affine[3] = x
  affine[7] = y
  affine[11] = z
  return { shape, affine }
}

/**
 * Crops and pads: the box of `shape` voxels whose first is `start` of the input; what lies outside the input gets `fill`.
 * The way back: cropOrPad(result, -start, volume.shape, fill), which restores what was not cut off.
 */
export function cropOrPad<T extends Volume | LabelMap>(volume: T, start: Vector, shape: Shape, fill = 0): T {
  const [ni, nj, nk] = volume.shape
  const [mi, mj, mk] = shape
  const from = volume.data
  const data = from instanceof Uint8Array ? new Uint8Array(mi * mj * mk) : new Float32Array(mi * mj * mk)
  if (fill !== 0) data.fill(fill)
  const [i0, i1] = [Math.max(0, -start[0]), Math.min(mi, ni - start[0])]
  for (let k = Math.max(0, -start[2]); k < Math.min(mk, nk - start[2]); k++)
    for (let j = Math.max(0, -start[1]); j < Math.min(mj, nj - start[1]); j++) {
      const to = mi * (j + mj * k)
      const at = start[0] + ni * (j + start[1] + nj * (k + start[2]))
      for (let i = i0; i < i1; i++) data[to + i] = from[at + i]!
    }
  return { ...volume, ...cropGrid(volume, start, shape), data }
}

/** The part of a volume within a box. */
export function crop<T extends Volume | LabelMap>(volume: T, [i, j, k]: Box): T {
  return cropOrPad(volume, [i[0], j[0], k[0]], [i[1] - i[0], j[1] - j[0], k[1] - k[0]])
}
