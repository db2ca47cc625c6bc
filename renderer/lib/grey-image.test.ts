import { expect, it } from 'vitest'
import type { VoxelHeader, Window } from '../../main/contract/schemas.ts'
import { greysOf, wholePixels } from './grey-image.ts'
import { cutOf } from './planes.ts'
import type { Scan, Voxels } from './scan.ts'

const window: Window = { center: 0.5, width: 1, name: '', shape: 'linear-exact' }

function scan(data: Voxels, type: VoxelHeader['type'], rescale: { slope: number; intercept: number }): Scan {
  const values = [...data].map((v) => v * rescale.slope + rescale.intercept)
  return {
    ref: { input: 'a', series: 'b', volume: 0 },
    data,
    header: {
      shape: [data.length, 1, 1],
      affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
      type,
      ...rescale,
      min: Math.min(...values),
      max: Math.max(...values),
      modality: 'MR',
      units: '',
      windows: [window],
      isInverted: false,
      hasOrientation: true,
      hasSpacing: true,
      notes: [],
    },
  }
}

/** The greys that come out of pixels and table together. */
function shown(of: Scan, isInverted = false): number[] {
  const cut = cutOf({ shape: of.header.shape, affine: of.header.affine }, 'axial', 'radiological')
  const greys = greysOf(of, window, isInverted)
  return [...wholePixels(of, cut, 0, {})].map((value) => greys.table[value - greys.first]!)
}

it.each<[string, Scan]>([
  ['int16', scan(Int16Array.of(-10, -5, -1, 5, 10), 'int16', { slope: 0.1, intercept: 0.5 })],
  ['uint16', scan(Uint16Array.of(30000, 30005, 30009, 30015, 30020), 'uint16', { slope: 0.1, intercept: -3000.5 })],
  ['uint8', scan(Uint8Array.of(0, 5, 9, 15, 20), 'uint8', { slope: 0.1, intercept: -0.5 })],
  ['float32', scan(Float32Array.of(-0.5, 0, 0.4, 1, 1.5), 'float32', { slope: 1, intercept: 0 })],
])('shows -0.5, 0, 0.4, 1, 1.5 in a window of 0 to 1 alike, as %s', (_, of) => {
  expect(shown(of)).toEqual([0, 0, 102, 255, 255])
  expect(shown(of, true)).toEqual([255, 255, 153, 0, 0])
})

it('shows a scan of one value', () => {
  expect(shown(scan(Float32Array.of(2, 2), 'float32', { slope: 1, intercept: 0 }))).toEqual([255, 255])
})
