import { describe, expect, it } from 'vitest'
import { centreOf, cutOf, fromWorld, planes, toIndex, toPixel, toWorld } from './planes.ts'
import type { Grid, Vector } from './planes.ts'

/** An axial scan in DICOM's usual order: i to the left, j to posterior, k to the head. */
const axial: Grid = { shape: [4, 5, 6], affine: [2, 0, 0, -3, 0, 3, 0, -6, 0, 0, 5, 10, 0, 0, 0, 1] }
/** A sagittal one whose i runs to posterior, j to the feet, k to the right. */
const sagittal: Grid = { shape: [7, 8, 9], affine: [0, 0, -1.5, 6, 1, 0, 0, -3, 0, -1, 0, 4, 0, 0, 0, 1] }

describe('cutOf', () => {
  it('gives an axial scan its own rows and columns', () => {
    const cut = cutOf(axial, 'axial', 'radiological')
    expect(cut.axes).toEqual([0, 1, 2])
    expect(cut.flips).toEqual([false, false])
    expect(cut.size).toEqual([4, 5, 6])
    expect(cut.spacing).toEqual([2, 3, 5])
  })

  it('turns left and right round in neurological pictures, but not in sagittal ones', () => {
    expect(cutOf(axial, 'axial', 'neurological').flips).toEqual([true, false])
    expect(cutOf(axial, 'coronal', 'neurological').flips).toEqual([true, true])
    expect(cutOf(axial, 'sagittal', 'neurological')).toEqual(cutOf(axial, 'sagittal', 'radiological'))
  })

  it('puts the head up and the face left, however the scan was stored', () => {
    for (const grid of [axial, sagittal]) {
      expect(cutOf(grid, 'coronal', 'radiological').down[2]).toBe(-1)
      expect(cutOf(grid, 'sagittal', 'radiological').down[2]).toBe(-1)
      expect(cutOf(grid, 'sagittal', 'radiological').right[1]).toBe(1)
      expect(cutOf(grid, 'axial', 'radiological').right[0]).toBe(1)
      expect(cutOf(grid, 'axial', 'radiological').down[1]).toBe(1)
    }
  })

  it('follows the nearest axis of an oblique scan', () => {
    const angle = (30 * Math.PI) / 180
    const [c, s] = [Math.cos(angle), Math.sin(angle)]
    const tilted: Grid = { shape: [4, 5, 6], affine: [1, 0, 0, 0, 0, c, -s, 0, 0, s, c, 0, 0, 0, 0, 1] }
    expect(cutOf(tilted, 'axial', 'radiological').axes).toEqual([0, 1, 2])
    const { down } = cutOf(tilted, 'axial', 'radiological')
    expect(down[1]).toBeCloseTo(c, 12)
    expect(down[2]).toBeCloseTo(s, 12)
  })
})

describe('a point in millimetres', () => {
  it('comes to the pixel that it belongs to', () => {
    // x 3 left, y 0, z 20: i = 3, j = 2, k = 2.
    const index = fromWorld(axial, [3, 0, 20])
    expect(index).toEqual([3, 2, 2])
    expect(toPixel(cutOf(axial, 'axial', 'radiological'), index)).toEqual([3, 2, 2])
    expect(toPixel(cutOf(axial, 'axial', 'neurological'), index)).toEqual([0, 2, 2])
    // Head up: k = 2 of 6 is row 3 from the top.
    expect(toPixel(cutOf(axial, 'coronal', 'radiological'), index)).toEqual([3, 3, 2])
    expect(toPixel(cutOf(axial, 'sagittal', 'radiological'), index)).toEqual([2, 3, 3])
  })

  it('goes there and back, for every plane and a skewed grid', () => {
    const skewed: Grid = {
      shape: [9, 8, 7],
      affine: [0.9, 0.1, -0.3, 5, -0.2, 1.1, 0.2, -7, 0.3, -0.1, 2, 40, 0, 0, 0, 1],
    }
    const index: Vector = [1.25, 6.5, 3]
    const again = fromWorld(skewed, toWorld(skewed, index))
    index.forEach((value, n) => expect(again[n]).toBeCloseTo(value, 12))
    for (const plane of planes) {
      const cut = cutOf(skewed, plane, 'neurological')
      expect(toIndex(cut, toPixel(cut, index))).toEqual(index)
    }
  })

  it('is in the middle of the grid where the centre is asked for', () => {
    expect(centreOf(axial)).toEqual([0, 0, 22.5])
  })
})
