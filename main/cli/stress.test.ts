import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { freshFolder, scanbridge } from '../../tests/command-line.ts'
import { ballNifti, ballScan, saveThresholdModel } from '../../tests/threshold-model.ts'
import type { Stress } from '../report/stress.ts'
import { writeNifti } from '../volume/nifti.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)

test('a scan made worse step by step: the model that labels by intensity breaks by noise, not by scale', async () => {
  process.env['SCANBRIDGE_MODELS'] = at('models')
  await saveThresholdModel(at('models', 'threshold'))
  const { scan, truth } = ballNifti()
  writeFileSync(at('scan.nii.gz'), scan)
  writeFileSync(at('truth.nii.gz'), truth)
  const args = ['stress', at('scan.nii.gz'), '--model', 'threshold', '--method', 'norm', '--out', at('out'), '--json']
  const only = ['--only', 'noise', '--only', 'scale', '--only', 'thickness']
  const { stdout, stderr } = await scanbridge([...args, ...only, '--reference', at('truth.nii.gz')])
  expect(JSON.parse(stdout), stderr).not.toHaveProperty('error')
  const { curves, against } = JSON.parse(stdout) as Stress
  expect(against).toBe('mask')
  const [noise, scale, thickness] = curves
  expect(noise!.points.map(({ level }) => level)).toEqual([0, 3, 6, 12, 20])
  expect(noise!.points[0]!.before).toBeGreaterThan(0.95)
  expect(noise!.points.at(-1)!.before).toBeLessThan(noise!.points[0]!.before!)
  expect(scale).toMatchObject({ breaksAt: null })
  expect(thickness!.points.every(({ before }) => before !== null && before > 0.8)).toBe(true)
  const page = readFileSync(at('out', 'stress.html'), 'utf8')
  expect(page.match(/<svg/g)).toHaveLength(3)
  expect(page).not.toContain(place)
  // Enough to do it again.
  const { evaluation, scan: of } = JSON.parse(stdout) as Stress
  for (const known of [evaluation.model.sha256, of.seriesHash, evaluation.engine, 'alpha = '])
    expect(page).toContain(known)
  expect(readFileSync(at('out', 'stress.csv'), 'utf8').split('\n')).toHaveLength(1 + 3 * 5 + 1)
})

test('a folder of another scan is left alone: its curves are not those of this one', async () => {
  const { volume } = ballScan()
  writeFileSync(at('other.nii.gz'), writeNifti({ ...volume, data: volume.data.map((value) => value + 1) }))
  const before = readFileSync(at('out', 'stress.json'), 'utf8')
  const args = ['--model', 'threshold', '--method', 'norm', '--only', 'scale', '--reference', at('truth.nii.gz')]
  const other = await scanbridge(['stress', at('other.nii.gz'), ...args, '--out', at('out')])
  expect(other.code).toBe(2)
  expect(other.stderr).toContain('holds the stress test of another scan')
  expect(readFileSync(at('out', 'stress.json'), 'utf8')).toBe(before)
})

test('a degradation that does not exist is refused with those that do', async () => {
  const { code, stderr } = await scanbridge(['stress', at('scan.nii.gz'), '--only', 'rain', '--out', at('never')])
  expect(code).toBe(2)
  expect(stderr).toContain('noise, blur, bias, gamma, thickness, scale')
})
