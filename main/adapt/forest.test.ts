import { describe, expect, it } from 'vitest'
import { createRandom } from '../volume/random.ts'
import { contributionsOf, growForest, predictForest } from './forest.ts'

const random = createRandom(5)
/** What the third tells is nothing. */
const rows = Array.from({ length: 400 }, () => [random.uniform(-1, 1), random.uniform(-1, 1), random.uniform(-1, 1)])
const truth = ([a, b]: readonly number[]): number => (a! > 0.2 ? 1 + b! : -1)
const values = rows.map(truth)
const settings = { trees: 100, tried: 0.67, leastSamples: 1 }

describe('a forest', () => {
  const forest = growForest({ rows, values }, settings, createRandom(1))

  it('knows what it grew from, and has learnt steps and products that no linear model has', () => {
    rows.forEach((row, n) => expect(predictForest(forest, row)).toBeCloseTo(values[n]!, 9))
    const others = Array.from({ length: 200 }, () => [random.uniform(-1, 1), random.uniform(-1, 1), 0])
    const off = others.map((row) => (predictForest(forest, row) - truth(row)) ** 2)
    // A linear model leaves a third of the variance, which is about 1.
    expect(off.reduce((sum, one) => sum + one, 0) / off.length).toBeLessThan(0.05)
  })

  it('accounts for its predictions feature by feature', () => {
    const mean = values.reduce((sum, one) => sum + one, 0) / values.length
    const high = contributionsOf(forest, [0.8, 0.9, 0.5])
    expect(mean + high[0]! + high[1]! + high[2]!).toBeCloseTo(predictForest(forest, [0.8, 0.9, 0.5]), 9)
    expect(high[0]!).toBeGreaterThan(0.5)
    expect(high[1]!).toBeGreaterThan(0.3)
    expect(Math.abs(high[2]!)).toBeLessThan(0.1)
  })

  it('is the same from the same seed, and leaves no fewer samples in a leaf than asked', () => {
    const again = growForest({ rows, values }, settings, createRandom(1))
    expect(again).toEqual(forest)
    expect(growForest({ rows, values }, settings, createRandom(2))).not.toEqual(forest)
    const few = { rows: rows.slice(0, 25), values: values.slice(0, 25) }
    const shallow = growForest(few, { trees: 30, tried: 1, leastSamples: 10 }, createRandom(1))
    for (const tree of shallow) {
      const leaves = few.rows.map((row) => predictForest([tree], row))
      for (const leaf of new Set(leaves))
        expect(leaves.filter((value) => value === leaf).length).toBeGreaterThanOrEqual(10)
    }
    expect(new Set(few.rows.map((row) => predictForest(shallow, row))).size).toBeGreaterThan(1)
  })

  it('does not split what cannot be told apart', () => {
    const same = growForest({ rows: [[1, 2], [1, 2]], values: [0, 1] }, settings, createRandom(1)) // prettier-ignore
    expect(predictForest(same, [5, 5])).toBe(0.5)
  })
})
