import { describe, expect, it } from 'vitest'
import { classDepths, isInsideOut } from './contrast.ts'

const size = 41

/** Nested diamonds: radius of each class's outer border in steps along i and j. */
function diamonds(radii: readonly number[], order: readonly number[]): Uint8Array {
  return Uint8Array.from({ length: 2 * size * size }, (_, n) => {
    const [i, j] = [n % size, Math.floor(n / size) % size]
    const r = Math.abs(i - 20) + Math.abs(j - 20)
    return order[radii.filter((radius) => r < radius).length]!
  })
}

describe('depth of classes', () => {
  it('is their mean distance to the background, relative to that of all', () => {
    // Background but for a diamond of radius 3: one voxel of depth 3, four of 2, eight of 1.
    const labels = diamonds([3, 2], [0, 1, 2])
    const all = (3 + 4 * 2 + 8) / 13
    const [outer, inner] = classDepths(labels, size, size, 4)
    expect(outer).toBeCloseTo(1 / all, 10)
    expect(inner).toBeCloseTo((3 + 8) / 5 / all, 10)
    expect(classDepths(labels, size, size, 4)[2]).toBeNaN()
  })

  it('tells when classes have changed places', () => {
    const source = classDepths(diamonds([18, 15, 9], [0, 1, 2, 3]), size, size, 4)
    expect(isInsideOut(source, source)).toBe(false)
    expect(isInsideOut(classDepths(diamonds([16, 15, 11], [0, 1, 2, 3]), size, size, 4), source)).toBe(false)
    expect(isInsideOut(classDepths(diamonds([18, 15, 9], [0, 3, 2, 1]), size, size, 4), source)).toBe(true)
    expect(isInsideOut(classDepths(diamonds([18, 9], [0, 2, 3]), size, size, 4), source)).toBe(false)
  })
})
