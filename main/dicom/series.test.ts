import { describe, expect, it } from 'vitest'
import { openElements } from '../../tests/open-dicom.ts'
import { type Elements, pixels16, slice } from '../../tests/write-dicom.ts'

const uid = (n: number): Elements => ({ SOPInstanceUID: `1.2.${n}` })
const firsts = (files: readonly Elements[]): Promise<number[]> => {
  const opened = openElements(files)
  return Promise.all(opened.series[0]!.volumes.map(async (_, n) => (await opened.load(0, n)).volume.data[0]!))
}
/** Three slices for each change, the values of change n from 1000 n on. */
const stacks = (changes: readonly Elements[]): Elements[] =>
  changes.flatMap((change, n) => [0, 3, 6].map((z) => slice(z, 1000 * n + z, { ...uid(10 * n + z), ...change })))

describe('what becomes one volume, and what does not', () => {
  it.each([
    ['echoes', { EchoTime: 10, EchoNumbers: 1 }, { EchoTime: 20, EchoNumbers: 2 }],
    ['magnitude and phase', { ImageType: 'ORIGINAL\\PRIMARY\\M' }, { ImageType: 'ORIGINAL\\PRIMARY\\P' }],
    ['b-values', { DiffusionBValue: 0 }, { DiffusionBValue: 1000 }],
    [
      'directions of diffusion',
      { DiffusionGradientOrientation: [1, 0, 0] },
      { DiffusionGradientOrientation: [0, 1, 0] },
    ],
    ['temporal positions', { TemporalPositionIdentifier: 1 }, { TemporalPositionIdentifier: 2 }],
    ['acquisitions', { AcquisitionNumber: 1 }, { AcquisitionNumber: 2 }],
    ['times', { AcquisitionTime: '101010' }, { AcquisitionTime: '101012' }],
    ['instance numbers only', { InstanceNumber: 1 }, { InstanceNumber: 2 }],
    ['image types of one kind', { ImageType: 'DERIVED\\PRIMARY\\M\\A' }, { ImageType: 'DERIVED\\PRIMARY\\M\\B' }],
  ])('splits %s', async (_, a, b) => {
    expect(await firsts(stacks([a, b]))).toEqual([0, 1000])
  })

  it('keeps slices together that differ in what some scanners write by slice', () => {
    const files = [0, 3, 6].map((z, n) =>
      slice(z, 0, {
        AcquisitionNumber: n,
        TriggerTime: 40 * n,
        TemporalPositionIdentifier: n + 1,
        AcquisitionTime: `10100${n}`,
      }),
    )
    expect(openElements(files).series[0]!.volumes.map(({ frames }) => frames.length)).toEqual([3])
  })

  it('splits orientations and matrices, as of a localizer', () => {
    const sagittal = { ImageOrientationPatient: [0, 1, 0, 0, 0, -1], ...uid(77) }
    const small = { Rows: 2, Columns: 2, PixelData: pixels16([1, 2, 3, 4]), ...uid(78) }
    const { series } = openElements([slice(0, 0), slice(0, 0, sagittal), slice(0, 0, small)])
    expect(series[0]!.volumes).toHaveLength(3)
  })

  it('reads an instance that is there twice once', async () => {
    const opened = openElements([slice(0, 5), slice(3, 6), slice(0, 5)])
    expect(opened.series[0]!.problems).toEqual(['1 file left out: the same instance is there twice'])
    expect((await opened.load()).volume.shape[2]).toBe(2)
  })

  it('leaves out a slice that lies where another does, and says so', async () => {
    const opened = openElements([slice(0, 0), slice(3, 1), slice(6, 2), slice(3, 99, { InstanceNumber: 5 })])
    expect(opened.series[0]!.problems).toEqual([
      '1 slice left out: another lies at the same place, and no whole volume is left.',
    ])
    expect((await opened.load()).volume.data[12]).toBe(1)
  })

  it('tells what a volume shows', () => {
    const kinds = (changes: Elements): string[] =>
      openElements([slice(0, 0, changes)]).series[0]!.volumes.map(({ kind }) => kind)
    expect(kinds({ ImageType: 'ORIGINAL\\PRIMARY\\P\\ND' })).toEqual(['phase'])
    expect(kinds({ ImageType: 'ORIGINAL\\PRIMARY\\M_FFE\\M\\FFE' })).toEqual(['magnitude'])
    expect(kinds({ Modality: 'CT' })).toEqual(['ct'])
  })

  it('orders series by number and keeps studies apart', () => {
    const { series } = openElements([
      slice(0, 0, { SeriesInstanceUID: '1.9', SeriesNumber: 10, ...uid(1) }),
      slice(0, 0, { SeriesInstanceUID: '1.8', SeriesNumber: 2, ...uid(2) }),
      slice(0, 0, { SeriesInstanceUID: '1.8', StudyInstanceUID: '1.2.9', SeriesNumber: 2, ...uid(3) }),
    ])
    expect(series.map(({ instances }) => instances[0]!.sopInstanceUid)).toEqual(['1.2.2', '1.2.1', '1.2.3'])
  })
})

