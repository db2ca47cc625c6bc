import { describe, expect, it } from 'vitest'
import { identity } from '../volume/affine.ts'
import type { LabelMap } from '../volume/volume.ts'
import { diagonalMm, overlap } from './overlap.ts'

const row = (...values: number[]): LabelMap => ({ shape: [values.length, 1, 1], affine: identity, data: Uint8Array.from(values) }) // prettier-ignore

describe('overlap', () => {
  it.each([
    ['a mask and itself', row(1, 1, 0, 2), row(1, 1, 0, 2), [1], 1, 'neither'],
    ['half of it', row(1, 1, 1, 0), row(0, 1, 1, 1), [1], 4 / 6, 'neither'],
    ['nothing in common', row(1, 0), row(0, 1), [1], 0, 'neither'],
    ['both empty', row(0, 2), row(3, 0), [1], 1, 'both'],
    ['prediction empty', row(0, 2), row(1, 0), [1], 0, 'prediction'],
    ['reference empty', row(1, 2), row(0, 0), [1], 0, 'reference'],
    ['one label among others', row(1, 2, 2, 3), row(2, 2, 1, 3), [2], 0.5, 'neither'],
    ['several labels as one structure', row(1, 2, 2, 3), row(2, 2, 1, 0), [1, 2, 3], 6 / 7, 'neither'],
  ] as const)('of %s', (_, prediction, reference, structure, dice, empty) => {
    const result = overlap(prediction, reference, structure)
    expect(result.dice).toBeCloseTo(dice, 12)
    expect(result.empty).toBe(empty)
  })

  it('gives volumes in ml, and what the prediction has more', () => {
    const affine = [0, 0.5, 0, 7, 2, 0, 0, 8, 0, 0, -4, 9, 0, 0, 0, 1]
    const box = (n: number): LabelMap => ({ shape: [10, 10, 10], affine, data: new Uint8Array(1000).fill(1, 0, n) })
    const { predictionMl, referenceMl, differenceMl } = overlap(box(500), box(750), [1])
    expect(predictionMl).toBeCloseTo(2, 12)
    expect(referenceMl).toBeCloseTo(3, 12)
    expect(differenceMl).toBeCloseTo(-1, 12)
  })

  it('of a ball is that of its formula', () => {
    const n = 61
    const data = Uint8Array.from({ length: n ** 3 }, (_, at) =>
      Math.hypot((at % n) - 30, (Math.floor(at / n) % n) - 30, Math.floor(at / n ** 2) - 30) <= 25 ? 1 : 0,
    )
    const ball: LabelMap = { shape: [n, n, n], affine: [0.8, 0, 0, 0, 0, 0.8, 0, 0, 0, 0, 0.8, 0, 0, 0, 0, 1], data }
    // Voxel counting errs by the noise of a lattice: 0.1 % for this radius.
    expect(overlap(ball, ball, [1]).referenceMl / (((4 / 3) * Math.PI * 20 ** 3) / 1000)).toBeCloseTo(1, 2)
  })

  it('refuses maps of different grids', () => {
    expect(() => overlap(row(1), row(1, 0), [1])).toThrow('different grids')
    expect(() => overlap(row(1), { ...row(1), affine: [2, ...identity.slice(1)] }, [1])).toThrow('different grids')
  })
})

it('the diagonal is that of the field of view', () => {
  expect(diagonalMm({ shape: [3, 2, 3], affine: [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1] })).toBeCloseTo(13, 12)
})
