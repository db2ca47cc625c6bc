import { expect, it } from 'vitest'
import { createRandom } from '../volume/random.ts'
import { bcaInterval, correctedInterval } from './bootstrap.ts'
import { normalCdf, normalQuantile } from './normal.ts'
import { holm, mean, median, quantile } from './statistics.ts'
import references from './statistics.reference.json' with { type: 'json' }
import { signedRank } from './wilcoxon.ts'

it.each(references.wilcoxon)("Wilcoxon's p of $name is SciPy's", ({ differences, p }) => {
  expect(signedRank(differences).p).toBeCloseTo(p, 12)
  // It does not matter which came first.
  expect(signedRank(differences.map((value) => -value)).p).toBeCloseTo(p, 12)
})

it('the effect is 1 where all rise, -1 where all fall, 0 where nothing differs', () => {
  expect(signedRank([0.1, 0.2, 0.3])).toEqual({ pairs: 3, p: 0.25, effect: 1 })
  expect(signedRank([-0.1, -0.2]).effect).toBe(-1)
  expect(signedRank([0, 0])).toEqual({ pairs: 0, p: NaN, effect: 0 })
})

it.each(references.bootstrap)("the BCa interval of a $statistic is SciPy's on its own draws", (reference) => {
  const statistic = reference.statistic === 'median' ? median : mean
  const { values, drawn, low, high } = reference
  const jackknife = values.map((_, left) => statistic(values.filter((_, other) => other !== left)))
  const interval = correctedInterval(statistic(values), drawn, jackknife, 0.95)
  // Rounding in the order of a sum decides whether a drawn mean ties with the estimate; medians have no such doubt.
  const digits = reference.statistic === 'median' ? 9 : 4
  expect(interval.low).toBeCloseTo(low, digits)
  expect(interval.high).toBeCloseTo(high, digits)
  const own = bcaInterval(values, statistic, createRandom(3))!
  expect(Math.abs(own.low - low)).toBeLessThan(0.006)
  expect(Math.abs(own.high - high)).toBeLessThan(0.006)
})

it('an interval needs two cases, is a point for equal ones, and is the same for the same seed', () => {
  expect(bcaInterval([0.9], median, createRandom(0))).toBeUndefined()
  expect(bcaInterval([0.9, 0.9, 0.9], median, createRandom(0))).toEqual({ low: 0.9, high: 0.9 })
  const values = [0.5, 0.7, 0.72, 0.9, 0.3]
  expect(bcaInterval(values, median, createRandom(5))).toEqual(bcaInterval(values, median, createRandom(5)))
})

it.each(references.normal)('the normal distribution at $x', ({ x, cdf }) => {
  expect(Math.abs(normalCdf(x) / cdf - 1)).toBeLessThan(1e-8)
  if (Math.abs(x) < 5) expect(normalQuantile(cdf)).toBeCloseTo(x, 9)
})

it("quantiles are NumPy's, Holm's p-values are those worked out by hand", () => {
  expect([0, 0.25, 0.5, 1].map((share) => quantile([3, 1, 4, 1], share))).toEqual([1, 1, 2, 4])
  expect(median([])).toBeNaN()
  const corrected = holm([0.01, 0.04, NaN, 0.03, 0.005])
  expect(corrected[2]).toBeNaN()
  ;[0.03, 0.06, 0, 0.06, 0.02].forEach((p, n) => expect(corrected[n] || 0).toBeCloseTo(p, 12))
})
