import { expect, it } from 'vitest'
import { medianInterval } from './bootstrap.ts'
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

it.each(references.bootstrap)("the BCa interval of $name is SciPy's from a million resamples", (reference) => {
  const interval = medianInterval(reference.values)!
  expect(interval.low).toBeCloseTo(reference.low, 9)
  expect(interval.high).toBeCloseTo(reference.high, 9)
  // Where the values stand does not matter.
  expect(medianInterval(reference.values.toReversed())).toEqual(interval)
})

it.each([2, 3, 4, 5, 6])('the interval of %d cases is that of all their resamples, one by one', (n) => {
  const values = [0.5, 0.75, 1, 0.25, 4, 1.5].slice(0, n)
  const all = Array.from({ length: n ** n }, (_, code) =>
    median(values.map((_, draw) => values[Math.floor(code / n ** draw) % n]!)),
  ).sort((a, b) => a - b)
  const estimate = median(values)
  const below = all.filter((one) => one < estimate).length + all.filter((one) => one === estimate).length / 2
  const bias = normalQuantile(below / all.length)
  const left = values.map((_, out) => median(values.filter((_, other) => other !== out)))
  const cubes = left.reduce((sum, one) => sum + (mean(left) - one) ** 3, 0)
  const squares = left.reduce((sum, one) => sum + (mean(left) - one) ** 2, 0)
  const acceleration = cubes / (6 * squares ** 1.5)
  const at = (tail: number): number => {
    const z = bias + normalQuantile(tail)
    return all[Math.ceil(all.length * normalCdf(bias + z / (1 - acceleration * z))) - 1]!
  }
  const { low, high } = medianInterval(values)!
  expect(low).toBeCloseTo(at(0.025), 12)
  expect(high).toBeCloseTo(at(0.975), 12)
})

it('an interval needs two cases, is a point for equal ones, and holds for many', () => {
  expect(medianInterval([0.9])).toBeUndefined()
  expect(medianInterval([0.9, 0.9, 0.9])).toEqual({ low: 0.9, high: 0.9 })
  const uniform = (n: number): number[] => Array.from({ length: n }, (_, k) => (k + 0.5) / n)
  // The binomial law of ranks: half a width of 1.96 / (2 sqrt(n)).
  for (const n of [2000, 10_000, 10_001]) {
    const { low, high } = medianInterval(uniform(n))!
    expect(low).toBeCloseTo(0.5 - 0.98 / Math.sqrt(n), 3)
    expect(high).toBeCloseTo(0.5 + 0.98 / Math.sqrt(n), 3)
  }
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
