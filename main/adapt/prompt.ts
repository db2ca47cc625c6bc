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

type Wave = { readonly cos: Float64Array; readonly sin: Float64Array; readonly isMean: boolean }

/** Each frequency over a slice. */
function wavesOf(ni: number, nj: number, size: number): Wave[] {
  return promptFrequencies(size).map(([v, u]) => {
    const angle = (n: number): number => 2 * Math.PI * ((u * (n % ni)) / ni + (v * Math.floor(n / ni)) / nj)
    const over = (f: (angle: number) => number): Float64Array =>
      Float64Array.from({ length: ni * nj }, (_, n) => f(angle(n)))
    return { cos: over(Math.cos), sin: over(Math.sin), isMean: u === 0 && v === 0 }
  })
}

/** B of each frequency: [slice][j][i][frequency]. */
export function frequencyParts({ data, ni, nj }: Slices, size: number, waves = wavesOf(ni, nj, size)): Float32Array {
  const pixels = ni * nj
  const out = new Float32Array(data.length * waves.length)
  waves.forEach(({ cos, sin, isMean }, f) => {
    const both = (isMean ? 1 : 2) / pixels
    for (let start = 0; start < data.length; start += pixels) {
      let [re, im] = [0, 0]
      for (let n = 0; n < pixels; n++) {
        re += data[start + n]! * cos[n]!
        im += data[start + n]! * sin[n]!
      }
      for (let n = 0; n < pixels; n++) out[(start + n) * waves.length + f] = both * (re * cos[n]! + im * sin[n]!)
    }
  })
  return out
}

/** The slices under a prompt; in a new array. One by one, since their parts are many times their size. */
export function promptSlices({ data, ni, nj }: Slices, gains: readonly number[]): Float32Array {
  const out = Float32Array.from(data)
  const [pixels, size] = [ni * nj, sizeOf(gains)]
  const waves = wavesOf(ni, nj, size)
  for (let start = 0; start < data.length; start += pixels) {
    const parts = frequencyParts({ data: data.subarray(start, start + pixels), ni, nj }, size, waves)
    for (let n = 0; n < pixels; n++)
      for (let f = 0; f < gains.length; f++) out[start + n]! += (gains[f]! - 1) * parts[n * gains.length + f]!
  }
  return out
}
