import { describe, expect, it } from 'vitest'
import { createRandom } from '../volume/random.ts'
import { fft2, fft2Inverse } from './fft.ts'
import { filterSpectrum, radialSpectrum, spectrumGain } from './spectrum.ts'
import { sampled, sceneImage, size } from './testdata/prototype-scene.ts'
import stored from './testdata/prototype-values.json' with { type: 'json' }

describe('fft2', () => {
  const random = createRandom(1)
  const image = (count: number) => ({
    re: Float64Array.from({ length: count }, () => random.normal()),
    im: Float64Array.from({ length: count }, () => random.normal()),
  })

  it.each([
    [4, 6],
    [12, 7],
    [16, 11],
  ])('is the sum that defines it, %i x %i', (rows, columns) => {
    const x = image(rows * columns)
    const transformed = fft2(x, rows, columns)
    for (let u = 0; u < rows; u++)
      for (let v = 0; v < columns; v++) {
        let [re, im] = [0, 0]
        for (let r = 0; r < rows; r++)
          for (let c = 0; c < columns; c++) {
            const angle = -2 * Math.PI * ((u * r) / rows + (v * c) / columns)
            const at = r * columns + c
            re += x.re[at]! * Math.cos(angle) - x.im[at]! * Math.sin(angle)
            im += x.re[at]! * Math.sin(angle) + x.im[at]! * Math.cos(angle)
          }
        expect(transformed.re[u * columns + v]).toBeCloseTo(re, 9)
        expect(transformed.im[u * columns + v]).toBeCloseTo(im, 9)
      }
  })

  it('is undone by its inverse', () => {
    const x = image(48 * 80)
    const back = fft2Inverse(fft2(x, 48, 80), 48, 80)
    back.re.forEach((value, n) => expect(value).toBeCloseTo(x.re[n]!, 10))
    back.im.forEach((value, n) => expect(value).toBeCloseTo(x.im[n]!, 10))
  })
})

describe('spectrum match', () => {
  const slices = { data: sceneImage(), ni: size, nj: size }
  const source = Array.from({ length: size / 2 + 1 }, (_, bin) => 1e4 / (1 + bin ** 2))
  // A view of 205 mm, for which the prototype's constants hold as they are.
  const spacingMm = 204.8 / size

  it('has the spectrum of the prototype', () => {
    radialSpectrum(slices, size).forEach((power, bin) =>
      expect(power / stored.spectrum[bin]!, `bin ${bin}`).toBeCloseTo(1, 5),
    )
  })

  it('filters as the prototype does', () => {
    const gain = spectrumGain(source, radialSpectrum(slices, size), spacingMm)
    sampled(filterSpectrum(slices, gain)).forEach((value, n) => expect(value).toBeCloseTo(stored.filtered[n]!, 5))
  })

  it('leaves a scan with the spectrum of the source as it is, on any grid and for an odd number of slices', () => {
    const odd = { data: slices.data.subarray(0, 3 * size * size), ni: 2 * size, nj: size / 2 }
    const own = radialSpectrum(odd, 48)
    const gain = spectrumGain(Array.from(own), own, 2)
    gain.forEach((value) => expect(value).toBe(1))
    filterSpectrum(odd, gain).forEach((value, n) => expect(value).toBeCloseTo(odd.data[n]!, 5))
  })

  it('stays within its limits where the scan has no power at all', () => {
    const gain = spectrumGain(source, new Float64Array(size / 2 + 1), spacingMm)
    gain.forEach((value) => expect(value).toBe(1))
  })
})
