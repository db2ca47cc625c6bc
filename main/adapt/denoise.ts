import type { Volume } from '../volume/volume.ts'

/** Rounds of the projection: enough for noise and small detail; across wide flat regions it has not settled, and need not. */
const rounds = 25
/** The greatest step with which Chambolle's projection was proven to converge in practice. */
const step = 0.25

/** u = f + weight div p, p: [nj][ni] along i and j. */
function primal(f: Float32Array, p: Float32Array, q: Float32Array, ni: number, weight: number, u: Float32Array): void {
  for (let n = 0, i = 0; n < f.length; n++, i++) {
    if (i === ni) i = 0
    const divergence = p[n]! + q[n]! - (i > 0 ? p[n - 1]! : 0) - (n >= ni ? q[n - ni]! : 0)
    u[n] = f[n]! + weight * divergence
  }
}

/**
 * A slice [nj][ni] without its noise and with its edges: minimises |u - slice|^2 / (2 weight) + total variation of u. weight:
 * in units of intensity; a region's border keeps its place and loses weight x perimeter / area of its contrast. Chambolle,
 * J. Math. Imaging Vis. 2004, the projection in its semi-implicit form.
 */
export function denoiseSlice(slice: Float32Array, ni: number, weight: number): Float32Array {
  const [p, q, u] = [0, 0, 0].map(() => new Float32Array(slice.length)) as [Float32Array, Float32Array, Float32Array]
  for (let round = 0; round < rounds; round++) {
    primal(slice, p, q, ni, weight, u)
    for (let n = 0, i = 0; n < slice.length; n++, i++) {
      if (i === ni) i = 0
      const a = p[n]! + (i + 1 < ni ? (step / weight) * (u[n + 1]! - u[n]!) : 0)
      const b = q[n]! + (n + ni < slice.length ? (step / weight) * (u[n + ni]! - u[n]!) : 0)
      const square = a * a + b * b
      const length = square > 1 ? Math.sqrt(square) : 1
      p[n] = a / length
      q[n] = b / length
    }
  }
  primal(slice, p, q, ni, weight, u)
  return u
}

/** Every slice by itself. */
export function denoise({ shape: [ni, nj], data }: Volume, weight: number): Float32Array {
  const out = new Float32Array(data.length)
  for (let at = 0; at < data.length; at += ni * nj)
    out.set(denoiseSlice(data.subarray(at, at + ni * nj), ni, weight), at)
  return out
}
