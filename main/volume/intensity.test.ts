import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clip, foreground, percentile, standardize } from './intensity.ts'
import { createRandom } from './random.ts'

/** NumPy's definition, by sorting. */
function byDefinition(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const position = (p / 100) * (sorted.length - 1)
  const low = Math.floor(position)
  const upper = sorted[Math.min(low + 1, sorted.length - 1)]!
  return sorted[low]! + (upper - sorted[low]!) * (position - low)
}

describe('percentile', () => {
  it('is the sorted one, for any sign and size of values', () => {
    const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: Math.fround(-1e30), max: Math.fround(1e30) }), { minLength: 1, maxLength: 60 }) // prettier-ignore
    fc.assert(
      fc.property(values, fc.double({ min: 0, max: 100, noNaN: true }), (x, p) => {
        expect(percentile(Float32Array.from(x), p)).toBeCloseTo(byDefinition(x, p), 6)
      }),
    )
  })

  it('of the first 101 numbers is the number', () => {
    const ramp = Float32Array.from({ length: 101 }, (_, n) => 100 - n)
    for (const p of [0, 1, 37, 99, 100]) expect(percentile(ramp, p)).toBe(p)
    expect(percentile(ramp, 12.5)).toBe(12.5)
  })

  it('works on a part of a larger buffer', () => {
    expect(percentile(Float32Array.of(900, 1, 2, 3, 900).subarray(1, 4), 50)).toBe(2)
  })

  it('of nothing is not a number', () => {
    expect(percentile(new Float32Array(0), 50)).toBeNaN()
  })
})

describe('foreground', () => {
  it('finds the mean and spread of tissue in a scan that is mostly air', () => {
    const random = createRandom(4)
    const scan = Float32Array.from({ length: 200_000 }, (_, n) =>
      n % 3 ? 2 * random.next() : 100 + 15 * random.normal(),
    )
    const { mean, sd, count } = foreground(scan, 0.1)
    expect(count).toBe(Math.ceil(200_000 / 3))
    // Standard errors: 0.06 and 0.04.
    expect(Math.abs(mean - 100)).toBeLessThan(0.3)
    expect(Math.abs(sd - 15)).toBeLessThan(0.2)
  })

  it('does not depend on the unit of the scan', () => {
    const random = createRandom(6)
    const scan = Float32Array.from({ length: 5000 }, () => Math.abs(random.normal()) * 300)
    const tenfold = Float32Array.from(scan, (x) => x * 1024)
    const [a, b] = [foreground(scan, 0.1), foreground(tenfold, 0.1)]
    expect(standardize(tenfold, b.mean, b.sd)).toEqual(standardize(scan, a.mean, a.sd))
  })

  it.each([
    ['nothing', []],
    ['zeros', [0, 0, 0]],
  ])('of %s leaves the values alone', (_, values) => {
    const { mean, sd } = foreground(Float32Array.from(values), 0.1)
    expect([mean, sd]).toEqual([0, 1])
  })
})

it('clips and standardizes into new arrays', () => {
  const x = Float32Array.of(-10, 0, 4, 40)
  expect([...clip(x, -1, 5)]).toEqual([-1, 0, 4, 5])
  expect([...standardize(x, 2, 2, -4, 6)]).toEqual([-4, -1, 1, 6])
  expect([...x]).toEqual([-10, 0, 4, 40])
})
