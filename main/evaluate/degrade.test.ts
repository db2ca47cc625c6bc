import { expect, test } from 'vitest'
import { apply } from '../volume/affine.ts'
import { createRandom } from '../volume/random.ts'
import type { LabelMap, Volume } from '../volume/volume.ts'
import { blurred, degradations, thicker, thickerLabels, withBias, withGamma, withNoise } from './degrade.ts'

const affine = [2, 0, 0, -20, 0, 1, 0, 5, 0, 0, 1.5, 30, 0, 0, 0, 1]
const flat = (value: number): Volume => ({ shape: [40, 40, 7], affine, data: new Float32Array(11200).fill(value) })

test('noise on air has the mean of a Rayleigh distribution, on bright signal the spread that was asked for', () => {
  const data = Float32Array.from({ length: 11200 }, (_, n) => (n % 2 ? 100 : 0))
  const { data: noisy } = withNoise({ ...flat(0), data }, 0.05, createRandom(1))
  const mean = (values: Float32Array): number => values.reduce((sum, value) => sum + value, 0) / values.length
  const air = noisy.filter((_, n) => n % 2 === 0)
  const signal = noisy.filter((_, n) => n % 2 === 1)
  expect(Math.abs(mean(air) - 5 * Math.sqrt(Math.PI / 2))).toBeLessThan(0.15)
  const sd = Math.sqrt(mean(signal.map((value) => (value - mean(signal)) ** 2)))
  expect(Math.abs(sd - 5)).toBeLessThan(0.2)
})

test('blur keeps a flat image, and spreads a point by its width in mm along both axes', () => {
  expect(blurred(flat(3), 4).data.every((value) => Math.abs(value - 3) < 1e-5)).toBe(true)
  const point = flat(0)
  const centre = 20 + 40 * (20 + 40 * 3)
  point.data[centre] = 1
  const { data } = blurred(point, 6)
  // Half the height at half the full width: 3 mm are 3 rows, or 1.5 columns of 2 mm.
  expect(data[centre + 3 * 40]! / data[centre]!).toBeCloseTo(0.5, 2)
  const between = Math.sqrt(data[centre + 1]! * data[centre + 2]!) / data[centre]!
  expect(between).toBeCloseTo(2 ** -((1 + 4) / 2 / 1.5 ** 2), 2)
  expect(data.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 4)
  expect(data[centre + 1600]).toBe(0)
})

test('bias is as many times brighter at one end as asked for, gamma leaves the bright end where it is', () => {
  const { data } = withBias(flat(1), 4, createRandom(2))
  const [low, high] = [Math.min(...data.subarray(0, 1600)), Math.max(...data.subarray(0, 1600))]
  expect(high / low).toBeGreaterThan(4)
  expect(high / low).toBeLessThanOrEqual(4 ** Math.SQRT2 + 1e-6)
  const ramp = { ...flat(0), data: Float32Array.from({ length: 11200 }, (_, n) => n % 101) }
  const bent = withGamma(ramp, 0.5)
  expect(bent.data[100]! / 100).toBeCloseTo(1, 1)
  expect(bent.data[25]! / bent.data[100]!).toBeCloseTo(0.5, 6)
})

test('thick slices are means of thin ones, lie where these lay, and take the label of most', () => {
  const data = Float32Array.from({ length: 11200 }, (_, n) => Math.floor(n / 1600))
  const thick = thicker({ ...flat(0), data }, 3)
  expect(thick.shape).toEqual([40, 40, 2])
  expect([thick.data[0], thick.data[1600]]).toEqual([1, 4])
  // The middle of slices 3, 4, 5.
  apply(thick.affine, [7, 9, 1]).forEach((mm, axis) => expect(mm).toBeCloseTo(apply(affine, [7, 9, 4])[axis]!, 9))
  const labels: LabelMap = { ...flat(0), data: Uint8Array.from(data, (k) => [1, 2, 2, 3, 1, 2, 0][k]!) }
  const majority = thickerLabels(labels, 3)
  expect([majority.data[0], majority.data[1600]]).toEqual([2, 1])
})

test('the levels of a degradation differ in strength alone: the same random numbers at each', () => {
  const { apply: degrade, levels } = degradations.bias
  const brightest = levels.map((level) => {
    const { data } = degrade(flat(1), level, createRandom(9))
    return data.indexOf(Math.max(...data))
  })
  expect(new Set(brightest).size).toBe(1)
})
