import { describe, expect, it } from 'vitest'
import { placer, scaleOf, thinned } from './scale.ts'

describe('scaleOf', () => {
  it.each([
    ['round steps around the values', [0.613, 0.921], [0.6, 0.7, 0.8, 0.9, 1], 1],
    ['differences on both sides of nothing', [-12, 31], [-20, 0, 20, 40], 0],
    ['a constant has room', [0.8, 0.8], [0.78, 0.79, 0.8, 0.81, 0.82], 2],
    ['no value at all', [], [0, 0.5, 1], 1],
    ['what is no number is left out', [NaN, 2, 6], [2, 3, 4, 5, 6], 0],
  ])('%s', (_, values, marks, digits) => {
    const scale = scaleOf(values)
    expect(scale.marks).toEqual(marks)
    expect(scale.digits).toBe(digits)
    expect([scale.low, scale.high]).toEqual([marks[0], marks.at(-1)])
  })

  it('has no mark where there can be no value', () => {
    expect(scaleOf([0.984, 0.997], 1).marks.at(-1)).toBe(1)
    expect(scaleOf([1, 1], 1).marks.at(-1)).toBe(1)
  })

  it('holds every value, whatever their size', () => {
    for (const size of [1e-4, 0.3, 7, 1234, 5e6]) {
      const values = [0.11 * size, 0.97 * size, 0.42 * size]
      const { low, high, marks } = scaleOf(values)
      expect(low).toBeLessThanOrEqual(values[0]!)
      expect(high).toBeGreaterThanOrEqual(values[1]!)
      expect(marks.length).toBeLessThanOrEqual(7)
    }
  })
})

it('places the bounds on the edges, and what lies between in proportion', () => {
  const y = placer(scaleOf([0, 1]), 200, 100)
  expect([y(0), y(0.5), y(1)]).toEqual([200, 150, 100])
})

it('thins evenly and keeps the order', () => {
  expect(thinned([1, 2, 3], 5)).toEqual([1, 2, 3])
  expect(thinned([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], 5)).toEqual([0, 2, 4, 6, 8])
})
