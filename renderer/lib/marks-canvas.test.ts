import { expect, it } from 'vitest'
import { scaleBarMm, scaleBarText } from './marks-canvas.ts'

it.each([
  // pixels per mm, longest bar in pixels, mm, text
  [1, 140, 100, '10 cm'],
  [2, 140, 50, '5 cm'],
  [4, 140, 20, '2 cm'],
  [10, 140, 10, '1 cm'],
  [20, 140, 5, '5 mm'],
  [100, 140, 1, '1 mm'],
  [0.1, 140, 1000, '100 cm'],
])('at %d pixels per mm and %d pixels the bar is %d mm', (pixelsPerMm, longest, mm, text) => {
  expect(scaleBarMm(pixelsPerMm, longest)).toBeCloseTo(mm, 9)
  expect(scaleBarText(mm)).toBe(text)
  expect(mm * pixelsPerMm).toBeLessThanOrEqual(longest)
})
