import { describe, expect, it } from 'vitest'
import { createRandom } from '../volume/random.ts'
import { fft2 } from './fft.ts'
import { frequencyParts, promptFrequencies, promptSlices } from './prompt.ts'

const [ni, nj] = [12, 10]
const random = createRandom(2)
const data = Float32Array.from({ length: 2 * ni * nj }, () => random.normal())

describe('a prompt', () => {
  it('has a gain for each pair of opposite frequencies of its window', () => {
    expect(promptFrequencies(1)).toEqual([[0, 0]])
    expect(promptFrequencies(5).length).toBe(13)
  })

  it('multiplies those frequencies and no others', () => {
    const gains = promptFrequencies(3).map((_, n) => 0.5 + 0.3 * n)
    const prompted = promptSlices({ data, ni, nj }, gains)
    const spectrum = (of: Float32Array) =>
      fft2({ re: Float64Array.from(of.subarray(0, ni * nj)), im: new Float64Array(ni * nj) }, nj, ni)
    const [before, after] = [spectrum(data), spectrum(prompted)]
    const gainAt = new Map<number, number>()
    promptFrequencies(3).forEach(([v, u], f) => {
      for (const sign of [1, -1]) gainAt.set(((sign * v + nj) % nj) * ni + ((sign * u + ni) % ni), gains[f]!)
    })
    for (let n = 0; n < ni * nj; n++) {
      expect(after.re[n]).toBeCloseTo(before.re[n]! * (gainAt.get(n) ?? 1), 3)
      expect(after.im[n]).toBeCloseTo(before.im[n]! * (gainAt.get(n) ?? 1), 3)
    }
  })

  it('of ones changes nothing, and the part of frequency 0 is the mean', () => {
    expect(promptSlices({ data, ni, nj }, new Array<number>(13).fill(1))).toEqual(data)
    const mean = data.subarray(0, ni * nj).reduce((a, b) => a + b) / (ni * nj)
    expect(frequencyParts({ data, ni, nj }, 1)[5]).toBeCloseTo(mean, 5)
  })
})
