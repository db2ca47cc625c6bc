import { describe, expect, it } from 'vitest'
import { openElements } from '../../tests/open-dicom.ts'
import { slice } from '../../tests/write-dicom.ts'
import { apply, direction, spacing } from '../volume/affine.ts'

describe('the geometry of a series', () => {
  it('orders slices by position, whatever their numbers and names say', async () => {
    const files = [3, 0, 6].map((z, n) => slice(z, 100 * z, { InstanceNumber: 9 - n }))
    const { volume } = await openElements(files).load()
    expect(volume.shape).toEqual([4, 3, 3])
    expect([0, 1, 2].map((k) => volume.data[k * 12])).toEqual([0, 300, 600])
  })

  it('puts columns along i and rows along j: Pixel Spacing names rows first', async () => {
    const { volume } = await openElements([slice(0, 0), slice(3, 0)]).load()
    expect(spacing(volume.affine)).toEqual([1, 2, 3])
    expect(apply(volume.affine, [3, 2, 1])).toEqual([-10 + 3 * 1, -20 + 2 * 2, 3])
  })

  it('lets k run along row x column, so sagittal slices run to the left or the right as they were turned', async () => {
    const turned = [0, 1, 0, 0, 0, -1]
    const at = (x: number): ReturnType<typeof slice> =>
      slice(0, x, { ImageOrientationPatient: turned, ImagePositionPatient: [x, 5, 6], SOPInstanceUID: `1.${x + 50}` })
    const { volume } = await openElements([at(4), at(-4), at(0)]).load()
    expect(direction(volume.affine, 2)).toEqual([-1, 0, 0])
    expect([0, 1, 2].map((k) => volume.data[k * 12])).toEqual([4, 0, -4])
    expect(apply(volume.affine, [0, 0, 0])).toEqual([4, 5, 6])
  })

  it('keeps a tilted gantry as a shear, with a note', async () => {
    const files = [0, 1, 2, 3].map((k) => slice(3 * k, k, { ImagePositionPatient: [-10, -20 + 1.5 * k, 3 * k] }))
    const { volume, notes } = await openElements(files).load()
    expect(apply(volume.affine, [0, 0, 2])).toEqual([-10, -17, 6])
    expect(notes.map(({ message }) => message)).toEqual([
      'The slices are sheared by 26.6 degrees (gantry tilt); the geometry keeps that.',
    ])
  })

  it.each([
    ['a missing slice', [0, 3, 6, 12, 15], 'a slice is missing after slice 3 of 5 (a gap of 6 mm where 3 mm is usual)'],
    ['missing slices', [0, 3, 12, 15], '2 slices are missing after slice 2 of 4 (a gap of 9 mm where 3 mm is usual)'],
    [
      'two spacings',
      [0, 2, 4, 6, 10.9, 15.8],
      'the slices are not evenly spaced: 4.9 mm after slice 4 where 2 mm is usual',
    ],
  ])('makes no volume of %s, and says where', (_, positions, problem) => {
    const { series } = openElements(positions.map((z) => slice(z, 0)))
    expect(series[0]!.volumes).toEqual([])
    expect(series[0]!.problems).toEqual([problem])
  })

  it('makes no volume of slices that do not lie on a line', () => {
    const files = [0, 1, 2, 3].map((k) => slice(3 * k, k, { ImagePositionPatient: [k === 2 ? -5 : -10, -20, 3 * k] }))
    expect(openElements(files).series[0]!.problems).toEqual([
      'the slices do not lie on a straight line: up to 5 mm off',
    ])
  })

  it('takes positions that were rounded, and says by how much', async () => {
    const { volume, notes } = await openElements([0, 3.04, 6, 9].map((z) => slice(z, z))).load()
    expect(volume.shape[2]).toBe(4)
    expect(notes.map(({ message }) => message)).toEqual(['1 slices lie up to 0.04 mm off an even grid.'])
  })

  it('takes the thickness of a single slice from the file, and refuses one without', () => {
    expect(spacing(openElements([slice(0, 0)]).series[0]!.volumes[0]!.affine)[2]).toBe(3)
    expect(openElements([slice(0, 0, { SpacingBetweenSlices: 4 })]).series[0]!.volumes[0]!.affine[10]).toBe(4)
    const { series } = openElements([slice(0, 0, { SliceThickness: '' })])
    expect(series[0]!.problems).toEqual(['it is a single slice that does not say how thick it is'])
  })

  it.each([
    ['no position', { ImagePositionPatient: '' }],
    ['a position that is not finite', { ImagePositionPatient: '1\\2\\x' }],
    ['an orientation that is no rotation', { ImageOrientationPatient: [1, 0, 0, 1, 0, 0] }],
    ['no pixel spacing', { PixelSpacing: '' }],
    ['a pixel spacing of zero', { PixelSpacing: [0, 1] }],
  ])('lists a picture with %s, and makes no volume of it', (_, changes) => {
    const { series } = openElements([slice(0, 0, changes)])
    expect(series[0]!.volumes).toEqual([])
    expect(series[0]!.problems).toEqual(['1 picture without a position in space: no part of a volume'])
  })
})
