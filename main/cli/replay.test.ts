import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freshFolder, scanbridge } from '../../tests/command-line.ts'
import { ballNifti, ballScan, saveThresholdModel } from '../../tests/threshold-model.ts'
import type { Replay } from '../app/replay.ts'
import type { Report } from '../report/report.ts'
import { writeNifti } from '../volume/nifti.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)
process.env['SCANBRIDGE_MODELS'] = at('models')
const replay = async (report: string, scan = 'scan.nii.gz'): Promise<{ code: number | null; result: Replay }> => {
  const { code, stdout } = await scanbridge(['replay', at(report), '--scan', at(scan), '--json'])
  return { code, result: JSON.parse(stdout) as Replay }
}
const report = (): Report => JSON.parse(readFileSync(at('run', 'report.json'), 'utf8')) as Report

beforeAll(async () => {
  await saveThresholdModel(at('models', 'threshold'))
  writeFileSync(at('scan.nii.gz'), ballNifti().scan)
  const settings = ['--model', 'threshold', '--method', 'tent', '--steps', '3', '--seed', '4', '--out', at('run')]
  await scanbridge(['adapt', at('scan.nii.gz'), ...settings])
})

test('a replayed run is the same to the bit, also after a person took it back', async () => {
  expect((await replay('run/report.json')).result).toMatchObject({ outcome: 'equal', differences: [] })
  await scanbridge(['rollback', at('run')])
  expect((await replay('run/report.json')).result.outcome).toBe('equal')
})

test('a report whose numbers are not those of its run is found out, and where', async () => {
  const forged = report()
  const step = forged.steps.find(({ phase }) => phase === 'train')!
  step.loss['total'] = step.loss['total']! * 1.5
  writeFileSync(at('forged.json'), JSON.stringify(forged))
  const { code, result } = await replay('forged.json')
  expect(code).toBe(1)
  expect(result.outcome).toBe('different')
  expect(result.differences.map(({ what }) => what)).toEqual(['total of step 1 (train)'])
  step.loss['total'] = step.loss['total'] / 1.5 + 1e-6
  writeFileSync(at('close.json'), JSON.stringify(forged))
  expect((await replay('close.json')).result.outcome).toBe('within-tolerance')
})

test('another scan, and what is no report, are refused in a sentence', async () => {
  const { volume } = ballScan()
  writeFileSync(at('other.nii.gz'), writeNifti({ ...volume, data: volume.data.map((value) => value + 1) }))
  const other = await scanbridge(['replay', at('run', 'report.json'), '--scan', at('other.nii.gz')])
  expect(other.code).toBe(3)
  expect(other.stderr).toContain('is not the scan that the report is of')
  const wrong = await scanbridge(['replay', at('run', 'run.json'), '--scan', at('scan.nii.gz')])
  expect(wrong.code).toBe(3)
  expect(wrong.stderr).toContain('no report.json of a run')
})
