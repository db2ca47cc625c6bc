import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Elements, slice, writeDicom } from '../../tests/write-dicom.ts'
import { UserError } from '../errors.ts'
import { writeNifti } from '../volume/nifti.ts'
import { openStudy, selectSeries } from './study.ts'

const root = mkdtempSync(join(tmpdir(), 'scanbridge-study-'))
afterAll(() => rmSync(root, { recursive: true }))

let folders = 0
function folderOf(files: readonly Elements[]): string {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  files.forEach((file, n) => writeFileSync(join(folder, `f${n}`), writeDicom({ ...file, SOPInstanceUID: `1.2.${n}` })))
  return folder
}
/** A stack of `count` slices of 20 mm in a series of its own. */
const series = (number: number, description: string, count: number, changes: Elements = {}): Elements[] =>
  Array.from({ length: count }, (_, k) =>
    slice(20 * k, k, {
      SeriesInstanceUID: `1.9.${number}`,
      SeriesNumber: number,
      SeriesDescription: description,
      ...changes,
    }),
  )
const scanner: Elements = {
  Manufacturer: 'Philips Medical Systems',
  ManufacturerModelName: 'Ingenia Elition X',
  MagneticFieldStrength: 3,
  SoftwareVersions: ['5.6.1', '5.6.1.0'],
  StationName: 'MR-7',
  DeviceSerialNumber: '84317',
  PatientName: 'SECRET^PATIENT',
  PatientID: 'SECRET-17',
}

describe('an opened study', () => {
  it('lists what index --json prints', async () => {
    const study = await openStudy(folderOf(series(3, 'T1 3D', 4, scanner)))
    expect(study.kind).toBe('dicom')
    expect(study.series).toEqual([
      {
        seriesUid: '1.9.3',
        studyUid: '1.2.3',
        frameOfReferenceUid: null,
        seriesNumber: 3,
        description: 'T1 3D',
        modality: 'MR',
        scanner: {
          key: expect.stringMatching(/^philips-ingenia-elition-x-3t-[0-9a-f]{8}$/) as string,
          manufacturer: 'Philips Medical Systems',
          model: 'Ingenia Elition X',
          fieldStrength: 3,
          softwareVersions: '5.6.1 5.6.1.0',
          station: 'MR-7',
        },
        volumes: [
          {
            shape: [4, 3, 4],
            spacing: [1, 2, 20],
            affine: [
              [1, 0, 0, -10],
              [0, 2, 0, -20],
              [0, 0, 20, 0],
              [0, 0, 0, 1],
            ],
            frames: 4,
            kind: 'magnitude',
          },
        ],
        transferSyntax: '1.2.840.10008.1.2.1',
        files: 4,
        problems: [],
      },
    ])
    expect(JSON.stringify(study.series)).not.toMatch(/SECRET|84317/)
  })

  it('loads a volume with what a segmentation needs to file beside it', async () => {
    const study = await openStudy(folderOf(series(3, 'T1', 4, scanner)))
    const { volume, source } = await study.load('1.9.3', 0)
    expect([0, 1, 2, 3].map((k) => volume.data[12 * k])).toEqual([0, 1, 2, 3])
    expect(source!.slices.map(({ sopInstanceUid }) => sopInstanceUid)).toEqual(['1.2.0', '1.2.1', '1.2.2', '1.2.3'])
    expect(source!.study.PatientName).toBe('SECRET^PATIENT')
  })

  it('knows a scanner again by its key: the same machine after an update, not another of its model', async () => {
    const keyOf = async (changes: Elements): Promise<string> =>
      (await openStudy(folderOf(series(1, '', 2, { ...scanner, ...changes })))).series[0]!.scanner.key
    const key = await keyOf({})
    expect(await keyOf({ SoftwareVersions: '6.0' })).toBe(key)
    expect(await keyOf({ DeviceSerialNumber: '84318' })).not.toBe(key)
    expect(await keyOf({ MagneticFieldStrength: 30000 })).toBe(key)
    expect(await keyOf({ DeviceSerialNumber: '', StationName: '' })).toBe('philips-ingenia-elition-x-3t')
  })

  it('of a NIfTI file has one series without identity', async () => {
    const path = join(root, 'scan.nii.gz')
    const affine = [0, 0, 3, 5, -1, 0, 0, 6, 0, -2, 0, 7, 0, 0, 0, 1]
    writeFileSync(path, writeNifti({ shape: [2, 2, 1], affine, data: Float32Array.of(1, 2, 3, 4) }))
    const study = await openStudy(path)
    expect(study).toMatchObject({
      kind: 'nifti',
      series: [{ scanner: { key: 'unknown' }, volumes: [{ shape: [2, 2, 1], spacing: [1, 2, 3] }] }],
    })
    const { volume, source } = await study.load(study.series[0]!.seriesUid, 0)
    expect([...volume.data]).toEqual([1, 2, 3, 4])
    expect(volume.affine).toEqual(affine)
    expect(source).toBeUndefined()
  })

  it.each([
    [
      'nothing',
      () => join(root, 'nowhere'),
      'input-not-found',
      /There is nothing to read at .*nowhere\. Check the path\./,
    ],
    ['an empty folder', () => folderOf([]), 'input-unsupported', /it is an empty folder/],
    [
      'a folder of others',
      () => folderOf([{ Rows: 1 }, { Rows: 2 }]),
      'input-unsupported',
      /none of its 2 files is part of a scan \(f0: it holds no picture\)/,
    ],
    [
      'one file of another kind',
      () => {
        const path = join(root, 'x.txt')
        writeFileSync(path, 'hello')
        return path
      },
      'input-unsupported',
      /x\.txt cannot be used: it is not a DICOM file/,
    ],
    [
      'a damaged NIfTI file',
      () => {
        const path = join(root, 'd.nii')
        writeFileSync(
          path,
          writeNifti(
            { shape: [2, 1, 1], affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], data: Float32Array.of(1, 2) },
            { gzip: false },
          ).subarray(0, 355),
        )
        return path
      },
      'input-unsupported',
      /d\.nii cannot be used: it is cut off: 355 of 360 bytes/,
    ],
  ])('is refused with a sentence for %s', async (_, path, code, message) => {
    const error = await openStudy(path()).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(UserError)
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) as string })
  })
})

