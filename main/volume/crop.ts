import { apply } from './affine.ts'
import type { Grid, LabelMap, Shape, Vector, Volume } from './volume.ts'

/** The same grid from voxel `start` on (may be negative), with another shape. World positions stay. */
export function cropGrid(grid: Grid, start: Vector, shape: Shape): Grid {
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
  const [i0, i1] = [Math.max(0, start[0]), Math.min(ni, start[0] + mi)]
  for (let k = Math.max(0, -start[2]); k < Math.min(mk, nk - start[2]); k++)
    for (let j = Math.max(0, -start[1]); j < Math.min(mj, nj - start[1]); j++) {
      const row = ni * (j + start[1] + nj * (k + start[2]))
      if (i1 > i0) data.set(from.subarray(row + i0, row + i1), i0 - start[0] + mi * (j + mj * k))
    }
  return { ...volume, ...cropGrid(volume, start, shape), data }
}
