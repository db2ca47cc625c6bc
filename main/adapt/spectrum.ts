import { fft2, fft2Inverse } from './fft.ts'
import type { Complex } from './fft.ts'

/** Slices one after the other, each [nj][ni], as in a Volume. */
export type Slices = { readonly data: Float32Array; readonly ni: number; readonly nj: number }

/** Field of view of the prototype that the constants below were found with: 128 pixels of 1.6 mm. */
const referenceViewMm = 204.8
const firstBin = 6
const lastBin = 13
const smoothingBins = 7
const gainLimits = [0.25, 1.4] as const

/** For every frequency of an [nj, ni] transform its radius, in whole cycles per `size` pixels, at most size / 2. */
function radii(ni: number, nj: number, size: number): Uint16Array {
  const frequency = (index: number, n: number): number => (index <= (n - 1) / 2 ? index : index - n) / n
  const out = new Uint16Array(ni * nj)
  for (let j = 0; j < nj; j++)
    for (let i = 0; i < ni; i++) {
      const radius = Math.hypot(frequency(i, ni), frequency(j, nj)) * size
      out[j * ni + i] = Math.min(Math.round(radius), Math.floor(size / 2))
    }
  return out
}

/** Two real slices in one complex image: the second as imaginary part. The last one may stand alone. */
function pair({ data, ni, nj }: Slices, first: number): Complex {
  const pixels = ni * nj
  const im = new Float64Array(pixels)
  im.set(data.subarray((first + 1) * pixels, (first + 2) * pixels))
  return { re: Float64Array.from(data.subarray(first * pixels, (first + 1) * pixels)), im }
}

/**
 * Radial power spectrum: mean of |F|^2 over slices and over the frequencies of equal radius, where radius counts cycles per
 * `size` pixels; size / 2 + 1 bins, the last one holds the corners too. A radius that the grid does not have is NaN.
 */
export function radialSpectrum(slices: Slices, size: number): Float64Array {
  const { data, ni, nj } = slices
  const bins = radii(ni, nj, size)
  const sums = new Float64Array(Math.floor(size / 2) + 1)
  const counts = new Float64Array(sums.length)
  for (const bin of bins) counts[bin]!++
  const count = data.length / (ni * nj)
  for (let first = 0; first < count; first += 2) {
    const { re, im } = fft2(pair(slices, first), nj, ni)
    // |F(a + ib)|^2 summed over f and -f is |F(a)|^2 + |F(b)|^2 summed over both, and both have the same radius.
    for (let n = 0; n < re.length; n++) sums[bins[n]!]! += re[n]! ** 2 + im[n]! ** 2
  }
  return sums.map((sum, bin) => sum / counts[bin]! / count)
}

/** Centred moving average; beyond its ends an array goes on with its last values. */
function smooth(values: Float64Array, width: number): Float64Array {
  const half = Math.floor(width / 2)
  const at = (n: number): number => values[Math.min(Math.max(n, 0), values.length - 1)]!
  return values.map((_, n) => {
    let sum = 0
    for (let d = -half; d <= half; d++) sum += at(n + d)
    return sum / (2 * half + 1)
  })
}

/**
 * Gain by radius that brings a study's spectrum to the source's: sqrt(source / study), 1 on average over 6-13 cycles per
 * 205 mm, smoothed over 7 of those, 1 below 6, within .25-1.4. source, study: radialSpectrum of one `size`; spacingMm: that
 * of a pixel. Radii that either lacks get gain 1. After M13 of methods.md; models.md section 4.
 */
export function spectrumGain(source: readonly number[], study: Float64Array, spacingMm: number): Float64Array {
  const perBin = ((study.length - 1) * 2 * spacingMm) / referenceViewMm
  const low = Math.round(firstBin * perBin)
  const high = Math.round((lastBin + 1) * perBin)
  const ratio = study.map((power, bin) => source[bin]! / power)
  const middle = ratio.subarray(low, high).filter(Number.isFinite)
  const level = middle.reduce((sum, value) => sum + value, 0) / middle.length
  const relative = ratio.map((value) => (Number.isFinite(value / level) ? value / level : 1))
  return smooth(relative, Math.round(smoothingBins * perBin)).map((value, bin) =>
    bin < low ? 1 : Math.min(Math.max(Math.sqrt(value), gainLimits[0]), gainLimits[1]),
  )
}

/** The slices with every frequency multiplied by the gain at its radius. gain: as spectrumGain returns it. */
export function filterSpectrum(slices: Slices, gain: Float64Array | readonly number[]): Float32Array {
  const { data, ni, nj } = slices
  const pixels = ni * nj
  const bins = radii(ni, nj, (gain.length - 1) * 2)
  const out = new Float32Array(data.length)
  for (let first = 0; first * pixels < data.length; first += 2) {
    const { re, im } = fft2(pair(slices, first), nj, ni)
    // The gain is real and even, so real and imaginary part stay apart: both slices are filtered at once.
    for (let n = 0; n < pixels; n++) {
      re[n]! *= gain[bins[n]!]!
      im[n]! *= gain[bins[n]!]!
    }
    const filtered = fft2Inverse({ re, im }, nj, ni)
    out.set(filtered.re, first * pixels)
    if ((first + 1) * pixels < data.length) out.set(filtered.im, (first + 1) * pixels)
  }
  return out
}
