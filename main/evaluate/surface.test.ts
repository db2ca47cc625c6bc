import { describe, expect, it } from 'vitest'
import { identity } from '../volume/affine.ts'
import type { LabelMap, Shape } from '../volume/volume.ts'
import { overlap } from './overlap.ts'
import trees from './surface-dice.reference.json' with { type: 'json' }
import references from './surface.reference.json' with { type: 'json' }
import { surfaceDistances } from './surface.ts'

const straight = ([x, y, z]: readonly number[]): number[] => [x!, 0, 0, 0, 0, y!, 0, 0, 0, 0, z!, 0, 0, 0, 0, 1]

/** Drawn as surface.reference.py draws: doubled integer coordinates. */
function draw(
  shape: readonly number[],
  spacing: readonly number[],
  ellipsoids: readonly (readonly number[])[],
): LabelMap {
  const [ni, nj, nk] = shape as [number, number, number]
  const data = new Uint8Array(ni * nj * nk)
  for (const [ci, cj, ck, ri, rj, rk] of ellipsoids as [number, number, number, number, number, number][])
    for (let k = 0, n = 0; k < nk; k++)
      for (let j = 0; j < nj; j++)
        for (let i = 0; i < ni; i++, n++) {
          const left = ((2 * i - ci) * rj * rk) ** 2 + ((2 * j - cj) * ri * rk) ** 2 + ((2 * k - ck) * ri * rj) ** 2
          if (left <= (ri * rj * rk) ** 2) data[n] = 1
        }
  return { shape: [ni, nj, nk], affine: straight(spacing), data }
}

const disc = (x: number): LabelMap => ({
  shape: [256, 256, 1],
  affine: identity,
  data: Uint8Array.from({ length: 65536 }, (_, n) => (((n % 256) - x) ** 2 + ((n >> 8) - 128) ** 2 <= 1600 ? 1 : 0)),
})

describe('surface distances', () => {
  it.each(references)('of $name are those of SciPy, SimpleITK and medpy', (reference) => {
    const [p, g] = [reference.prediction, reference.reference].map((shapes) => draw(reference.shape, reference.spacing, shapes)) // prettier-ignore
    const result = surfaceDistances(p!, g!, [1])
    for (const key of ['hd95', 'hd95Pooled', 'assd'] as const) expect(result[key]).toBeCloseTo(reference[key], 9)
    expect(overlap(p!, g!, [1]).dice).toBeCloseTo(reference.dice, 12)
  })

  it.each(trees)(
    'and surface Dice of $name are those of a k-d tree over the voxels',
    ({ name, surfaceDice, hd95, assd }) => {
      const { shape, spacing, prediction, reference } = references.find((one) => one.name === name)!
      const [p, g] = [draw(shape, spacing, prediction), draw(shape, spacing, reference)]
      for (const { toleranceMm, value } of surfaceDice) {
        const result = surfaceDistances(p, g, [1], toleranceMm)
        expect(result.surfaceDice).toBeCloseTo(value, 12)
        expect(result.hd95).toBeCloseTo(hd95, 9)
        expect(result.assd).toBeCloseTo(assd, 9)
      }
    },
  )

  it('of two discs in a slice are those of the methods page', () => {
    const { hd95, hd95Pooled, assd } = surfaceDistances(disc(120), disc(128), [1])
    expect(overlap(disc(120), disc(128), [1]).dice).toBeCloseTo(0.873831, 6)
    expect([hd95, hd95Pooled]).toEqual([8, 8])
    expect(assd).toBeCloseTo(4.85461, 6)
  })

  it('do not depend on which is the reference, and scale with the spacing', () => {
    const { shape, spacing, prediction, reference } = references[1]!
    const [p, g] = [draw(shape, spacing, prediction), draw(shape, spacing, reference)]
    const there = surfaceDistances(p, g, [1])
    const back = surfaceDistances(g, p, [1])
    for (const key of ['hd95', 'hd95Pooled', 'assd'] as const) expect(back[key]).toBeCloseTo(there[key], 12)
    const threefold = [p, g].map((map) => ({ ...map, affine: straight(spacing.map((mm) => 3 * mm)) }))
    expect(surfaceDistances(threefold[0]!, threefold[1]!, [1]).hd95).toBeCloseTo(3 * there.hd95, 9)
  })

  it('are 0 for equal masks and for two empty ones, undefined when one is empty', () => {
    const one = disc(100)
    const none = { ...one, data: new Uint8Array(65536) }
    const zero = { hd95: 0, hd95Pooled: 0, assd: 0, surfaceDice: 1 }
    const undefinedDistances = { hd95: NaN, hd95Pooled: NaN, assd: NaN, surfaceDice: 0 }
    expect(surfaceDistances(one, one, [1])).toEqual(zero)
    expect(surfaceDistances(none, none, [1])).toEqual(zero)
    expect(surfaceDistances(one, none, [1])).toEqual(undefinedDistances)
    expect(surfaceDistances(none, one, [1])).toEqual(undefinedDistances)
  })

  it('take several labels as one structure: no surface where they touch', () => {
    const shape: Shape = [9, 3, 3]
    const halves: LabelMap = { shape, affine: identity, data: Uint8Array.from({ length: 81 }, (_, n) => (n % 9 < 4 ? 1 : 2)) } // prettier-ignore
    const whole: LabelMap = { ...halves, data: new Uint8Array(81).fill(1) }
    expect(surfaceDistances(halves, whole, [1, 2]).assd).toBe(0)
    expect(surfaceDistances(halves, whole, [1]).assd).toBeGreaterThan(0)
  })
})
