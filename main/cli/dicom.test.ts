import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { writeDicom } from '../../fixtures/dicom-writer.ts'
import { presets } from '../../fixtures/presets.ts'
import { freshFolder, scanbridge } from '../../tests/command-line.ts'
import { ballScan, saveThresholdModel } from '../../tests/threshold-model.ts'
import { createRandom } from '../volume/random.ts'
import { openNifti, readLabelMap, readVolume } from '../volume/nifti.ts'
import type { SeriesSummary } from '../app/study.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)
const { volume, truth } = ballScan()
let series: SeriesSummary

const json = async (...args: string[]): Promise<unknown> => {
  const { code, stdout } = await scanbridge([...args, '--json'])
  expect(code).toBe(0)
  return JSON.parse(stdout)
}
const open = (file: string) => openNifti(readFileSync(file), file)

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = at('models')
  await saveThresholdModel(at('models', 'threshold'))
  mkdirSync(at('scan'))
  const sequence = presets.source.sequence(createRandom(1))
  const facts = { equipment: presets.source.equipment, sequence, subject: 5000, sliceThicknessMm: 3 }
  for (const { name, bytes } of writeDicom(volume, facts)) writeFileSync(at('scan', name), bytes)
  writeFileSync(at('scan', 'notes.txt'), 'hello')
  const listed = (await json('index', at('scan'))) as { series: SeriesSummary[] }
  series = listed.series[0]!
})

test('index tells of each series what the contract names, and what was left out', async () => {
  const listed = (await json('index', at('scan'))) as { series: SeriesSummary[]; rejected: unknown[] }
  expect(Object.keys(listed)).toEqual(['series', 'rejected'])
  expect(listed.series.length).toBe(1)
  expect(Object.keys(series).sort()).toEqual(
    [
      'seriesUid',
      'studyUid',
      'frameOfReferenceUid',
      'seriesNumber',
      'description',
      'modality',
      'scanner',
      'volumes',
      'transferSyntax',
      'files',
      'problems',
    ].sort(),
  )
  expect(Object.keys(series.scanner).sort()).toEqual(
    ['key', 'manufacturer', 'model', 'fieldStrength', 'softwareVersions', 'station'].sort(),
  )
  expect(series).toMatchObject({ modality: 'MR', files: 40, problems: [] })
  expect(series.volumes).toMatchObject([{ shape: [48, 56, 40], frames: 40, kind: 'magnitude' }])
  expect(listed.rejected).toEqual([{ file: 'notes.txt', reason: 'it is not a DICOM file' }])
})

test('convert writes the named series, or all into a folder, with the voxels where they were', async () => {
  await json('convert', at('scan'), '--series', String(series.seriesNumber), '--out', at('one.nii.gz'))
  await json('convert', at('scan'), '--out', at('all'))
  expect(readdirSync(at('all'))).toEqual([`series-${series.seriesNumber}.nii.gz`])
  expect(readFileSync(join(at('all'), `series-${series.seriesNumber}.nii.gz`))).toEqual(readFileSync(at('one.nii.gz')))
  const { volume: back } = readVolume(open(at('one.nii.gz')))
  expect(back.shape).toEqual(volume.shape)
  back.affine.forEach((value, n) => expect(value).toBeCloseTo(volume.affine[n]!, 3))
  // Stored as integers of 12 bits by the simulated scanner, in a scale of its own.
  const scale = back.data[24 + 48 * (28 + 56 * 20)]! / volume.data[24 + 48 * (28 + 56 * 20)]!
  for (let n = 0; n < back.data.length; n += 997)
    expect(Math.abs(back.data[n]! / scale - volume.data[n]!)).toBeLessThan(2)
})

test('segment writes the mask on the scan\u2019s own grid, for NIfTI and DICOM readers, and nothing else', async () => {
  const told = await json('segment', at('scan'), '--model', 'threshold', '--out', at('masks'))
  expect(readdirSync(at('masks')).sort()).toEqual(['mask.dcm', 'mask.nii.gz'])
  const mask = readLabelMap(open(at('masks', 'mask.nii.gz')))
  const core = mask.data.reduce((count, label, n) => count + (label === 2 && truth.data[n] === 2 ? 1 : 0), 0)
  const all = truth.data.filter((label) => label === 2).length
  expect(core / all).toBeGreaterThan(0.99)
  expect(told).toMatchObject({ files: ['mask.nii.gz', 'mask.dcm'], model: { name: 'threshold' } })
  expect((told as { volumes: { core: number } }).volumes.core).toBeCloseTo(
    (mask.data.filter((l) => l === 2).length * 27) / 1000,
    2,
  )
  const { code } = await scanbridge(['segment', at('scan'), '--model', 'threshold', '--out', at('masks')])
  expect(code).toBe(2)

  // A DICOM SEG is taken as a reference as it is: the same mask agrees with itself.
  const adapted = (await json(
    'adapt',
    at('scan'),
    '--model',
    'threshold',
    '--method',
    'source',
    '--reference',
    at('masks', 'mask.dcm'),
    '--out',
    at('run'),
  )) as { reference: { before: Record<string, { dice: number }> } }
  expect(adapted.reference.before).toMatchObject({ shell: { dice: 1 }, core: { dice: 1 } })
  expect(existsSync(at('run', 'mask.dcm'))).toBe(true)
})
