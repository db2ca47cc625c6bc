import { components } from '../volume/components.ts'
import { countClasses } from './scores.ts'
import { enclosedBackground } from './structure.ts'

/** What masks say of themselves without a second mask (methods.md section 4, S3, S5, S7). Labels are [slice][j][i]. */

/**
 * How a mask's foreground hangs together: islands, pixels outside of each slice's largest component, and holes, enclosed
 * background, both as shares of the foreground. NaN without foreground.
 */
export function fragments(labels: Uint8Array, ni: number, nj: number): { islands: number; holes: number } {
  let [inside, outside, enclosed] = [0, 0, 0]
  for (let start = 0; start < labels.length; start += ni * nj) {
    const mask = labels.subarray(start, start + ni * nj).map((label) => (label > 0 ? 1 : 0))
    const { sizes } = components(mask, [ni, nj, 1], 6)
    const all = sizes.reduce((a, b) => a + b, 0)
    inside += all
    outside += all - Math.max(...sizes)
    enclosed += enclosedBackground(mask, ni).reduce((a, b) => a + b, 0)
  }
  return { islands: outside / inside, holes: enclosed / inside }
}

/**
 * How well intensity tells the foreground classes of a mask apart: their variance between classes over that within them
 * (Fisher's ratio). NaN where fewer than two classes are there.
 */
export function separation(intensity: Float32Array, labels: Uint8Array, classes: number): number {
  const { counts, means, squares } = momentsByClass(intensity, labels, classes)
  const present = counts.flatMap((count, c) => (c > 0 && count > 0 ? [c] : []))
  if (present.length < 2) return NaN
  const total = present.reduce((sum, c) => sum + counts[c]!, 0)
  const centre = present.reduce((sum, c) => sum + counts[c]! * means[c]!, 0) / total
  const between = present.reduce((sum, c) => sum + counts[c]! * (means[c]! - centre) ** 2, 0)
  const within = present.reduce((sum, c) => sum + squares[c]! - counts[c]! * means[c]! ** 2, 0)
  return between / within
}

/**
 * Furthest of the classes' mean intensities from those of the source, both relative to the brightest class (0 is air).
 * intensity is relative to air; `reference` too, class 1 first. NaN where a class is missing.
 */
export function contrastDistance(
  intensity: Float32Array,
  labels: Uint8Array,
  classes: number,
  reference: readonly number[],
): number {
  const means = momentsByClass(intensity, labels, classes).means.slice(1)
  const [top, brightest] = [Math.max(...means), Math.max(...reference)]
  return Math.max(...means.map((mean, n) => Math.abs(mean / top - reference[n]! / brightest)))
}

function momentsByClass(
  intensity: Float32Array,
  labels: Uint8Array,
  classes: number,
): { counts: number[]; means: number[]; squares: number[] } {
  const counts = countClasses(labels, classes)
  const [sums, squares] = [new Array<number>(classes).fill(0), new Array<number>(classes).fill(0)]
  for (let n = 0; n < labels.length; n++) {
    const [label, value] = [labels[n]!, intensity[n]!]
    sums[label]! += value
    squares[label]! += value * value
  }
  return { counts, means: sums.map((sum, c) => sum / counts[c]!), squares }
}

/** Mean over a band of KL(p || q), in nats: how far the prediction q has left p there. NaN where the band is empty. */
export function bandDivergence(p: Float32Array, q: Float32Array, classes: number, band: Uint8Array): number {
  /** Softmax underflows; a class cannot be more than this surprising. */
  const least = 1e-6
  let [sum, count] = [0, 0]
  for (let n = 0; n < band.length; n++) {
    if (band[n] === 0) continue
    count++
    for (let c = 0; c < classes; c++) {
      const own = p[n * classes + c]!
      if (own > 0) sum += own * Math.log(own / Math.max(q[n * classes + c]!, least))
    }
  }
  return sum / count
}
