/** Real scans against dcm2niix: geometry by world position to 1e-3 mm, values to rescale precision (float32). */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dataFolder, withoutData } from '../../tests/data-folder.ts'
import { apply, invert } from '../volume/affine.ts'
import { openNifti, readVolume } from '../volume/nifti.ts'
import type { Affine, Vector, Volume } from '../volume/volume.ts'
import { type Found, findInstances } from './files.ts'
import { type Series, collectSeries } from './series.ts'
import { toVolume } from './to-volume.ts'

type Sample = { ijk: number[]; value: number }
type Expected = {
  name: string
  seriesNumber: number
  manufacturer: string
  shape: number[]
  affineRAS: number[][]
  min: number
  max: number
  mean: number
  samples: Sample[]
}

const expected = dataFolder
  ? (JSON.parse(readFileSync(`${dataFolder}/dicom/expected.json`, 'utf8')) as Record<string, Expected[] | string>)
  : {}
const folders = Object.keys(expected).filter((folder) => Array.isArray(expected[folder]))

const opened = new Map<string, Promise<Found>>()
function openFolder(folder: string): Promise<Found> {
  if (!opened.has(folder)) opened.set(folder, findInstances(`${dataFolder}/dicom/${folder}`))
  return opened.get(folder)!
}

const toLps = (ras: number[][]): Affine => ras.flatMap((row, n) => (n < 2 ? row.map((x) => -x) : row))

/**
 * dcm2niix takes the distance of two neighbouring slices in float32 (1e-5 mm) for all: over 170 slices that adds up to
 * 1.4e-3 mm against the positions in the files, which ours keep (tested below).
 */
const toleranceMm = (k: number): number => 1e-3 + 1e-5 * k

/** Our index of the voxel that the reference calls ijk; fails where their centres are further apart than dcm2niix's rounding. */
function sameVoxel(ours: Volume, reference: Affine, [i, j, k]: readonly number[]): number {
  const world = apply(reference, [i!, j!, k!])
  const index = apply(invert(ours.affine), world).map(Math.round) as unknown as Vector
  expect(Math.hypot(...apply(ours.affine, index).map((x, n) => x - world[n]!))).toBeLessThan(
    toleranceMm(Math.max(...index)),
  )
  for (const axis of [0, 1, 2] as const) {
    expect(index[axis]).toBeGreaterThanOrEqual(0)
    expect(index[axis]).toBeLessThan(ours.shape[axis])
  }
  return index[0] + ours.shape[0] * (index[1] + ours.shape[1] * index[2])
}

const corners = (shape: readonly number[]): number[][] =>
  [0, 1, 2, 3, 4, 5, 6, 7].map((n) => [0, 1, 2].map((axis) => ((n >> axis) & 1) * (shape[axis]! - 1)))

function findSeries(series: readonly Series[], { seriesNumber, manufacturer }: Expected): Series {
  const found = series.filter(
    ({ instances: [first] }) =>
      first!.seriesNumber === seriesNumber &&
      first!.scanner.manufacturer.toLowerCase().startsWith(manufacturer.toLowerCase()),
  )
  expect(found).toHaveLength(1)
  return found[0]!
}

async function load(found: Found, series: Series, volume: number): Promise<Volume> {
  return (await toVolume(series.volumes[volume]!, (instance) => found.read(instance))).volume
}

it.skipIf(!dataFolder)(`slices lie where the files say, to 1e-4 mm${withoutData}`, async () => {
  const found = await openFolder('brain_t1_philips')
  const [{ volumes }] = collectSeries(found.instances) as [Series]
  const [{ frames, affine }] = volumes as [Series['volumes'][number]]
  const off = frames.map(({ plane }, k) =>
    Math.hypot(...apply(affine, [0, 0, k]).map((x, n) => x - plane.position[n]!)),
  )
  expect(Math.max(...off)).toBeLessThan(1e-4)
})

