import type { Random } from '../volume/random.ts'

/** At most `count` of the slices, evenly spread from end to end. */
export function spreadSlices(slices: readonly number[], count: number): number[] {
  if (slices.length <= count) return [...slices]
  return Array.from({ length: count }, (_, n) => slices[Math.floor(((n + 0.5) * slices.length) / count)]!)
}

/** Batches that each reach from end to end of the slices: every m-th one, where m is the number of batches. */
export function interleavedBatches(slices: readonly number[], size: number): number[][] {
  const batches = Math.ceil(slices.length / size)
  return Array.from({ length: batches }, (_, batch) => slices.filter((_, n) => n % batches === batch))
}

/** A random batch that reaches from end to end: one slice from each of `size` equal stretches. */
export function drawBatch(slices: readonly number[], size: number, random: Random): number[] {
  const count = Math.min(size, slices.length)
  return Array.from({ length: count }, (_, n) => {
    const from = Math.floor((n * slices.length) / count)
    const to = Math.floor(((n + 1) * slices.length) / count)
    return slices[from + random.integer(to - from)]!
  })
}
