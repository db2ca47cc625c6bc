import { describe, expect, it } from 'vitest'
import { createRandom } from '../volume/random.ts'
import { denoise, denoiseSlice } from './denoise.ts'
import { brightOf, noiseFrom, secondDifferences } from './noise.ts'

/** A square of side 24 and height 1 in the middle of 48 x 48 pixels. */
const square = (n: number): number =>
  Math.abs((n % 48) - 23.5) < 12 && Math.abs(Math.floor(n / 48) - 23.5) < 12 ? 1 : 0
const flat = Float32Array.from({ length: 48 * 48 }, (_, n) => square(n))

function noisy(sd: number): Float32Array {
  const random = createRandom(3)
  return flat.map((value) => value + sd * random.normal())
}

const spread = (values: number[]): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}
/** Well within the square, where nothing but noise varies. */
const inside = (data: Float32Array): number[] =>
  [...data].filter((_, n) => Math.abs((n % 48) - 23.5) < 9 && Math.abs(Math.floor(n / 48) - 23.5) < 9)

describe('total variation', () => {
  it('takes most of the noise and keeps the edge in its place', () => {
    const out = denoiseSlice(noisy(0.1), 48, 0.1)
    expect(spread(inside(out))).toBeLessThan(0.04)
    for (let j = 14; j < 34; j++) {
      expect(out[j * 48 + 10]!).toBeLessThan(0.3)
      expect(out[j * 48 + 13]!).toBeGreaterThan(0.7)
    }
  })

  it('lowers a small disc by weight x perimeter / area (its closed form), all else the same', () => {
    const radius = 4
    const disc = Float32Array.from({ length: 64 * 64 }, (_, n) =>
      Math.hypot((n % 64) - 31.5, Math.floor(n / 64) - 31.5) < radius ? 1 : 0,
    )
    const weight = 0.2
    const out = denoiseSlice(disc, 64, weight)
    // 2 weight / radius; differences of neighbours overstate a slanted edge's length a little.
    expect(out[32 * 64 + 32]!).toBeGreaterThan(1 - 1.3 * ((2 * weight) / radius))
    expect(out[32 * 64 + 32]!).toBeLessThan(1 - 0.7 * ((2 * weight) / radius))
  })

  it('keeps the mean of a slice, and does each slice by itself', () => {
    const [one, two] = [noisy(0.1), noisy(0.3)]
    const mean = (data: Float32Array): number => data.reduce((sum, value) => sum + value, 0) / data.length
    expect(mean(denoiseSlice(one, 48, 0.2))).toBeCloseTo(mean(one), 4)
    const both = Float32Array.from([...one, ...two])
    const out = denoise({ shape: [48, 48, 2], affine: [], data: both } as never, 0.2)
    expect(out.subarray(0, one.length)).toEqual(denoiseSlice(one, 48, 0.2))
    expect(out.subarray(one.length)).toEqual(denoiseSlice(two, 48, 0.2))
  })
})

describe('noise', () => {
  it.each([0.05, 0.2])('of sd %f is found in what is bright', (sd) => {
    const volume = { shape: [48, 48, 1] as const, affine: [] as never, data: noisy(sd).map((v) => v - 0.5) }
    expect(noiseFrom(secondDifferences(volume, brightOf(volume)))).toBeCloseTo(sd, 1)
  })

  it('is not told where nothing is bright', () => {
    const volume = { shape: [48, 48, 1] as const, affine: [] as never, data: new Float32Array(48 * 48) }
    expect(noiseFrom(secondDifferences(volume, brightOf(volume)))).toBeNaN()
  })
})
