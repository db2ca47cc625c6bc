import { solve } from './cholesky.ts'

/** Weights of features, and what is added to their sum. */
export type LinearModel = { readonly intercept: number; readonly weights: number[] }

export const apply = ({ intercept, weights }: LinearModel, features: readonly number[]): number =>
  weights.reduce((sum, weight, n) => sum + weight * features[n]!, intercept)

export const logistic = (value: number): number => 1 / (1 + Math.exp(-value))

/** Newton's steps until none of the numbers moves by more. */
const settled = 1e-10
const mostSteps = 100

/**
 * Logistic regression: minimises the sum of log losses + l2 / 2 |weights|^2, intercept free, by Newton's method.
 * rows: [sample][feature], finite. With one class only, that class is all but certain everywhere.
 */
export function fitLogistic(rows: readonly (readonly number[])[], isTrue: readonly boolean[], l2: number): LinearModel {
  const share = (isTrue.filter(Boolean).length + 0.5) / (isTrue.length + 1)
  const size = (rows[0]?.length ?? 0) + 1
  const start = new Float64Array(size)
  start[0] = Math.log(share / (1 - share))
  if (!isTrue.includes(true) || !isTrue.includes(false)) return asModel(start)
  let theta = start
  for (let step = 0; step < mostSteps; step++) {
    const probabilities = rows.map((row) => logistic(apply(asModel(theta), row)))
    const residuals = probabilities.map((p, n) => p - (isTrue[n] ? 1 : 0))
    const weights = probabilities.map((p) => Math.max(p * (1 - p), 1e-12))
    const gradient = penalised(rightSide(rows, residuals), theta, l2)
    const move = solve(normalMatrix(rows, weights, l2), gradient)
    theta = theta.map((value, n) => value - move[n]!)
    if (move.every((value) => Math.abs(value) < settled)) break
  }
  return asModel(theta)
}

/** Ridge regression: minimises the sum of squares + l2 |weights|^2, intercept free. rows: [sample][feature], finite. */
export function fitRidge(rows: readonly (readonly number[])[], values: readonly number[], l2: number): LinearModel {
  const weights = rows.map(() => 1)
  return asModel(solve(normalMatrix(rows, weights, l2), rightSide(rows, values)))
}

const asModel = (theta: Float64Array): LinearModel => ({
  intercept: theta[0]!,
  weights: Array.from(theta.subarray(1)),
})

/** X' W X + l2 on the diagonal but for the intercept, X with a column of ones before the features. */
function normalMatrix(rows: readonly (readonly number[])[], weights: readonly number[], l2: number): Float64Array {
  const size = (rows[0]?.length ?? 0) + 1
  const out = new Float64Array(size * size)
  rows.forEach((row, sample) => {
    const x = [1, ...row]
    for (let a = 0; a < size; a++) for (let b = 0; b < size; b++) out[a * size + b]! += weights[sample]! * x[a]! * x[b]!
  })
  for (let a = 1; a < size; a++) out[a * size + a]! += l2
  return out
}

/** X' v. */
function rightSide(rows: readonly (readonly number[])[], values: readonly number[]): Float64Array {
  const out = new Float64Array((rows[0]?.length ?? 0) + 1)
  rows.forEach((row, sample) => [1, ...row].forEach((x, n) => (out[n]! += values[sample]! * x)))
  return out
}

const penalised = (gradient: Float64Array, theta: Float64Array, l2: number): Float64Array =>
  gradient.map((value, n) => (n === 0 ? value : value + l2 * theta[n]!))
