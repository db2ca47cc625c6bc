import { expect, it } from 'vitest'
import { alignedData, valueRange } from './curve-plot.ts'

it('keeps limits in the picture, and gives a constant room', () => {
  const [from, to] = valueRange(-0.0001, 0.002, [{ value: -0.01, harmIs: 'below' }])
  expect(from).toBeLessThan(-0.01)
  expect(to).toBeGreaterThan(0.002)
  const [low, high] = valueRange(0.97, 0.97, [])
  expect(low).toBeLessThan(0.97)
  expect(high).toBeGreaterThan(0.97)
  expect(valueRange(null, null, [])).toEqual([0, 1])
})

it('gives the steps first, then one row of values a curve', () => {
  const set = { title: '', meaning: '', steps: [3, 4], curves: [{ name: 'a', values: [1, null] }], limits: [] }
  expect(alignedData(set)).toEqual([
    [3, 4],
    [1, null],
  ])
})
