import { expect, it } from 'vitest'
import { gaugeShare } from './shift.ts'

it('gives the range of the source its place, and stays on the gauge however far a scan is', () => {
  expect(gaugeShare(-1)).toBe(0)
  expect(gaugeShare(0)).toBe(0)
  expect(gaugeShare(1)).toBeCloseTo(0.4, 12)
  expect(gaugeShare(1 + 1e-9)).toBeCloseTo(0.4, 6)
  const shares = [0, 0.5, 1, 1.5, 2, 5, 50, 1e9].map(gaugeShare)
  expect(shares).toEqual(shares.toSorted((a, b) => a - b))
  expect(Math.max(...shares)).toBeLessThanOrEqual(1)
})
