import { spacing } from '../volume/affine.ts'
import type { LabelMap, Shape } from '../volume/volume.ts'
import { nearestDistances } from './nearest.ts'
import type { Structure } from './overlap.ts'
import { membership, requireSameGrid } from './overlap.ts'

export type SurfaceDistances = {
  /** Larger of the two directed 95th percentiles, mm. */
  readonly hd95: number
  /** 95th percentile of both directions joined, mm: medpy's definition, for comparison. */
  readonly hd95Pooled: number
  /** Mean of both directions joined, mm. */
  readonly assd: number
  /** Share of both surfaces that lies within the tolerance of the other one. Both masks empty: 1; one empty: 0. */
  readonly surfaceDice: number
}

type Mask = { readonly data: Uint8Array; readonly shape: Shape }

/** Both masks in the smallest box that holds both, nothing where neither has a voxel. */
function commonBox(prediction: LabelMap, reference: LabelMap, structure: Structure): [Mask, Mask] | undefined {
  const isMember = membership(structure)
  const [ni, nj, nk] = reference.shape
  const low = [ni, nj, nk]
  const high = [-1, -1, -1]
  const isInside = (n: number): boolean => isMember[prediction.data[n]!] !== 0 || isMember[reference.data[n]!] !== 0
  for (let k = 0, row = 0; k < nk; k++)
    for (let j = 0; j < nj; j++, row += ni) {
      let i = 0
      while (i < ni && !isInside(row + i)) i++
      if (i === ni) continue
      if (i < low[0]!) low[0] = i
      // Only what may widen the box: from the far end.
      let last = ni - 1
      while (last > high[0]! && !isInside(row + last)) last--
      if (last > high[0]!) high[0] = last
      if (j < low[1]!) low[1] = j
      if (j > high[1]!) high[1] = j
      if (k < low[2]!) low[2] = k
      high[2] = k
    }
  if (high[2]! < 0) return undefined
  const [mi, mj, mk] = [high[0]! - low[0]! + 1, high[1]! - low[1]! + 1, high[2]! - low[2]! + 1]
  const cut = (labels: LabelMap): Mask => {
    const data = new Uint8Array(mi * mj * mk)
    for (let k = 0, n = 0; k < mk; k++)
      for (let j = 0; j < mj; j++) {
        const from = low[0]! + ni * (j + low[1]! + nj * (k + low[2]!))
        for (let i = 0; i < mi; i++) data[n++] = isMember[labels.data[from + i]!]!
      }
    return { data, shape: [mi, mj, mk] }
  }
  return [cut(prediction), cut(reference)]
}

/** Mask voxels with a background neighbour by faces. Outside the image is background; an axis of one voxel (2D) does not count. */
function surface({ data, shape: [ni, nj, nk] }: Mask, flat: readonly boolean[]): Uint8Array {
  const out = new Uint8Array(data.length)
  for (let k = 0, n = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++, n++) {
        if (!data[n]) continue
        const isInside =
          (flat[0] || (i > 0 && i < ni - 1 && data[n - 1] && data[n + 1])) &&
          (flat[1] || (j > 0 && j < nj - 1 && data[n - ni] && data[n + ni])) &&
          (flat[2] || (k > 0 && k < nk - 1 && data[n - ni * nj] && data[n + ni * nj]))
        if (!isInside) out[n] = 1
      }
  return out
}

/** Two ascending lists as one. */
function merged(a: Float64Array, b: Float64Array): Float64Array {
  const out = new Float64Array(a.length + b.length)
  for (let n = 0, i = 0, j = 0; n < out.length; n++)
    out[n] = j === b.length || (i < a.length && a[i]! <= b[j]!) ? a[i++]! : b[j++]!
  return out
}

function percentile95(sorted: Float64Array): number {
  const position = 0.95 * (sorted.length - 1)
  const rank = Math.floor(position)
  const lower = sorted[rank]!
  return lower + ((sorted[rank + 1] ?? lower) - lower) * (position - rank)
}

/**
 * Distances in mm between the surfaces of one structure in two label maps of the same grid (else it throws), between voxel
 * centres, with the spacing of the grid along its axes. Percentiles interpolate linearly between ranks (NumPy's default).
 * Both masks empty: 0. One empty: NaN, undefined, to be counted or replaced by diagonalMm by whoever averages.
 * Maier-Hein et al., Metrics reloaded, Nat. Methods 2024; surface voxels, not elements of area. The surface Dice after
 * Nikolov et al., J. Med. Internet Res. 23 (2021), with the tolerance in mm.
 */
export function surfaceDistances(
  prediction: LabelMap,
  reference: LabelMap,
  structure: Structure,
  toleranceMm = 1,
): SurfaceDistances {
  requireSameGrid(prediction, reference)
  const box = commonBox(prediction, reference, structure)
  if (!box) return { hd95: 0, hd95Pooled: 0, assd: 0, surfaceDice: 1 }
  const flat = reference.shape.map((n) => n === 1)
  const [p, g] = box.map((mask) => surface(mask, flat)) as [Uint8Array, Uint8Array]
  const { shape } = box[0]
  const mm = spacing(reference.affine)
  const fromP = nearestDistances(p, g, shape, mm).sort()
  const fromG = nearestDistances(g, p, shape, mm).sort()
  if (fromP.length === 0 || fromG.length === 0) return { hd95: NaN, hd95Pooled: NaN, assd: NaN, surfaceDice: 0 }
  const pooled = merged(fromP, fromG)
  let [sum, within] = [0, 0]
  for (const x of pooled) {
    sum += x
    if (x <= toleranceMm) within++
  }
  return {
    hd95: Math.max(percentile95(fromP), percentile95(fromG)),
    hd95Pooled: percentile95(pooled),
    assd: sum / pooled.length,
    surfaceDice: within / pooled.length,
  }
}
