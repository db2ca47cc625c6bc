import { describe, expect, it } from 'vitest'
import { boxOf, lanesOf, limitsOfAgreement } from './spread.ts'

describe('boxOf', () => {
  it('is what R and numpy say by default', () => {
    expect(boxOf([7, 1, 3, 5])).toEqual({ min: 1, q1: 2.5, median: 4, q3: 5.5, max: 7 })
    expect(boxOf([2, 4, 4, 5, 9])).toEqual({ min: 2, q1: 4, median: 4, q3: 5, max: 9 })
  })
  it('of one value is that value, of none is none', () => {
    expect(boxOf([3])).toEqual({ min: 3, q1: 3, median: 3, q3: 3, max: 3 })
    expect(boxOf([])).toBeUndefined()
  })
})

describe('lanesOf', () => {
  it('leaves points with room in the middle', () => expect(lanesOf([0, 10, 20], 5, 2)).toEqual([0, 0, 0]))
  it('moves those that would lie on each other to both sides', () =>
    expect(lanesOf([10, 10, 10], 5, 2)).toEqual([0, 1, -1]))
  it('comes back to the middle where there is room again', () =>
    expect(lanesOf([0, 1, 2, 7], 5, 1)).toEqual([0, 1, -1, 0]))
  it('shares lanes in a crowd', () =>
    expect(lanesOf([1, 1, 1, 1], 5, 1).every((lane) => Math.abs(lane) <= 1)).toBe(true))
})

describe('limitsOfAgreement', () => {
  it('has the bias in the middle and 1.96 standard deviations on both sides', () => {
    const { bias, low, high } = limitsOfAgreement([1, 2, 3])!
    expect(bias).toBe(2)
    expect(high - bias).toBeCloseTo(1.96, 12)
    expect(bias - low).toBeCloseTo(1.96, 12)
  })
  it('needs two', () => expect(limitsOfAgreement([1])).toBeUndefined())
})
