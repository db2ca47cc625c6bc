import type { Shape, Vector } from '../volume/volume.ts'
import { squaredDistances } from './distance-transform.ts'

/** Steps across rows that are tried one by one, and in all, before a transform of the whole box is cheaper. */
const mostSteps = 4096
const mostLooks = 1e8

/**
 * Distance in mm from every voxel of `from` (not 0) to the nearest of `to`, exact, in the order of the voxels. Without any in
 * `to`: Infinity each. Surfaces that are compared lie close as a rule: from the nearest site of each row along i, the rows
 * around a voxel are looked through by their distance, until none can be nearer.
 */
export function nearestDistances(from: Uint8Array, to: Uint8Array, shape: Shape, spacing: Vector): Float64Array {
  const [ni, nj, nk] = shape
  const steps = stepsAlongRows(to, ni)
  // Where a row has no site its steps are ni.
  const squares = Float64Array.from({ length: ni + 1 }, (_, n) => (n === ni ? Infinity : (n * spacing[0]) ** 2))
  const around = rowsAround(nj, nk, spacing)
  const distances = new Float64Array(count(from))
  let whole: Float64Array | undefined
  let [out, looks] = [0, 0]
  for (let k = 0, n = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++, n++) {
        if (!from[n]) continue
        let best = whole ? whole[n]! : squares[steps[n]!]!
        for (let row = 1; !whole && around.squares[row]! < best; row++) {
          if (row === around.length || looks > mostLooks) {
            whole = squaredDistances(to, shape, spacing)
            best = whole[n]!
            break
          }
          looks++
          const [dj, dk] = [around.j[row]!, around.k[row]!]
          if (j + dj < 0 || j + dj >= nj || k + dk < 0 || k + dk >= nk) continue
          const square = around.squares[row]! + squares[steps[n + ni * (dj + nj * dk)]!]!
          if (square < best) best = square
        }
        distances[out++] = Math.sqrt(best)
      }
  return distances
}

function count(mask: Uint8Array): number {
  let sum = 0
  for (let n = 0; n < mask.length; n++) if (mask[n]) sum++
  return sum
}

/** Steps along i to the nearest site of the same row; ni where there is none. */
function stepsAlongRows(sites: Uint8Array, ni: number): Uint16Array {
  const out = new Uint16Array(sites.length)
  for (let row = 0; row < sites.length; row += ni) {
    let steps = ni
    for (let n = row; n < row + ni; n++) out[n] = steps = sites[n] ? 0 : Math.min(ni, steps + 1)
    steps = ni
    for (let n = row + ni - 1; n >= row; n--) {
      steps = sites[n] ? 0 : Math.min(ni, steps + 1)
      if (steps < out[n]!) out[n] = steps
    }
  }
  return out
}

type Rows = {
  readonly length: number
  readonly j: Int16Array
  readonly k: Int16Array
  /** mm^2, ascending; after the last one 0, below any best. */
  readonly squares: Float64Array
}

/** All rows within a disc of about mostSteps of them, the nearest first; the first is the voxel's own. */
function rowsAround(nj: number, nk: number, [, mj, mk]: Vector): Rows {
  const reach = Math.sqrt((mostSteps * mj * mk) / Math.PI)
  const [far, high] = [Math.min(nj - 1, Math.floor(reach / mj)), Math.min(nk - 1, Math.floor(reach / mk))]
  const rows: { j: number; k: number; square: number }[] = []
  for (let k = -high; k <= high; k++)
    for (let j = -far; j <= far; j++) {
      const square = j * j * (mj * mj) + k * k * (mk * mk)
      if (square <= reach * reach) rows.push({ j, k, square })
    }
  rows.sort((a, b) => a.square - b.square)
  return {
    length: rows.length,
    j: Int16Array.from(rows, ({ j }) => j),
    k: Int16Array.from(rows, ({ k }) => k),
    squares: Float64Array.from([...rows.map(({ square }) => square), 0]),
  }
}
