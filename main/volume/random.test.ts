import { describe, expect, it } from 'vitest'
import { createRandom } from './random.ts'

const draw = (seed: number, n: number): number[] => {
  const random = createRandom(seed)
  return Array.from({ length: n }, () => random.next())
}
const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length

describe('random', () => {
  it('repeats itself for a seed, and only for that seed', () => {
    expect(draw(7, 50)).toEqual(draw(7, 50))
    expect(draw(7, 50)).not.toEqual(draw(8, 50))
    expect(draw(0, 3)).not.toEqual(draw(1, 3))
  })

  it('keeps its sequence for ever: results are stored with their seeds', () => {
    expect(draw(1, 3)).toMatchInlineSnapshot(`
      [
        0.6011902722530067,
        0.3792018142994493,
        0.15294900420121849,
      ]
    `)
  })

  it('is uniform: the chi-square of 100 bins is that of chance', () => {
    const counts = new Array<number>(100).fill(0)
    for (const x of draw(3, 100_000)) counts[Math.floor(x * 100)]!++
    const chiSquare = counts.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0)
    // 99 degrees of freedom: 99.99 % of draws lie between 53 and 161.
    expect(chiSquare).toBeGreaterThan(53)
    expect(chiSquare).toBeLessThan(161)
  })

  it('is normal: first four moments, within 5 standard errors', () => {
    const random = createRandom(11)
    const x = Array.from({ length: 100_000 }, () => random.normal())
    const error = (variance: number): number => 5 * Math.sqrt(variance / x.length)
    expect(Math.abs(mean(x))).toBeLessThan(error(1))
    expect(Math.abs(mean(x.map((v) => v ** 2)) - 1)).toBeLessThan(error(2))
    expect(Math.abs(mean(x.map((v) => v ** 3)))).toBeLessThan(error(15))
    expect(Math.abs(mean(x.map((v) => v ** 4)) - 3)).toBeLessThan(error(96))
  })

  it('forks by label, whatever was drawn before', () => {
    const fresh = createRandom(5)
    const used = createRandom(5)
    used.permutation(1000)
    expect(used.fork('views').next()).toBe(fresh.fork('views').next())
    expect(fresh.fork('views').next()).not.toBe(fresh.fork('batches').next())
    expect(fresh.fork(1).fork(2).next()).not.toBe(fresh.fork(2).fork(1).next())
  })

  it('permutes: every index once, in another order', () => {
    const order = createRandom(2).permutation(500)
    expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: 500 }, (_, n) => n))
    expect(order).not.toEqual([...order].sort((a, b) => a - b))
  })

  it('stays in its bounds', () => {
    const random = createRandom(9)
    for (let n = 0; n < 1000; n++) {
      expect([0, 1, 2]).toContain(random.integer(3))
      const x = random.uniform(-2, 5)
      expect(x >= -2 && x < 5).toBe(true)
    }
  })
})
