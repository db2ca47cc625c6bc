import { describe, expect, it } from 'vitest'
import { changed, nextByChange, rankSlices, sliceChanges, voxelMl } from './slice-changes.ts'

const size = [3, 2, 4] as const
const at = (i: number, j: number, k: number): number => i + 3 * (j + 2 * k)

function masks(): { before: Uint8Array; after: Uint8Array } {
  const before = new Uint8Array(24)
  const after = new Uint8Array(24)
  // Slice 1: two gained, one swapped. Slice 3: one lost. Slice 0: the same in both.
  before[at(0, 0, 0)] = after[at(0, 0, 0)] = 2
  after[at(0, 0, 1)] = 1
  after[at(1, 1, 1)] = 2
  before[at(2, 1, 1)] = 1
  after[at(2, 1, 1)] = 2
  before[at(2, 0, 3)] = 2
  return { before, after }
}

describe('slices by change', () => {
  it('counts gained, lost and swapped voxels of every slice', () => {
    const { before, after } = masks()
    expect(sliceChanges(before, after, size, 2)).toEqual([
      { slice: 0, gained: 0, lost: 0, swapped: 0 },
      { slice: 1, gained: 2, lost: 0, swapped: 1 },
      { slice: 2, gained: 0, lost: 0, swapped: 0 },
      { slice: 3, gained: 0, lost: 1, swapped: 0 },
    ])
  })

  it('counts the same voxels along every axis', () => {
    const { before, after } = masks()
    for (const axis of [0, 1, 2] as const) {
      const changes = sliceChanges(before, after, size, axis)
      expect(changes).toHaveLength(size[axis])
      expect(changes.reduce((sum, change) => sum + changed(change), 0)).toBe(4)
    }
    expect(sliceChanges(before, after, size, 0)[2]).toEqual({ slice: 2, gained: 0, lost: 1, swapped: 1 })
    expect(sliceChanges(before, after, size, 1)[1]).toEqual({ slice: 1, gained: 1, lost: 0, swapped: 1 })
  })

  it('follows one label', () => {
    const { before, after } = masks()
    expect(sliceChanges(before, after, size, 2, 1)[1]).toEqual({ slice: 1, gained: 1, lost: 1, swapped: 0 })
    expect(sliceChanges(before, after, size, 2, 2)[1]).toEqual({ slice: 1, gained: 2, lost: 0, swapped: 0 })
  })

  it.each([
    [8, 5, 3],
    [7, 5, 3],
  ] as const)('counts what a plain loop counts, on a grid of %i x %i x %i', (ni, nj, nk) => {
    const random = (n: number): number => Math.floor((Math.abs(Math.sin(n * 12.9898)) * 43758.5453) % 3)
    // Not at a multiple of four bytes, as a part of a larger buffer may lie.
    const before = new Uint8Array(ni * nj * nk + 1).subarray(1).map((_, n) => random(n))
    const after = new Uint8Array(ni * nj * nk).map((_, n) => (n % 4 ? before[n]! : random(n + 7)))
    for (const axis of [0, 1, 2] as const) {
      const expected = Array.from({ length: [ni, nj, nk][axis]! }, () => 0)
      for (let n = 0; n < before.length; n++) {
        const index = [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))] as const
        if (before[n] !== after[n]) expected[index[axis]]!++
      }
      expect(sliceChanges(before, after, [ni, nj, nk], axis).map(changed)).toEqual(expected)
    }
  })

  it('finds masks of another size to be a mistake', () => {
    expect(() => sliceChanges(new Uint8Array(24), new Uint8Array(12), size, 2)).toThrow()
  })

  it('ranks what changed, and nothing else', () => {
    const { before, after } = masks()
    const ranking = rankSlices(sliceChanges(before, after, size, 2))
    expect(ranking.map(({ slice }) => slice)).toEqual([1, 3])
    expect(rankSlices(sliceChanges(before, before, size, 2))).toEqual([])
  })

  it.each([
    [undefined, 1, 7],
    [4, 1, 7],
    [7, 1, 2],
    [2, 1, 9],
    [9, 1, 9],
    [9, -1, 2],
    [7, -1, 7],
  ] as const)('goes from slice %s by %i to slice %i', (from, direction, to) => {
    const ranking = [
      { slice: 7, gained: 9, lost: 0, swapped: 0 },
      { slice: 2, gained: 0, lost: 5, swapped: 0 },
      { slice: 9, gained: 0, lost: 1, swapped: 0 },
    ]
    expect(nextByChange(ranking, from, direction)).toBe(to)
  })

  it('goes nowhere where nothing changed', () => {
    expect(nextByChange([], 3, 1)).toBeUndefined()
  })

  it('knows the size of a voxel, tilted or not', () => {
    expect(voxelMl([2, 0, 0, 0, 0, -2, 0, 0, 0, 0, 5, 0, 0, 0, 0, 1])).toBeCloseTo(0.02, 12)
    const [c, s] = [Math.cos(0.5), Math.sin(0.5)]
    expect(voxelMl([2, 0, 0, 0, 0, 2 * c, -5 * s, 0, 0, 2 * s, 5 * c, 0, 0, 0, 0, 1])).toBeCloseTo(0.02, 12)
  })
})
