import { describe, expect, it } from 'vitest'
import { cutOf, planes, toIndex } from './planes.ts'
import type { Grid } from './planes.ts'
import { reslice } from './reslice.ts'

const grids: Readonly<Record<string, Grid>> = {
  'an axial scan': { shape: [4, 5, 6], affine: [2, 0, 0, -3, 0, 3, 0, -6, 0, 0, 5, 10, 0, 0, 0, 1] },
  'a sagittal scan': { shape: [7, 8, 9], affine: [0, 0, -1.5, 6, 1, 0, 0, -3, 0, -1, 0, 4, 0, 0, 0, 1] },
  'a NIfTI from the right front': { shape: [3, 4, 5], affine: [-1, 0, 0, 0, 0, -1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] },
}

describe.each(Object.entries(grids))('%s', (_, grid) => {
  const [ni, nj, nk] = grid.shape
  const data = Int16Array.from({ length: ni * nj * nk }, (_, n) => n)

  it.each(planes)('has in its %s pictures the voxels that lie there', (plane) => {
    for (const convention of ['radiological', 'neurological'] as const) {
      const cut = cutOf(grid, plane, convention)
      const [columns, rows, slices] = cut.size
      for (let slice = 0; slice < slices; slice++) {
        const pixels = reslice(data, grid.shape, cut, slice)
        const expected = Array.from({ length: columns * rows }, (_, n) => {
          const [i, j, k] = toIndex(cut, [n % columns, Math.floor(n / columns), slice])
          return i + ni * (j + nj * k)
        })
        expect([...pixels]).toEqual(expected)
      }
    }
  })
})

it('writes over the array that it is given where that fits', () => {
  const grid = grids['an axial scan']!
  const data = new Uint8Array(120).fill(7)
  const cut = cutOf(grid, 'axial', 'radiological')
  const first = reslice(data, grid.shape, cut, 0)
  expect(reslice(data, grid.shape, cut, 1, first)).toBe(first)
  expect(reslice(data, grid.shape, cut, 1, new Uint8Array(3))).toHaveLength(20)
})

it('scrolls through all of 512 x 512 x 300 in one array, each picture that of its own slice', () => {
  const grid: Grid = { shape: [512, 512, 300], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }
  const data = new Int16Array(512 * 512 * 300)
  for (const plane of planes) {
    const cut = cutOf(grid, plane, 'radiological')
    const [columns, , slices] = cut.size
    const seen = Array.from({ length: slices }, (_, slice) => [(7 * slice) % columns, 200, slice] as const)
    const voxels = seen.map((pixel) => {
      const [i, j, k] = toIndex(cut, pixel)
      return i + 512 * (j + 512 * k)
    })
    voxels.forEach((voxel, slice) => (data[voxel] = slice + 1))
    const first = reslice(data, grid.shape, cut, 0)
    const shown = seen.map(([column, row, slice]) => {
      const pixels = reslice(data, grid.shape, cut, slice, first)
      return pixels === first && pixels[column + columns * row]
    })
    expect(shown, plane).toEqual(seen.map(([, , slice]) => slice + 1))
    voxels.forEach((voxel) => (data[voxel] = 0))
  }
})
