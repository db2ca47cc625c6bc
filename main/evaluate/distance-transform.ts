import type { Shape, Vector } from '../volume/volume.ts'

/**
 * Squared distance in mm^2 from every voxel to the nearest site (a voxel that is not 0), exact, with its own spacing along
 * each axis. Without any site: Infinity everywhere.
 * Lower envelope of parabolas, axis by axis: Felzenszwalb and Huttenlocher, Theory of Computing 8 (2012), section 2.
 */
export function squaredDistances(sites: Uint8Array, shape: Shape, spacing: Vector): Float64Array {
  const [ni, nj, nk] = shape
  const distances = new Float64Array(sites.length)
  for (let row = 0; row < sites.length; row += ni) alongRow(sites, distances, row, ni, spacing[0])
  const envelope = createEnvelope(Math.max(nj, nk))
  for (let k = 0; k < nk && nj > 1; k++)
    for (let i = 0; i < ni; i++) envelope(distances, i + ni * nj * k, ni, nj, spacing[1])
  for (let n = 0; n < ni * nj && nk > 1; n++) envelope(distances, n, ni * nj, nk, spacing[2])
  return distances
}

/** Along i the nearest site is the last one seen from either side. */
function alongRow(sites: Uint8Array, out: Float64Array, row: number, n: number, mm: number): void {
  let steps = Infinity
  for (let i = row; i < row + n; i++) out[i] = steps = sites[i] ? 0 : steps + 1
  steps = Infinity
  for (let i = row + n - 1; i >= row; i--) {
    steps = sites[i] ? 0 : steps + 1
    const least = Math.min(steps, out[i]!) * mm
    out[i] = least * least
  }
}

/**
 * Makes min over q of (mm (p - q))^2 + f(q) of a line f, in place; the buffers are shared between lines. In units of mm^2 the
 * parabolas v and q > v meet at (g(q) - g(v)) / 2 (q - v), with g(q) = f(q) + q^2; the halves are looked up, not divided.
 */
function createEnvelope(longest: number) {
  const f = new Float64Array(longest)
  const vertex = new Int32Array(longest)
  /** Parabola n is the lowest from start[n] on. */
  const start = new Float64Array(longest)
  const half = Float64Array.from({ length: longest }, (_, n) => 0.5 / n)
  return (line: Float64Array, first: number, stride: number, n: number, mm: number): void => {
    const unit = mm * mm
    let last = -1
    for (let q = 0, at = first; q < n; q++, at += stride) {
      const value = line[at]! / unit
      if (value === Infinity) continue
      f[q] = value
      let from = -Infinity
      while (last >= 0) {
        const v = vertex[last]!
        from = (value + q * q - f[v]! - v * v) * half[q - v]!
        if (from > start[last]!) break
        last--
        from = -Infinity
      }
      vertex[++last] = q
      start[last] = from
    }
    if (last < 0) return
    let lowest = 0
    for (let p = 0, at = first; p < n; p++, at += stride) {
      while (lowest < last && start[lowest + 1]! < p) lowest++
      const v = vertex[lowest]!
      line[at] = unit * ((p - v) * (p - v) + f[v]!)
    }
  }
}
