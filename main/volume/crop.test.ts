import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apply, fromParts } from './affine.ts'
import { crop, cropOrPad } from './crop.ts'
import type { Vector, Volume } from './volume.ts'

const scan: Volume = {
  shape: [4, 3, 2],
  affine: fromParts([[0, 1, 0], [0, 0, 1], [1, 0, 0]], [2, 3, 4], [10, 20, 30]), // prettier-ignore
  data: Float32Array.from({ length: 24 }, (_, n) => n + 1),
}
const size = fc.integer({ min: 1, max: 6 })
const offset = fc.integer({ min: -4, max: 4 })

describe('crop and pad', () => {
  it('takes every voxel from where it was in the world, and fills the rest', () => {
    fc.assert(
      fc.property(fc.tuple(offset, offset, offset), fc.tuple(size, size, size), (start, shape) => {
        const box = cropOrPad(scan, start, shape, -9)
        expect(apply(box.affine, [0, 0, 0])).toEqual(apply(scan.affine, start))
        for (let k = 0, at = 0; k < shape[2]; k++)
          for (let j = 0; j < shape[1]; j++)
            for (let i = 0; i < shape[0]; i++, at++) {
              const [x, y, z] = [i + start[0], j + start[1], k + start[2]]
              const isInside = x >= 0 && x < 4 && y >= 0 && y < 3 && z >= 0 && z < 2
              expect(box.data[at]).toBe(isInside ? scan.data[x + 4 * (y + 3 * z)] : -9)
            }
      }),
    )
  })

  it('comes back: padding and cropping by as much is nothing', () => {
    const start: Vector = [-3, -1, -2]
    const back = cropOrPad(cropOrPad(scan, start, [9, 8, 7], 5), [3, 1, 2], scan.shape)
    expect(back).toEqual(scan)
  })

  it('crops to a box', () => {
    expect([...crop(scan, [[1, 3], [0, 2], [1, 2]]).data]).toEqual([14, 15, 18, 19]) // prettier-ignore
  })
})
