import type { Slices } from './spectrum.ts'

/**
 * A prompt scales the amplitude of a slice's lowest frequencies (VPTTA, Chen et al., CVPR 2024, arXiv:2311.18363): gains of a
 * square window around frequency 0, the same for a frequency and its opposite so that slices stay real. A slice is linear in
 * them: x' = x + sum (gain - 1) B, where B is the part of x that has this frequency.
 */

/** One of each pair of opposite frequencies (cycles per slice along j, i) of a window of this odd size, 0 first. */
export function promptFrequencies(size: number): (readonly [number, number])[] {
  const reach = (size - 1) / 2
  const found: (readonly [number, number])[] = []
  for (let v = 0; v <= reach; v++) for (let u = v === 0 ? 0 : -reach; u <= reach; u++) found.push([v, u])
  return found
}

const sizeOf = (gains: readonly number[]): number => Math.round(Math.sqrt(2 * gains.length - 1))

/** B of each frequency: [slice][j][i][frequency]. */
export function frequencyParts({ data, ni, nj }: Slices, size: number): Float32Array {
  const frequencies = promptFrequencies(size)
  const pixels = ni * nj
  const out = new Float32Array(data.length * frequencies.length)
  frequencies.forEach(([v, u], f) => {
    const cos = new Float64Array(pixels)
    const sin = new Float64Array(pixels)
    for (let n = 0; n < pixels; n++) {
      const angle = 2 * Math.PI * ((u * (n % ni)) / ni + (v * Math.floor(n / ni)) / nj)
      cos[n] = Math.cos(angle)
      sin[n] = Math.sin(angle)
    }
    const both = (u === 0 && v === 0 ? 1 : 2) / pixels
    for (let start = 0; start < data.length; start += pixels) {
      let [re, im] = [0, 0]
      for (let n = 0; n < pixels; n++) {
        re += data[start + n]! * cos[n]!
        im += data[start + n]! * sin[n]!
      }
      for (let n = 0; n < pixels; n++) out[(start + n) * frequencies.length + f] = both * (re * cos[n]! + im * sin[n]!)
    }
  })
  return out
}

/** The slices under a prompt; in a new array. */
export function promptSlices(slices: Slices, gains: readonly number[]): Float32Array {
  const parts = frequencyParts(slices, sizeOf(gains))
  return slices.data.map((value, n) =>
    gains.reduce((sum, gain, f) => sum + (gain - 1) * parts[n * gains.length + f]!, value),
  )
}
