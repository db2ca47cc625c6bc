import { percentile } from '../volume/intensity.ts'
import type { Volume } from '../volume/volume.ts'

/**
 * Absolute second differences across and down (Immerkaer, CVIU 1996) of the pixels inside of a mask, where no edge of it adds
 * to them.
 */
export function secondDifferences({ shape, data }: Volume, mask: Uint8Array): Float32Array {
  const [ni, nj, nk] = shape
  const found: number[] = []
  const row = (n: number): number => data[n - 1]! - 2 * data[n]! + data[n + 1]!
  const isInside = (n: number): boolean => mask[n - 1] === 1 && mask[n] === 1 && mask[n + 1] === 1
  for (let k = 0; k < nk; k++)
    for (let j = 1; j < nj - 1; j++)
      for (let i = 1; i < ni - 1; i++) {
        const n = i + ni * (j + nj * k)
        if (isInside(n - ni) && isInside(n) && isInside(n + ni))
          found.push(Math.abs(row(n - ni) - 2 * row(n) + row(n + ni)))
      }
  return Float32Array.from(found)
}

/** Standard deviation of white noise from secondDifferences. NaN where there are none. */
export function noiseFrom(differences: Float32Array): number {
  // White noise of sd 1 has sd 6 after both differences; .6745 is the median of |N(0, 1)|.
  return percentile(differences, 50) / 0.6745 / 6
}

/** 1 where a study is brighter than the mean of its foreground: its intensities are z-scores over that. */
export const brightOf = ({ data }: Volume): Uint8Array => Uint8Array.from(data, (value) => (value > 0 ? 1 : 0))
