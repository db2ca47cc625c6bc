import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apply, compose, direction, fromParts, identity, invert, origin, spacing } from './affine.ts'
import type { Affine, Vector } from './volume.ts'

/** Rotations about z, y, x in turn: an oblique, orthonormal set of directions. */
function rotated(a: number, b: number, c: number): [Vector, Vector, Vector] {
  const [ca, sa, cb, sb, cc, sc] = [Math.cos(a), Math.sin(a), Math.cos(b), Math.sin(b), Math.cos(c), Math.sin(c)]
  return [
    [ca * cb, sa * cb, -sb],
    [ca * sb * sc - sa * cc, sa * sb * sc + ca * cc, cb * sc],
    [ca * sb * cc + sa * sc, sa * sb * cc - ca * sc, cb * cc],
  ]
}
const number = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const vector = (min: number, max: number) => fc.tuple(number(min, max), number(min, max), number(min, max))
const parts = fc.record({ angles: vector(-3, 3), mm: vector(0.2, 8), at: vector(-300, 300) })

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-9): void {
  expect(actual.length).toBe(expected.length)
  actual.forEach((x, n) => expect(Math.abs(x - expected[n]!)).toBeLessThan(tolerance))
}

describe('affine', () => {
  it('gives back the directions, spacing and origin that it was made from', () => {
    fc.assert(
      fc.property(parts, ({ angles, mm, at }) => {
        const directions = rotated(...angles)
        const affine = fromParts(directions, mm, at)
        expectClose(spacing(affine), mm)
        expectClose(origin(affine), at)
        for (const axis of [0, 1, 2] as const) expectClose(direction(affine, axis), directions[axis])
      }),
    )
  })

  it('maps a voxel to its origin plus index times spacing along the directions', () => {
    const affine = fromParts([[0, 1, 0], [0, 0, -1], [-1, 0, 0]], [0.5, 0.9, 4.8], [10, -20, 30]) // prettier-ignore
    expectClose(apply(affine, [2, 10, 1]), [10 - 4.8, -20 + 1, 30 - 9])
  })

  it('undoes itself, sheared grids (gantry tilt) included', () => {
    fc.assert(
      fc.property(parts, number(-0.4, 0.4), vector(-200, 200), ({ angles, mm, at }, shear, point) => {
        const tilt: Affine = [1, 0, 0, 0, 0, 1, shear, 0, 0, 0, 1, 0, 0, 0, 0, 1]
        const affine = compose(fromParts(rotated(...angles), mm, at), tilt)
        expectClose(apply(invert(affine), apply(affine, point)), point, 1e-6)
        expectClose(compose(invert(affine), affine), identity, 1e-6)
      }),
    )
  })

  it('composes as one map after the other', () => {
    fc.assert(
      fc.property(parts, parts, vector(-50, 50), (a, b, point) => {
        const [first, second] = [a, b].map(({ angles, mm, at }) => fromParts(rotated(...angles), mm, at))
        expectClose(apply(compose(second!, first!), point), apply(second!, apply(first!, point)), 1e-6)
      }),
    )
  })

  it('refuses a grid without volume', () => {
    expect(() => invert([1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toThrow('singular')
  })
})
