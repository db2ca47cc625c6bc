/** Where two masks of one scan differ, slice by slice. */

type Size = readonly [ni: number, nj: number, nk: number]

/** Counts of voxels. `swapped`: another label than before. */
export type SliceChange = {
  readonly slice: number
  readonly gained: number
  readonly lost: number
  readonly swapped: number
}

/**
 * Changed voxels of every slice across one axis of the grid (0, 1, 2 for i, j, k). Voxel (i, j, k) is at i + ni * (j + nj * k).
 * With a label: voxels that became or ceased to be this label; nothing is swapped then. Throws on masks of different size.
 */
export function sliceChanges(
  before: Uint8Array,
  after: Uint8Array,
  [ni, nj, nk]: Size,
  axis: 0 | 1 | 2,
  label?: number,
): readonly SliceChange[] {
  const size = ni * nj * nk
  if (before.length !== size || after.length !== size) throw new Error('The masks are of different size.')
  const slices = [ni, nj, nk][axis]!
  const [gained, lost, swapped] = [new Uint32Array(slices), new Uint32Array(slices), new Uint32Array(slices)]
  const count = (was: number, is: number, slice: number): void => {
    if (label !== undefined) {
      if (is === label) gained[slice]!++
      else if (was === label) lost[slice]!++
    } else if (was === 0) gained[slice]!++
    else if (is === 0) lost[slice]!++
    else swapped[slice]!++
  }
  // Most of two masks is the same: four voxels are compared at once where their bytes lie so that it can be done.
  const wide = ni % 4 === 0 ? 4 : 1
  const [a, b] = wide === 4 ? [words(before), words(after)] : [before, after]
  for (let row = 0, at = 0; row < nj * nk; row++) {
    const across = axis === 1 ? row % nj : Math.floor(row / nj)
    for (let i = 0; i < ni; i += wide, at++) {
      if (a[at] === b[at]) continue
      for (let n = 0; n < wide; n++) {
        const voxel = at * wide + n
        if (before[voxel] !== after[voxel]) count(before[voxel]!, after[voxel]!, axis === 0 ? i + n : across)
      }
    }
  }
  return Array.from(gained, (count, slice) => ({
    slice,
    gained: count,
    lost: lost[slice]!,
    swapped: swapped[slice]!,
  }))
}

function words(mask: Uint8Array): Uint32Array {
  const aligned = mask.byteOffset % 4 === 0 ? mask : mask.slice()
  return new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
}

export function changed({ gained, lost, swapped }: SliceChange): number {
  return gained + lost + swapped
}

/** Slices that changed at all, the most changed first; equal ones in their own order. */
export function rankSlices(changes: readonly SliceChange[]): readonly SliceChange[] {
  return changes
    .filter((change) => changed(change) > 0)
    .toSorted((a, b) => changed(b) - changed(a) || a.slice - b.slice)
}

/**
 * The slice to go to from the one on screen: 1 for less changed, -1 for more. From a slice that did not change, or at an end,
 * the first of the ranking; undefined where nothing changed.
 */
export function nextByChange(
  ranking: readonly SliceChange[],
  current: number | undefined,
  direction: 1 | -1,
): number | undefined {
  const at = ranking.findIndex(({ slice }) => slice === current)
  const to = at < 0 ? 0 : Math.min(Math.max(at + direction, 0), ranking.length - 1)
  return ranking[to]?.slice
}

/** ml of one voxel: the determinant of the affine. */
export function voxelMl(affine: readonly number[]): number {
  const [a, b, c, , d, e, f, , g, h, i] = affine as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  return Math.abs(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)) / 1000
}
