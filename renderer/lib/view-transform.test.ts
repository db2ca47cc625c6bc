import { describe, expect, it } from 'vitest'
import { cutOf } from './planes.ts'
import type { Grid } from './planes.ts'
import { letterOf } from './letters.ts'
import {
  canvasToPixel,
  fitted,
  pixelOnCanvas,
  pixelsPerMm,
  planeToCanvas,
  screenDirections,
  zoomedAt,
} from './view-transform.ts'
import type { PlaneView } from './view-transform.ts'

/** 100 x 50 pixels of 1 x 2 mm: a square of 100 mm. */
const grid: Grid = { shape: [100, 50, 10], affine: [1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1] }
const cut = cutOf(grid, 'axial', 'radiological')
const canvas = { width: 400, height: 200 }
const view = (change: Partial<PlaneView>): PlaneView => ({ ...fitted, ...change })

describe('planeToCanvas', () => {
  it('fits the plane into the canvas, in the middle, with square millimetres', () => {
    const matrix = planeToCanvas(cut, fitted, canvas)
    expect(pixelsPerMm(cut, fitted, canvas)).toBe(2)
    expect(pixelOnCanvas(cut, matrix, [-0.5, -0.5])).toEqual([100, 0])
    expect(pixelOnCanvas(cut, matrix, [99.5, 49.5])).toEqual([300, 200])
    expect(pixelOnCanvas(cut, matrix, [0, 0])).toEqual([101, 2])
  })

  it('turns clockwise', () => {
    const matrix = planeToCanvas(cut, view({ rotation: 90 }), canvas)
    expect(pixelOnCanvas(cut, matrix, [-0.5, -0.5])).toEqual([300, 0])
    expect(pixelOnCanvas(cut, matrix, [-0.5, 49.5])).toEqual([100, 0])
  })

  it('flips and pans', () => {
    const matrix = planeToCanvas(cut, view({ flips: [true, false], pan: [10, -5] }), canvas)
    expect(pixelOnCanvas(cut, matrix, [-0.5, -0.5])).toEqual([320, -10])
  })

  it('is undone by canvasToPixel, whatever the view', () => {
    for (const rotation of [0, 90, 180, 270] as const)
      for (const flips of [
        [false, false],
        [true, false],
        [true, true],
      ] as const) {
        const matrix = planeToCanvas(cut, { zoom: 1.7, pan: [3, 4], rotation, flips }, canvas)
        const [column, row] = canvasToPixel(cut, matrix, pixelOnCanvas(cut, matrix, [12.25, 31]))
        expect(column).toBeCloseTo(12.25, 9)
        expect(row).toBeCloseTo(31, 9)
      }
  })
})

describe('screenDirections', () => {
  const letters = (plane: 'axial' | 'coronal' | 'sagittal', change: Partial<PlaneView>): string => {
    const { right, down } = screenDirections(cutOf(grid, plane, 'radiological'), view(change))
    return `${letterOf(right)} ${letterOf(down)}`
  }

  it.each([
    ['axial', {}, 'L P'],
    ['coronal', {}, 'L I'],
    ['sagittal', {}, 'P I'],
    ['axial', { flips: [true, false] }, 'R P'],
    ['axial', { flips: [false, true] }, 'L A'],
    // A quarter clockwise: what was at the left (R) is at the top, what was at the top (A) at the right.
    ['axial', { rotation: 90 }, 'A L'],
    ['axial', { rotation: 180 }, 'R A'],
    ['sagittal', { rotation: 270 }, 'I A'],
  ] as const)('%s with %o', (plane, change, expected) => {
    expect(letters(plane, change)).toBe(expected)
  })
})

it('zooms round the point under the pointer', () => {
  const before = view({ zoom: 1.5, pan: [4, 7], rotation: 90 })
  const at = [333, 41] as const
  const point = canvasToPixel(cut, planeToCanvas(cut, before, canvas), at)
  const after = zoomedAt(cut, before, canvas, at, 1.3)
  expect(after.zoom).toBeCloseTo(1.95, 12)
  const [x, y] = pixelOnCanvas(cut, planeToCanvas(cut, after, canvas), point)
  expect(x).toBeCloseTo(at[0], 9)
  expect(y).toBeCloseTo(at[1], 9)
})
