import { countClasses } from './scores.ts'

/** Distance (steps along i and j) of each voxel of a slice to the nearest background, 0 in it; the slice's edge is no border. */
function depths(mask: Uint8Array, ni: number, nj: number): Uint16Array {
  const far = ni + nj
  const out = Uint16Array.from(mask, (inside) => (inside ? far : 0))
  const relax = (at: number, neighbour: number): void => {
    if (out[neighbour]! + 1 < out[at]!) out[at] = out[neighbour]! + 1
  }
  for (let j = 0; j < nj; j++)
    for (let i = 0; i < ni; i++) {
      const at = j * ni + i
      if (i > 0) relax(at, at - 1)
      if (j > 0) relax(at, at - ni)
    }
  for (let j = nj - 1; j >= 0; j--)
    for (let i = ni - 1; i >= 0; i--) {
      const at = j * ni + i
      if (i < ni - 1) relax(at, at + 1)
      if (j < nj - 1) relax(at, at + ni)
    }
  return out
}

/**
 * How deep each foreground class lies in the foreground, in the plane of the slices: mean distance of its voxels to the
 * background over that of all foreground, class 1 first. labels: [slice][j][i]. NaN for a class that is not there.
 */
export function classDepths(labels: Uint8Array, ni: number, nj: number, classes: number): number[] {
  const sums = new Array<number>(classes).fill(0)
  for (let start = 0; start < labels.length; start += ni * nj) {
    const slice = labels.subarray(start, start + ni * nj)
    depths(slice, ni, nj).forEach((depth, n) => (sums[slice[n]!]! += depth))
  }
  const counts = countClasses(labels, classes)
  const all = sums.reduce((a, b) => a + b) / Math.max(labels.length - counts[0]!, 1)
  return sums.map((sum, c) => sum / counts[c]! / all).slice(1)
}

/** Depths of classes that differ by less say nothing of their order. */
const apartInSource = 0.2
const apartInStudy = 0.05

/**
 * Whether classes have changed places: one that lies clearly deeper than another in the source lies less deep here. A network
 * that tells tissues by their brightness names them in reverse on a scan of inverted contrast, and all its class means are
 * in order; only where the classes lie gives it away.
 */
export function isInsideOut(study: readonly number[], source: readonly number[]): boolean {
  return source.some((deeper, a) =>
    source.some((other, b) => deeper > other + apartInSource && study[a]! < study[b]! - apartInStudy),
  )
}