describe('multi-frame', () => {
  const frames = (count: number): Uint8Array => pixels16(Array.from({ length: 12 * count }, (_, n) => n))

  it('places enhanced frames by their own and the shared functional groups, each with its own rescale', async () => {
    const item = (z: number, slope: number): Elements => ({
      PlanePositionSequence: [{ ImagePositionPatient: [1, 2, z] }],
      PixelValueTransformationSequence: [{ RescaleSlope: slope, RescaleIntercept: -1 }],
    })
    const opened = openElements([
      slice(0, 0, {
        NumberOfFrames: 3,
        PixelData: frames(3),
        ImagePositionPatient: '',
        SharedFunctionalGroupsSequence: [
          {
            PlaneOrientationSequence: [{ ImageOrientationPatient: [1, 0, 0, 0, 1, 0] }],
            PixelMeasuresSequence: [{ PixelSpacing: [0.5, 0.25], SliceThickness: 2 }],
          },
        ],
        PerFrameFunctionalGroupsSequence: [item(4, 2), item(0, 3), item(2, 10)],
      }),
    ])
    const { volume } = await opened.load()
    expect(volume.affine).toEqual([0.25, 0, 0, 1, 0, 0.5, 0, 2, 0, 0, 2, 0, 0, 0, 0, 1])
    expect([0, 1, 2].map((k) => volume.data[12 * k + 1])).toEqual([13 * 3 - 1, 25 * 10 - 1, 1 * 2 - 1])
  })

  it('stacks classic frames by offsets or the spacing between slices, and refuses without', async () => {
    const dose = openElements([
      slice(5, 0, { NumberOfFrames: 3, PixelData: frames(3), GridFrameOffsetVector: [0, 4, 8] }),
    ])
    expect((await dose.load()).volume.affine.slice(8, 12)).toEqual([0, 0, 4, 5])
    const spaced = openElements([slice(5, 0, { NumberOfFrames: 3, PixelData: frames(3), SpacingBetweenSlices: 2 })])
    expect((await spaced.load()).volume.affine.slice(8, 12)).toEqual([0, 0, 2, 5])
    expect(openElements([slice(5, 0, { NumberOfFrames: 3, PixelData: frames(3) })]).series[0]!.volumes).toEqual([])
  })
})

describe('mosaics', () => {
  /** Four slices of 2 x 1 as tiles of 4 x 2. */
  const mosaic: Elements = slice(0, 0, {
    ImageType: 'ORIGINAL\\PRIMARY\\M\\MOSAIC',
    SiemensHeaderCreator: 'SIEMENS MR HEADER',
    MosaicImageCount: 3,
    SpacingBetweenSlices: 5,
    Rows: 2,
    Columns: 4,
    PixelData: pixels16([0, 1, 10, 11, 20, 21, 30, 31]),
  })

  it('unfolds tiles to slices where the smaller pictures lie', async () => {
    const { volume } = await openElements([mosaic]).load()
    expect(volume.shape).toEqual([2, 1, 3])
    expect([...volume.data]).toEqual([0, 1, 10, 11, 20, 21])
    // The given position is that of a 4 x 2 picture around the same centre: 1 pixel of 1 mm and half a pixel of 2 mm away.
    expect(volume.affine).toEqual([1, 0, 0, -9, 0, 2, 0, -19, 0, 0, 5, 0, 0, 0, 0, 1])
  })

  it('refuses one that does not say how many slices it holds', () => {
    expect(() => openElements([{ ...mosaic, MosaicImageCount: 0 }])).toThrow('does not say how many slices')
  })
})
