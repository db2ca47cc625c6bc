import { describe, expect, it } from 'vitest'
import { openElements } from '../../tests/open-dicom.ts'
import { type Elements, pixels16, slice } from '../../tests/write-dicom.ts'

const load = async (changes: Elements): Promise<{ values: number[]; notes: string[] }> => {
  const { volume, notes } = await openElements([slice(0, 0, { Rows: 1, Columns: 4, ...changes })]).load()
  return { values: [...volume.data], notes: notes.map(({ code }) => code) }
}
const bytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer)

describe('stored values to modality units', () => {
  it.each([
    ['signed 16 bit', { PixelData: pixels16([-2, 0, 5, 32767]) }, [-2, 0, 5, 32767]],
    ['unsigned 16 bit', { PixelRepresentation: 0, PixelData: pixels16([-1, 0, 5, 7]) }, [65535, 0, 5, 7]],
    [
      '12 bits with an overlay above',
      { BitsStored: 12, HighBit: 11, PixelRepresentation: 0, PixelData: pixels16([0x1fff, 0x8001, 5, 4095]) },
      [4095, 1, 5, 4095],
    ],
    [
      '12 bits signed',
      { BitsStored: 12, HighBit: 11, PixelData: pixels16([0x0fff, 0x0800, 5, 0x07ff]) },
      [-1, -2048, 5, 2047],
    ],
    [
      '12 bits at the top',
      { BitsStored: 12, HighBit: 15, PixelRepresentation: 0, PixelData: pixels16([0x10, 0x20, 0x3f, -1]) },
      [1, 2, 3, 4095],
    ],
    [
      '8 bit',
      {
        BitsAllocated: 8,
        BitsStored: 8,
        HighBit: 7,
        PixelRepresentation: 0,
        PixelData: new Uint8Array([0, 1, 128, 255]),
      },
      [0, 1, 128, 255],
    ],
    [
      '8 bit signed',
      { BitsAllocated: 8, BitsStored: 8, HighBit: 7, PixelData: new Uint8Array([0, 1, 128, 255]) },
      [0, 1, -128, -1],
    ],
    [
      '32 bit',
      { BitsAllocated: 32, BitsStored: 32, HighBit: 31, PixelData: bytes(Int32Array.of(-70000, 0, 1, 70000)) },
      [-70000, 0, 1, 70000],
    ],
    [
      'slope and intercept',
      { RescaleSlope: 2, RescaleIntercept: -1000, PixelData: pixels16([0, 1, 2, 500]) },
      [-1000, -998, -996, 0],
    ],
    [
      'a slope of zero, which would wipe the picture',
      { RescaleSlope: 0, PixelData: pixels16([0, 1, 2, 3]) },
      [0, 1, 2, 3],
    ],
  ])('%s', async (_, changes, expected) => {
    expect((await load(changes)).values).toEqual(expected)
  })

  it.each([
    ['float', { FloatPixelData: bytes(Float32Array.of(1.5, -2, 0, 3)) }],
    ['double', { DoubleFloatPixelData: bytes(Float64Array.of(1.5, -2, 0, 3)) }],
  ])('%s pixel data', async (_, pixels) => {
    const { PixelData: _integers, ...rest } = slice(0, 0, { Rows: 1 })
    const { volume } = await openElements([{ ...rest, ...pixels }]).load()
    expect([...volume.data]).toEqual([1.5, -2, 0, 3])
  })

  it('turns MONOCHROME1 round, and says so', async () => {
    const changes = { PhotometricInterpretation: 'MONOCHROME1', PixelRepresentation: 0, BitsStored: 12, HighBit: 11 }
    const { values, notes } = await load({ ...changes, RescaleSlope: 2, PixelData: pixels16([0, 95, 4095, 1]) })
    expect(values).toEqual([8190, 8000, 0, 8188])
    expect(notes).toEqual(['monochrome1'])
  })

  it('takes padding for no data in CT, and leaves it in MR', async () => {
    const changes = { PixelPaddingValue: 63536, RescaleIntercept: -24, PixelData: pixels16([-2000, -1000, 30, -2000]) }
    expect(await load({ ...changes, Modality: 'CT' })).toEqual({ values: [-1024, -1024, 6, -1024], notes: ['padding'] })
    expect((await load(changes)).values).toEqual([-2024, -1024, 6, -2024])
  })
})
