import type { ModelStudy } from '../predict/study.ts'

/**
 * The voxels of some slices that may be foreground, gathered so that estimates need not walk through air.
 * Positions are in units of half the grid, -1 to 1 along i and j (over the slice) and k (over the study).
 */
export type Foreground = {
  readonly classes: number
  /** Index of each voxel in [slice][j][i]. */
  readonly index: Int32Array
  /** [voxel][class], background first. */
  readonly probability: Float32Array
  readonly x: Float32Array
  readonly y: Float32Array
  readonly z: Float32Array
}

/** Below this probability of all foreground together a voxel cannot sway any estimate. */
const least = 1e-3

/** Coordinate of an index on -1 to 1; the middle of a single one. */
export function coordinate(index: number, count: number): number {
  return count === 1 ? 0 : (2 * index) / (count - 1) - 1
}

/**
 * probability: [slice][j][i][class] of the named slices of the study, in their order. positions: where the study's slices lie
 * in a scan of `depth` slices, if it is only some of them.
 */
export function gatherForeground(
  probability: Float32Array,
  classes: number,
  study: ModelStudy,
  slices: readonly number[],
  positions?: readonly number[],
  depth = study.volume.shape[2],
): Foreground {
  const [ni, nj] = study.volume.shape
  const voxels = ni * nj * slices.length
  const found = new Int32Array(voxels)
  let count = 0
  for (let n = 0; n < voxels; n++) if (1 - probability[n * classes]! > least) found[count++] = n
  const index = found.slice(0, count)
  const gathered = new Float32Array(count * classes)
  index.forEach((n, m) => gathered.set(probability.subarray(n * classes, (n + 1) * classes), m * classes))
  return {
    classes,
    index,
    probability: gathered,
    x: Float32Array.from(index, (n) => coordinate(n % ni, ni)),
    y: Float32Array.from(index, (n) => coordinate(Math.floor(n / ni) % nj, nj)),
    z: Float32Array.from(index, (n) => {
      const slice = slices[Math.floor(n / (ni * nj))]!
      return coordinate(positions ? positions[slice]! : slice, depth)
    }),
  }
}
