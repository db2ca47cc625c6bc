import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type Elements, pixels16, slice, writeDicom } from '../../tests/write-dicom.ts'
import { dataFolder, withoutData } from '../../tests/data-folder.ts'
import type { Frame } from '../contract/contract.ts'
import { VoxelHeader } from '../contract/schemas.ts'
import { writeNifti } from '../volume/nifti.ts'
import { createRandom } from '../volume/random.ts'
import { openStudy } from './study.ts'
import type { LoadedVolume } from './study.ts'
import { robustRange, toFrame } from './voxels.ts'

const root = mkdtempSync(join(tmpdir(), 'scanbridge-voxels-'))
afterAll(() => rmSync(root, { recursive: true }))

const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
const none = { windows: [], units: '', scale: undefined, invertedScale: undefined }
function loaded(values: readonly number[], display: Partial<LoadedVolume['display']> = {}): LoadedVolume {
  const volume = { shape: [values.length, 1, 1] as const, affine, data: Float32Array.from(values) }
  return { volume, notes: [], source: undefined, display: { ...none, ...display } }
}

const arrays = { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array, float32: Float32Array }
/** What a window shows: stored times slope plus intercept. */
function valuesOf({ header, bytes }: Frame<VoxelHeader>): number[] {
  const stored = new arrays[header.type](bytes.buffer, bytes.byteOffset)
  return [...stored].map((number) => Math.fround(number * header.slope + header.intercept))
}

describe('voxels for a window', () => {
  it.each<[string, readonly number[], Partial<LoadedVolume['display']>, VoxelHeader['type'], number]>([
    ['small whole numbers', [0, 1, 255], {}, 'uint8', 1],
    ['whole numbers with a sign', [-1024, 3071], {}, 'int16', 1],
    ['whole numbers over 32767', [0, 40000], {}, 'uint16', 1],
    ['whole numbers with a sign and over 32767', [-1, 40000], {}, 'float32', 1],
    ['fractions', [0.1, 0.2], {}, 'float32', 1],
    ['stored numbers and a slope', [0, 0.3 * 70, 0.3 * 4095], { scale: { slope: 0.3, intercept: 0 } }, 'int16', 0.3],
    ['a slope that does not hold', [0, 0.3, 0.35], { scale: { slope: 0.3, intercept: 0 } }, 'float32', 1],
    ['stored numbers, slope, intercept', [-1024, -1023.5], { scale: { slope: 0.5, intercept: -1024 } }, 'uint8', 0.5],
    ['one value', [7, 7], {}, 'uint8', 1],
  ])('%s', (_, values, display, type, slope) => {
    const frame = toFrame(loaded(values, display), 'MR')
    expect(VoxelHeader.parse(frame.header)).toEqual(frame.header)
    expect(frame.header).toMatchObject({ type, slope, shape: [values.length, 1, 1], isInverted: false })
    expect(valuesOf(frame)).toEqual(values.map(Math.fround))
    expect([frame.header.min, frame.header.max]).toEqual([Math.min(...values), Math.max(...values)].map(Math.fround))
  })

  it('are a copy: who gets them may do with them as they like', () => {
    const scan = loaded([0.5, 1.5])
    toFrame(scan, 'MR').bytes.fill(0)
    expect([...scan.volume.data]).toEqual([0.5, 1.5])
  })

  it('have an automatic window last, from 1 to 99 % of what is not background', () => {
    // 9000 voxels of air with noise, 1000 of tissue from 100 to 200 in equal steps.
    const random = createRandom(1)
    const values = Array.from({ length: 10_000 }, (_, n) => (n < 9000 ? random.uniform(0, 5) : 100 + (n - 9000) / 10))
    const file = { center: 150, width: 90, name: 'Head', shape: 'linear' } as const
    const { windows } = toFrame(loaded(values, { windows: [file] }), 'MR').header
    expect(windows[0]).toEqual(file)
    const automatic = windows[1]!
    expect(automatic.name).toBe('Automatic')
    expect(automatic.center - automatic.width / 2).toBeCloseTo(101, 0)
    expect(automatic.center + automatic.width / 2).toBeCloseTo(199, 0)
  })

  it('show a constant scan and a mask', () => {
    expect(toFrame(loaded([3, 3, 3]), 'MR').header.windows).toMatchObject([{ center: 3, width: 1 }])
    expect(toFrame(loaded([0, 0, 0, 2, 2]), 'MR').header.windows).toMatchObject([{ center: 1, width: 2 }])
  })
})

