import { describe, expect, it } from 'vitest'
import { bandDivergence, contrastDistance, fragments, separation } from './plausibility.ts'

const size = 40
/** A slice of discs and rings: [class, centre i, centre j, inner radius, outer radius]. */
function slice(...parts: readonly (readonly [number, number, number, number, number])[]): Uint8Array {
  const out = new Uint8Array(size * size)
  for (const [label, ci, cj, inner, outer] of parts)
    for (let n = 0; n < out.length; n++) {
      const r = Math.hypot((n % size) - ci, Math.floor(n / size) - cj)
      if (r >= inner && r <= outer) out[n] = label
    }
  return out
}
const count = (labels: Uint8Array): number => labels.filter((label) => label > 0).length

describe('how a mask hangs together', () => {
  it('one body without holes has no islands', () => {
    expect(fragments(slice([1, 20, 20, 0, 10], [2, 20, 20, 0, 5]), size, size)).toEqual({ islands: 0, holes: 0 })
  })

  it('counts what lies outside of the largest part of each slice, and background that is enclosed', () => {
    const [body, island] = [slice([1, 20, 20, 3, 10]), slice([2, 36, 36, 0, 2])]
    const both = body.map((label, n) => label || island[n]!)
    const hole = count(slice([1, 20, 20, 0, 2.999]))
    const { islands, holes } = fragments(Uint8Array.from([...both, ...island]), size, size)
    // In the second slice the island is all there is.
    expect(islands).toBeCloseTo(count(island) / (count(both) + count(island)), 12)
    expect(holes).toBeCloseTo(hole / (count(both) + count(island)), 12)
  })

  it('is not a number for an empty mask', () => {
    expect(fragments(new Uint8Array(size * size), size, size)).toEqual({ islands: NaN, holes: NaN })
  })
})

describe('intensities under a mask', () => {
  const labels = Uint8Array.from([0, 1, 1, 2, 2])
  it('are told apart by the variance between classes over that within them', () => {
    // Means 2 and 6 around 4; each class spreads by 1.
    expect(separation(Float32Array.from([9, 1, 3, 5, 7]), labels, 3)).toBeCloseTo((4 * 4) / (4 * 1), 6)
    expect(separation(Float32Array.from([9, 1, 3, 5, 7]), Uint8Array.from([0, 1, 1, 1, 1]), 3)).toBeNaN()
  })

  it('are compared with the source by their ratios', () => {
    const intensity = Float32Array.from([0, 2, 4, 5, 7])
    expect(contrastDistance(intensity, labels, 3, [1, 2])).toBeCloseTo(0, 12)
    expect(contrastDistance(intensity, labels, 3, [10, 40])).toBeCloseTo(0.25, 12)
    expect(contrastDistance(intensity, labels.fill(1), 3, [1, 2])).toBeNaN()
  })
})

it('the divergence of two maps is the mean KL over the band', () => {
  // The vectors of methods.md 1.9: <KL(p||q)> = .1840100.
  const a = [[2, 0, -1, 0.5], [0, 1, 3, 0.5], [-1, 0, 0, 0.5]] // prettier-ignore
  const b = [[1, 0.5, -2, 0], [0.5, 0.5, 2, 1], [0, -1, 0, -1]] // prettier-ignore
  const softmax = (logits: number[][]): Float32Array =>
    Float32Array.from(
      [0, 1, 2, 3].flatMap((pixel) => {
        const exps = logits.map((row) => Math.exp(row[pixel]!))
        const sum = exps.reduce((x, y) => x + y, 0)
        return exps.map((value) => value / sum)
      }),
    )
  expect(bandDivergence(softmax(a), softmax(b), 3, new Uint8Array(4).fill(1))).toBeCloseTo(0.18401, 5)
  expect(bandDivergence(softmax(a), softmax(a), 3, Uint8Array.from([0, 1, 1, 0]))).toBeCloseTo(0, 6)
  expect(bandDivergence(softmax(a), softmax(b), 3, new Uint8Array(4))).toBeNaN()
})
