import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apply, compose, fromParts, invert } from './affine.ts'
import { orient, orientationOf } from './orient.ts'
import type { Affine, Vector, Volume } from './volume.ts'

const orientations = ['L', 'R'].flatMap((x) =>
  ['P', 'A'].flatMap((y) =>
    ['S', 'I'].flatMap((z) => [x + y + z, x + z + y, y + x + z, y + z + x, z + x + y, z + y + x]),
  ),
)

/** Tilted by 10 and 20 degrees; every voxel its own value. */
const scan: Volume = {
  shape: [3, 4, 5],
  affine: compose(
    [0.985, -0.171, 0, 5, 0.171, 0.985, 0, -7, 0, 0, 1, 11, 0, 0, 0, 1],
    fromParts([[0.94, 0, 0.342], [0, 1, 0], [-0.342, 0, 0.94]], [0.9, 1.1, 3], [0, 0, 0]), // prettier-ignore
  ),
  data: Float32Array.from({ length: 60 }, (_, n) => n),
}
const valueAt = (v: Volume, [i, j, k]: Vector): number => v.data[i + v.shape[0] * (j + v.shape[1] * k)]!

describe('orient', () => {
  it.each(orientations)('to %s moves no voxel in the world, and back gives the same scan', (letters) => {
    const turned = orient(scan, letters)
    expect(orientationOf(turned.affine)).toBe(letters)
    const toScan = compose(invert(scan.affine), turned.affine)
    for (let k = 0; k < turned.shape[2]; k++)
      for (let j = 0; j < turned.shape[1]; j++)
        for (let i = 0; i < turned.shape[0]; i++) {
          const there = apply(toScan, [i, j, k]).map(Math.round) as unknown as Vector
          expect(valueAt(turned, [i, j, k])).toBe(valueAt(scan, there))
        }
    const back = orient(turned, orientationOf(scan.affine))
    expect(back.data).toEqual(scan.data)
    expect(back.shape).toEqual(scan.shape)
    back.affine.forEach((x, n) => expect(x).toBeCloseTo(scan.affine[n]!, 10))
  })

  it('names the orientation of DICOM scans by their patient axes', () => {
    const sagittal: Affine = fromParts([[0, 1, 0], [0, 0, -1], [-1, 0, 0]], [1, 1, 1], [0, 0, 0]) // prettier-ignore
    const coronal: Affine = fromParts([[1, 0, 0], [0, 0, -1], [0, 1, 0]], [1, 1, 1], [0, 0, 0]) // prettier-ignore
    expect(orientationOf(sagittal)).toBe('PIR')
    expect(orientationOf(coronal)).toBe('LIP')
  })

  it('gives every index its own axis even at 45 degrees', () => {
    fc.assert(
      fc.property(fc.double({ min: -3.2, max: 3.2, noNaN: true }), (angle) => {
        const [c, s] = [Math.cos(angle), Math.sin(angle)]
        const letters = orientationOf(fromParts([[c, s, 0], [-s, c, 0], [0, 0, 1]], [1, 1, 1], [0, 0, 0])) // prettier-ignore
        expect(orientations).toContain(letters)
      }),
    )
  })

  it('shares the voxels when there is nothing to do, and keeps labels bytes', () => {
    expect(orient(scan, orientationOf(scan.affine)).data).toBe(scan.data)
    const labels = { ...scan, data: Uint8Array.from(scan.data) }
    expect(orient(labels, 'RAI').data).toBeInstanceOf(Uint8Array)
  })

  it.each(['LPX', 'LLS', 'LP', 'LRS'])('refuses %s', (letters) => {
    expect(() => orient(scan, letters)).toThrow('not an orientation')
  })
})