describe('the series that is meant', () => {
  const study = async (...all: readonly Elements[][]) => openStudy(folderOf(all.flat()))

  it('is the one that was named, by number or by UID', async () => {
    const opened = await study(series(3, 'T1 mprage', 9), series(5, 'other', 4))
    expect(selectSeries(opened, '5').seriesUid).toBe('1.9.5')
    expect(selectSeries(opened, '1.9.5').seriesUid).toBe('1.9.5')
    expect(() => selectSeries(opened, '6')).toThrow('it holds no series 6. See `scanbridge index`')
  })

  it.each([
    [
      'a T1 among others',
      [series(1, 'localizer', 9), series(2, 't2_tse', 9), series(3, 'Sag T1 MPRAGE', 9), series(4, 'DWI trace', 9)],
    ],
    ['magnitude before phase', [series(1, 'x', 9, { ImageType: 'ORIGINAL\\PRIMARY\\P' }), series(3, 'x', 9)]],
    ['a volume before a single slice', [series(1, 'x', 1), series(3, 'x', 9)]],
    ['a scan before a dose', [series(1, 'x', 12, { Modality: 'RTDOSE' }), series(3, 'x', 9)]],
    [
      'one volume before a time series',
      [series(1, 'x', 9), series(1, 'x', 9), series(1, 'x', 9), series(1, 'x', 9), series(3, 'x', 9)],
    ],
  ])('without a name is %s', async (_, all) => {
    const { seriesUid, notes } = selectSeries(await study(...all))
    expect(seriesUid).toBe('1.9.3')
    expect(notes[0]!.message).toMatch(/^Of \d volumes, series 3 .*was taken\.$/)
  })

  it('needs no note where there is no choice', async () => {
    expect(selectSeries(await study(series(3, 'T1', 4))).notes).toEqual([])
  })

  it('that makes no volume is refused with its reason', async () => {
    const gap = series(3, 'T1', 5).filter((_, n) => n !== 2)
    const opened = await study(gap)
    expect(() => selectSeries(opened)).toThrow('a slice is missing after slice 2 of 4')
  })
})
