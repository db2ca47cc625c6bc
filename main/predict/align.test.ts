import { describe, expect, it } from 'vitest'
import type { ModelCard } from '../model/card.ts'
import { apply, compose, fromParts, invert } from '../volume/affine.ts'
import type { Affine, Shape, Vector, Volume } from '../volume/volume.ts'
import { voxelCount } from '../volume/volume.ts'
import { tinyCard } from '../../tests/tiny/world.ts'
import { alignToStudy } from './align.ts'
import type { ModelStudy } from './study.ts'

const { normalization } = tinyCard.input
const card: ModelCard = {
  ...tinyCard,
  input: { ...tinyCard.input, normalization: { ...normalization, clamp: [-1e6, 1e6] } },
}
const indexOf = ([ni, nj]: Shape, n: number): Vector => [n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))]

function sampled(shape: Shape, affine: Affine, value: (p: Vector) => number): Volume {
  const data = Float32Array.from({ length: voxelCount(shape) }, (_, n) => value(apply(affine, indexOf(shape, n))))
  return { shape, affine, data }
}

/** Axial slices of 24 x 20 x 10 voxels of 2 x 2 x 4 mm around the isocentre, of which two rows at each side are padding. */
const shape: Shape = [24, 24, 10]
const affine = fromParts([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [2, 2, 4], [-23, -23, -18]) // prettier-ignore
const study: ModelStudy = {
  volume: { shape, affine, data: new Float32Array(voxelCount(shape)) },
  valid: [[0, 24], [2, 22], [0, 10]], // prettier-ignore
  tissueSlices: [0, 1, 2, 3, 4, 5, 6, 7, 8],
  native: { shape, affine },
  normalization: { mean: 0, sd: 1 },
}
const ramp = ([x, y, z]: Vector): number => 500 + 3 * x - 2 * y + 5 * z

const centred = (directions: readonly [Vector, Vector, Vector], mm: Vector, shape: Shape): Affine => {
  const [x, y, z] = apply(fromParts(directions, mm, [0, 0, 0]), shape.map((n) => (n - 1) / 2) as unknown as Vector)
  return fromParts(directions, mm, [-x, -y, -z])
}
const [cos, sin] = [Math.cos(0.2), Math.sin(0.2)]
const others: Readonly<Record<string, readonly [Shape, Affine]>> = {
  'the same grid': [shape, affine],
  'sagittal, finer': [[60, 60, 60], centred([[0, 1, 0], [0, 0, -1], [-1, 0, 0]], [1, 1, 1], [60, 60, 60])], // prettier-ignore
  'coronal, head down': [[40, 30, 20], centred([[-1, 0, 0], [0, 0, 1], [0, -1, 0]], [1.5, 2, 3], [40, 30, 20])], // prettier-ignore
  'oblique, thick': [[40, 40, 14], centred([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]], [1.7, 1.7, 5], [40, 40, 14])], // prettier-ignore
}

describe('another series on the grid of a study', () => {
  it.each(Object.entries(others))('%s: every voxel lies where it lay in the world', (_, [otherShape, otherAffine]) => {
    const aligned = alignToStudy(sampled(otherShape, otherAffine, ramp), study, card)
    expect(aligned.volume.affine).toEqual(affine)
    expect(aligned.volume.shape).toEqual(shape)
    const { mean, sd } = aligned.normalization
    const back = compose(invert(otherAffine), affine)
    let seen = 0
    aligned.inside.forEach((inside, n) => {
      const index = indexOf(shape, n)
      const there = apply(back, index)
      const isPadding = index[1] < 2 || index[1] >= 22
      // Averaging moves the outermost centres in by up to a voxel of the study; a margin of one leaves the border open.
      const far = there.every((x, axis) => x > 3 && x < otherShape[axis]! - 4)
      const out = there.some((x, axis) => x < -2 || x > otherShape[axis]! + 1)
      if (isPadding || out) expect(inside).toBe(0)
      else if (far) {
        expect(inside).toBe(1)
        seen++
        const value = aligned.volume.data[n]! * sd + mean
        expect(Math.abs(value - ramp(apply(affine, index)))).toBeLessThan(1e-2)
      }
    })
    expect(seen).toBeGreaterThan(500)
    expect(aligned.volume.data.every(Number.isFinite)).toBe(true)
  })

  it('takes no slice that it does not show, and fills the rest with its air', () => {
    // A slab of the four upper slices.
    const slab: Shape = [24, 24, 4]
    const upper = [...affine]
    upper[11]! += 6 * 4
    const aligned = alignToStudy(sampled(slab, upper, ramp), study, card)
    expect(aligned.tissueSlices).toEqual([6, 7, 8])
    const below = aligned.volume.data.subarray(0, 6 * 24 * 24)
    expect(new Set(below).size).toBe(1)
    expect(below[0]).toBeLessThan(-1)
  })

  it('is normalised by itself: another scale or offset changes nothing', () => {
    const [otherShape, otherAffine] = others['oblique, thick']!
    const one = alignToStudy(sampled(otherShape, otherAffine, ramp), study, tinyCard)
    const other = alignToStudy(
      sampled(otherShape, otherAffine, (p) => 8 * ramp(p)),
      study,
      tinyCard,
    )
    expect(other.volume.data).toEqual(one.volume.data)
  })
})
