import { expect, it } from 'vitest'
import { confidence, confidenceWeights } from './intent.ts'

/** The vector of methods.md 1.9: three blends of a network with one class against background. */
const blends = [
  [0.9, 0.2, 0.6, 0.05],
  [0.7, 0.4, 0.3, 0.1],
  [0.95, 0.05, 0.9, 0.02],
]
const asClasses = (foreground: readonly number[]): Float32Array =>
  Float32Array.from(foreground.flatMap((p) => [1 - p, p]))

it('scores and mixes blends as published', () => {
  const scores = blends.map((foreground) => confidence(asClasses(foreground), 2))
  ;[-0.612068, -0.827518, -0.295808].forEach((score, n) => expect(scores[n]).toBeCloseTo(score, 5))
  const weights = confidenceWeights(scores, 1)
  ;[0.287397, 0.191648, 0.520954].forEach((weight, n) => expect(weights[n]).toBeCloseTo(weight, 5))
  const mixed = [0, 1, 2, 3].map((pixel) => blends.reduce((sum, p, n) => sum + weights[n]! * p[pixel]!, 0))
  ;[0.887718, 0.160187, 0.698792, 0.043954].forEach((value, n) => expect(mixed[n]).toBeCloseTo(value, 5))
})

it('scores an empty foreground by all pixels, and weighs equal scores alike', () => {
  const empty = [0.1, 0.2]
  const entropy = (p: number): number => -(p * Math.log2(p) + (1 - p) * Math.log2(1 - p))
  expect(confidence(asClasses(empty), 2)).toBeCloseTo(-(entropy(0.1) + entropy(0.2)) / 2, 5)
  expect(confidenceWeights([-0.5, -0.5], 1)).toEqual([0.5, 0.5])
})
