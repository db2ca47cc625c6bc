import { solve } from './cholesky.ts'
import type { Foreground } from './foreground.ts'
import { coordinate } from './foreground.ts'

/** Coefficients of log-bias on the terms below, in their order. */
export type BiasField = Float64Array

const order = 3
/** Along k a scan has few slices, so the field is at most quadratic there. */
const orderAlongK = 2

/** Powers of z (k), y (j) and x (i) of each term: 19 of them, the constant first. */
const terms: readonly (readonly [number, number, number])[] = Array.from({ length: orderAlongK + 1 }, (_, z) =>
  Array.from({ length: order + 1 - z }, (_, y) =>
    Array.from({ length: order + 1 - z - y }, (_, x) => [z, y, x] as const),
  ).flat(),
).flat()

/** Log-bias beyond this is no coil but a mistake. */
const limit = 1.5
const confident = 0.7
const voxelsUsed = 12000
const ridge = 1e-3

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)

/** The lower of the two middle values where their number is even. */
function median(values: Float64Array): number {
  return values.toSorted()[Math.floor((values.length - 1) / 2)] ?? NaN
}

const powers = (value: number): readonly number[] => [1, value, value * value, value * value * value]

function termsAt({ x, y, z }: Foreground, n: number, out: Float64Array): void {
  const [ofX, ofY, ofZ] = [powers(x[n]!), powers(y[n]!), powers(z[n]!)]
  terms.forEach(([pz, py, px], t) => (out[t] = ofZ[pz]! * ofY[py]! * ofX[px]!))
}

/** The field along a row: coefficients of the powers of x at one y and z. */
function alongRow(field: BiasField, y: number, z: number, out: Float64Array): void {
  const [ofY, ofZ] = [powers(y), powers(z)]
  out.fill(0)
  terms.forEach(([pz, py, px], t) => (out[px]! += field[t]! * ofZ[pz]! * ofY[py]!))
}

const atX = (row: Float64Array, x: number): number => row[0]! + x * (row[1]! + x * (row[2]! + x * row[3]!))

/** Weighted least squares with a ridge; design: [sample][term]. */
function leastSquares(design: Float64Array, values: Float64Array, weights: Float64Array): Float64Array {
  const count = terms.length
  const normal = new Float64Array(count * count)
  const right = new Float64Array(count)
  let total = 0
  for (let s = 0; s < values.length; s++) {
    const weight = weights[s]!
    total += weight
    for (let t = 0; t < count; t++) {
      const weighted = weight * design[s * count + t]!
      right[t]! += weighted * values[s]!
      for (let u = 0; u <= t; u++) normal[t * count + u]! += weighted * design[s * count + u]!
    }
  }
  for (let t = 0; t < count; t++) {
    normal[t * count + t]! += ridge * total
    for (let u = 0; u < t; u++) normal[u * count + t] = normal[t * count + u]!
  }
  return solve(normal, right)
}

/**
 * Log-bias as a polynomial of order 3 (2 along k): robust weighted least squares of log(intensity / expected) on voxels that
 * are confidently (> .7) of the reference classes, two rounds, outliers weighted down (Cauchy, 1.5 median).
 * intensity: [voxel], relative to air; means: of each foreground class; reference: those classes (1 = first foreground).
 * No confident voxel: no bias (zeros). models.md section 4, "Normalisation pass".
 */
export function fitBias(
  intensity: Float32Array,
  foreground: Foreground,
  probability: Float32Array,
  means: readonly number[],
  reference: readonly number[],
): BiasField {
  const { classes } = foreground
  const chosen: number[] = []
  for (let n = 0; n < intensity.length; n++) {
    const share = reference.reduce((sum, c) => sum + probability[n * classes + c]!, 0)
    if (share > confident) chosen.push(n)
  }
  const stride = Math.max(1, Math.floor(chosen.length / voxelsUsed))
  const used = chosen.filter((_, m) => m % stride === 0)
  if (used.length === 0) return new Float64Array(terms.length)

  const design = new Float64Array(used.length * terms.length)
  const values = new Float64Array(used.length)
  const weights = new Float64Array(used.length)
  used.forEach((n, s) => {
    termsAt(foreground, n, design.subarray(s * terms.length, (s + 1) * terms.length))
    const share = reference.reduce((sum, c) => sum + probability[n * classes + c]!, 0)
    const expected =
      reference.reduce((sum, c) => sum + probability[n * classes + c]! * means[c - 1]!, 0) / (share + 1e-6)
    values[s] = clamp(Math.log(Math.max(intensity[n]!, 1e-3) / Math.max(expected, 1e-3)), -limit, limit)
    weights[s] = share
  })
  const first = leastSquares(design, values, weights)
  const residuals = values.map((value, s) => {
    let predicted = 0
    for (let t = 0; t < terms.length; t++) predicted += first[t]! * design[s * terms.length + t]!
    return value - predicted
  })
  const scale = 1.5 * median(residuals.map(Math.abs)) + 1e-3
  return leastSquares(
    design,
    values,
    weights.map((weight, s) => weight / (1 + (residuals[s]! / scale) ** 2)),
  )
}

/** Log-bias at each voxel of the foreground, not limited. */
export function biasAt(field: BiasField, { x, y, z }: Foreground): Float64Array {
  const row = new Float64Array(order + 1)
  const out = new Float64Array(x.length)
  for (let n = 0; n < out.length; n++) {
    // Voxels come row by row, so most have their row from the one before.
    if (n === 0 || y[n] !== y[n - 1] || z[n] !== z[n - 1]) alongRow(field, y[n]!, z[n]!, row)
    out[n] = atX(row, x[n]!)
  }
  return out
}

/** The field with its mean over the reference classes removed, so that undoing it keeps their brightness. */
export function centreBias(
  field: BiasField,
  foreground: Foreground,
  probability: Float32Array,
  reference: readonly number[],
): BiasField {
  const { classes } = foreground
  let total = 0
  let sum = 0
  biasAt(field, foreground).forEach((value, n) => {
    for (const c of reference) {
      total += probability[n * classes + c]!
      sum += probability[n * classes + c]! * value
    }
  })
  return total > 0 ? field.map((value, t) => (t === 0 ? value - sum / total : value)) : field
}

/** Intensities (relative to air) without the bias: divided by exp of the log-bias, which is limited to +-1.5. */
export function undoBias(intensity: Float32Array, logBias: Float64Array): Float32Array {
  return intensity.map((value, n) => value * Math.exp(-clamp(logBias[n]!, -limit, limit)))
}

/** Divides a slice [nj][ni] (relative to air) by the bias at slice k of a study of nk slices; writes into `slice`. */
export function undoBiasInSlice(slice: Float32Array, field: BiasField, ni: number, nj: number, k: number, nk: number) {
  const z = coordinate(k, nk)
  const row = new Float64Array(order + 1)
  for (let j = 0; j < nj; j++) {
    alongRow(field, coordinate(j, nj), z, row)
    for (let i = 0; i < ni; i++) {
      slice[j * ni + i]! *= Math.exp(-clamp(atX(row, coordinate(i, ni)), -limit, limit))
    }
  }
}