it('thins large scans without a visible change of the window', () => {
  const random = createRandom(2)
  const data = Float32Array.from({ length: 3_000_000 }, (_, n) => (n % 256 < 100 ? 0 : random.normal() * 50 + 500))
  const [low, high] = robustRange(data)
  // Of a normal distribution: -2.326 and +2.326 sd; a grey level of 256 over that width is 0.9.
  expect(Math.abs(low - (500 - 2.3263 * 50))).toBeLessThan(1)
  expect(Math.abs(high - (500 + 2.3263 * 50))).toBeLessThan(1)
})

/** Three slices, each changed by its own elements. */
async function openSlices(folder: string, changes: (k: number) => Elements): Promise<Frame<VoxelHeader>> {
  const path = join(root, folder)
  mkdirSync(path)
  for (const k of [0, 1, 2])
    writeFileSync(join(path, `${k}`), writeDicom(slice(3 * k, 10 * k, { SOPInstanceUID: `1.2.${k}`, ...changes(k) })))
  const study = await openStudy(path)
  return toFrame(await study.load('1.2.3.4', 0), study.series[0]!.modality)
}

it('of MONOCHROME1 are the values of the file, shown inverted', async () => {
  const pixels = { PixelData: pixels16(Array.from({ length: 12 }, (_, n) => 100 * n)), PixelRepresentation: 0 }
  const window = { WindowCenter: 500, WindowWidth: 1000, WindowCenterWidthExplanation: 'Film' }
  const frame = await openSlices('inverted', () => ({
    ...pixels,
    ...window,
    PhotometricInterpretation: 'MONOCHROME1',
    BitsStored: 12,
    HighBit: 11,
    RescaleSlope: 2,
    RescaleIntercept: -8,
  }))
  expect(frame.header).toMatchObject({ isInverted: true, min: -8, max: 2192, notes: [] })
  expect(valuesOf(frame).slice(0, 12)).toEqual(Array.from({ length: 12 }, (_, n) => 200 * n - 8))
  expect(frame.header.windows[0]).toMatchObject({ center: 500, width: 1000, name: 'Film' })
  const automatic = frame.header.windows[1]!
  expect(automatic.center).toBeGreaterThan(500)
  expect(automatic.center + automatic.width / 2).toBeLessThanOrEqual(2192)
})

it('of NIfTI have the window that the file names', async () => {
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
  const bytes = writeNifti({ shape: [2, 2, 2], affine, data: new Float32Array(8).fill(5) }, { gzip: false })
  const file = new DataView(bytes.buffer, bytes.byteOffset)
  const windowsWith = async (low: number, high: number): Promise<VoxelHeader['windows']> => {
    file.setFloat32(124, high, true) // cal_max of nifti1.h
    file.setFloat32(128, low, true)
    writeFileSync(join(root, 'shown.nii'), bytes)
    return toFrame(await (await openStudy(join(root, 'shown.nii'))).load('nifti', 0), '').header.windows
  }
  const [file1, automatic] = await windowsWith(-10, 90)
  expect(file1).toEqual({ center: 40, width: 100, name: 'File', shape: 'linear-exact' })
  expect(automatic!.name).toBe('Automatic')
  expect(await windowsWith(0, 0)).toHaveLength(1)
  expect(await windowsWith(NaN, 3)).toHaveLength(1)
})

it('of slices that are scaled each by itself are floats', async () => {
  const frame = await openSlices('pet', (k) => ({ RescaleSlope: 0.1 + 0.01 * k, Modality: 'PT', Units: 'BQML' }))
  expect(frame.header).toMatchObject({ type: 'float32', slope: 1, intercept: 0, units: 'Bq/ml' })
  expect(valuesOf(frame)[13]).toBe(Math.fround(11 * 0.11))
})

it.skipIf(!dataFolder)(`of the Philips head are its stored 12 bits${withoutData}`, async () => {
  const study = await openStudy(join(dataFolder!, 'dicom/brain_t1_philips'))
  const loaded = await study.load(study.series[0]!.seriesUid, 0)
  const { header, bytes } = toFrame(loaded, 'MR')
  expect(header).toMatchObject({ type: 'int16', shape: [256, 256, 170], intercept: 0, hasOrientation: true })
  expect(header.windows[0]).toEqual({ center: 1070, width: 1860, name: 'File', shape: 'linear' })
  const stored = new Int16Array(bytes.buffer)
  const { data } = loaded.volume
  let [worst, highest] = [0, 0]
  for (let n = 0; n < data.length; n++) {
    worst = Math.max(worst, Math.abs(Math.fround(stored[n]! * header.slope) - data[n]!))
    highest = Math.max(highest, stored[n]!)
  }
  expect(worst).toBe(0)
  expect(highest).toBeLessThanOrEqual(4095)
})
