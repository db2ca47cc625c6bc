import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { freshFolder, scanbridge } from '../../tests/command-line.ts'
import { ballScan, saveThresholdModel } from '../../tests/threshold-model.ts'
import { sagittalBall, writeSeries, writeTwoSeries } from '../../tests/two-series.ts'
import type { Replay } from '../app/replay.ts'
import type { Report } from '../report/report.ts'
import type { RunRecord } from '../runs/run.ts'
import { writeNifti } from '../volume/nifti.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)
process.env['SCANBRIDGE_MODELS'] = at('models')
const record = (run: string): RunRecord => JSON.parse(readFileSync(at(run, 'run.json'), 'utf8')) as RunRecord
const bytes = (run: string, name: string): Buffer => readFileSync(at(run, name))
const settings = ['--model', 'threshold', '--steps', '2', '--set', 'gate=1', '--set', 'slices=6', '--seed', '4']
const adapt = (...args: string[]) => scanbridge(['adapt', ...args, ...settings])

beforeAll(async () => {
  await saveThresholdModel(at('models', 'threshold'))
  const { volume } = ballScan()
  writeTwoSeries(at('study'))
  const another = { ...volume, data: volume.data.map((value) => value + 1) }
  writeSeries(at('study', 'elsewhere'), another, { key: 'other', series: 3 })
  writeFileSync(at('scan.nii.gz'), writeNifti(volume))
  writeFileSync(at('other.nii.gz'), writeNifti(sagittalBall()))
  const { affine, ...rest } = sagittalBall()
  const far = affine.map((value, n) => (n === 3 ? value + 900 : value))
  writeFileSync(at('far.nii.gz'), writeNifti({ ...rest, affine: far }))
})

describe('two series of a DICOM study', () => {
  test('adapt together; the run, its report and a replay know both', async () => {
    const { code, stdout } = await adapt(at('study'), '--series', '3', '--with', '4', '--out', at('run'), '--json')
    expect([0, 4]).toContain(code)
    const told = JSON.parse(stdout) as RunRecord
    expect(told.with).toMatchObject([
      { name: 'Series 4', kind: 'dicom', shape: [60, 50, 36], outcome: { isUsed: true } },
    ])
    const [other] = told.with!
    expect(other!.outcome!.agreement).toBeGreaterThan(0.6)
    expect(other!.seriesHash).not.toBe(told.input.seriesHash)
    expect(other!.spacing.map((mm) => Math.round(10 * mm))).toEqual([28, 24, 40])
    const sentence = other!.outcome!.sentence
    expect(sentence).toMatch(/^Series 4 adapts together with the scan: it shows 6 of 6 slices/)
    expect(readFileSync(at('run', 'report.html'), 'utf8')).toContain(sentence)
    const report = JSON.parse(readFileSync(at('run', 'report.json'), 'utf8')) as Report
    expect(report.with).toEqual(told.with)
    expect(report.steps.flatMap(({ notes }) => notes)).toContain(sentence)

    const again = await scanbridge([
      'replay',
      at('run', 'report.json'),
      '--scan',
      at('study'),
      '--series',
      '3',
      '--json',
    ])
    expect(JSON.parse(again.stdout) as Replay).toMatchObject({ outcome: 'equal', differences: [] })
    const gone = await scanbridge(['replay', at('run', 'report.json'), '--scan', at('study', 'first')])
    expect(gone.code).toBe(3)
    expect(gone.stderr).toContain('what the run adapted together with (Series 4) is not there')
  }, 120_000)

  test('without --with the run tells of no other, and --with changes its result', async () => {
    await adapt(at('study'), '--series', '3', '--out', at('alone'))
    expect(record('alone').with).toBeUndefined()
    expect(bytes('alone', 'before.nii.gz')).toEqual(bytes('run', 'before.nii.gz'))
    expect(bytes('alone', 'checkpoints/0007.safetensors')).not.toEqual(bytes('run', 'checkpoints/0007.safetensors'))
  }, 120_000)

  test.each([
    ['3', /Series 3 of .* cannot be used: it cannot adapt together with the scan: it is the scan itself/],
    ['5', /it is of another study/],
    ['9', /it holds no series 9/],
  ])('--with %s is refused in a sentence', async (other, sentence) => {
    const { code, stderr } = await adapt(at('study'), '--series', '3', '--with', other, '--out', at('refused'))
    expect(code).toBe(3)
    expect(stderr).toMatch(sentence)
  })

  test('a method for one series at a time says so', async () => {
    const args = ['adapt', at('study'), '--series', '3', '--with', '4', '--model', 'threshold', '--method', 'tent']
    const { code, stderr } = await scanbridge([...args, '--out', at('tent')])
    expect(code).not.toBe(0)
    expect(stderr).toContain('it adapts to one series at a time')
  })
})

describe('two NIfTI files', () => {
  test('adapt together by their affines, and are replayed', async () => {
    await adapt(at('scan.nii.gz'), '--with', at('other.nii.gz'), '--out', at('nifti'))
    expect(record('nifti').with).toMatchObject([{ name: 'Other scan 1', kind: 'nifti', outcome: { isUsed: true } }])
    const replay = ['replay', at('nifti', 'report.json'), '--scan', at('scan.nii.gz'), '--json']
    const { stdout } = await scanbridge([...replay, '--with', at('other.nii.gz')])
    expect(JSON.parse(stdout) as Replay).toMatchObject({ outcome: 'equal' })
    expect((await scanbridge(replay)).stderr).toContain('Give it with --with')
  }, 120_000)

  test('one that lies elsewhere is refused', async () => {
    const { code, stderr } = await adapt(at('scan.nii.gz'), '--with', at('far.nii.gz'), '--out', at('far'))
    expect(code).toBe(3)
    expect(stderr).toContain('it lies elsewhere in space than the scan')
  })
})