describe.skipIf(!dataFolder)(`volumes agree with dcm2niix's${withoutData}`, () => {
  it.each(folders)('%s', async (folder) => {
    const found = await openFolder(folder)
    const all = collectSeries(found.instances)
    const references = expected[folder] as Expected[]
    expect(all).toHaveLength(new Set(references.map((one) => `${one.manufacturer} ${one.seriesNumber}`)).size)
    for (const reference of references) {
      const series = findSeries(all, reference)
      expect(series.problems).toEqual([])
      const affine = toLps(reference.affineRAS)
      const count = reference.shape[3] ?? 1
      const first = /fieldmaphz/.test(reference.name) ? 1 : 0
      if (count > 1) expect(series.volumes).toHaveLength(count)
      let [sum, min, max] = [0, Infinity, -Infinity]
      for (let n = 0; n < count; n++) {
        const volume = await load(found, series, first + n)
        expect([...volume.shape].sort()).toEqual(reference.shape.slice(0, 3).sort())
        for (const corner of corners(reference.shape)) sameVoxel(volume, affine, corner)
        for (const { ijk, value } of reference.samples.filter((sample) => (sample.ijk[3] ?? 0) === n))
          expect(Math.abs(volume.data[sameVoxel(volume, affine, ijk)]! - value)).toBeLessThanOrEqual(
            1e-6 * Math.max(Math.abs(value), reference.max),
          )
        for (const value of volume.data) {
          sum += value
          min = Math.min(min, value)
          max = Math.max(max, value)
        }
      }
      expect(min).toBeCloseTo(reference.min, 3)
      expect(max).toBeCloseTo(reference.max, 3)
      expect(sum / reference.shape.reduce((a, b) => a * b)).toBeCloseTo(reference.mean, 3)
    }
  })
})

/**
 * dcm2niix's own files beside the series. Those of Philips have its private scaling (another slope and intercept, rounded
 * to float32), which a straight line takes out.
 */
const files = [
  ...[4, 5, 6, 7].map((n) => ['dcm_qa_nih', `DCM2NIIX_regression_test_${n}`, n, 'GE', 0] as const),
  ...(['AP_3', 'PA_4', 'RL_5', 'LR_6'] as const).map(
    (name) => ['dcm_qa_nih', `EPI_PE=${name}`, Number(name.slice(3)), 'Siemens', 0] as const,
  ),
  ['dcm_qa_enh', 'Siemens_REST1_w_SMS_PF7-8_6', 6, 'Siemens', 0],
  ['dcm_qa_enh', 'Philips_WIP_B0_NS_801_e1', 801, 'Philips', 0],
  ['dcm_qa_enh', 'Philips_WIP_B0_NS_801_e2_fieldmaphz', 801, 'Philips', 1],
] as const

/** Slope and intercept between two images of the same voxels, through the darkest and the brightest. */
function lineThrough(ours: Volume, reference: Volume, origin: number, steps: readonly number[]): [number, number] {
  const [ni, nj] = reference.shape
  const ourValue = (n: number): number =>
    ours.data[
      origin + (n % ni) * steps[0]! + (Math.floor(n / ni) % nj) * steps[1]! + Math.floor(n / ni / nj) * steps[2]!
    ]!
  const high = reference.data.indexOf(reference.data.reduce((a, b) => Math.max(a, b)))
  const low = reference.data.indexOf(reference.data.reduce((a, b) => Math.min(a, b)))
  const slope = (reference.data[high]! - reference.data[low]!) / (ourValue(high) - ourValue(low))
  return [slope, reference.data[low]! - slope * ourValue(low)]
}

describe.skipIf(!dataFolder)(`every voxel of dcm2niix's NIfTI files${withoutData}`, () => {
  it.each(files)('%s %s', async (folder, name, seriesNumber, manufacturer, first) => {
    const path = `${dataFolder}/dicom/${folder}/Ref/${name}.nii`
    expect(existsSync(path)).toBe(true)
    const nifti = openNifti(readFileSync(path), name)
    const found = await openFolder(`${folder}/In`)
    const series = findSeries(collectSeries(found.instances), { seriesNumber, manufacturer } as Expected)
    for (let n = 0; n < nifti.count; n++) {
      const reference = readVolume(nifti, n).volume
      const ours = await load(found, series, first + n)
      const origin = sameVoxel(ours, reference.affine, [0, 0, 0])
      const steps = corners([2, 2, 2])
        .slice(0, 5)
        .filter((_, index) => [1, 2, 4].includes(index))
      const [di, dj, dk] = steps.map((step) => sameVoxel(ours, reference.affine, step) - origin) as [
        number,
        number,
        number,
      ]
      const [ni, nj, nk] = reference.shape
      const isPrivate = manufacturer === 'Philips'
      const [slope, intercept] = isPrivate ? lineThrough(ours, reference, origin, [di, dj, dk]) : [1, 0]
      let worst = 0
      for (let k = 0; k < nk; k++)
        for (let j = 0; j < nj; j++)
          for (let i = 0; i < ni; i++) {
            const value = ours.data[origin + i * di + j * dj + k * dk]!
            worst = Math.max(worst, Math.abs(slope * value + intercept - reference.data[i + ni * (j + nj * k)]!))
          }
      expect(worst).toBeLessThanOrEqual(isPrivate ? 5e-4 * Math.abs(slope) : 0)
    }
  })
})
