import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freshFolder, scanbridge } from '../../tests/command-line.ts'
import { ballNifti, saveThresholdModel } from '../../tests/threshold-model.ts'
import type { Adapter } from '../app/adapters.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)
process.env['SCANBRIDGE_MODELS'] = at('models')
const mask = (folder: string): Buffer => readFileSync(at(folder, 'mask.nii.gz'))

async function adapted(out: string, ...more: string[]): Promise<void> {
  const settings = ['--model', 'threshold', '--method', 'tent', '--steps', '3', '--no-guard', '--out', at(out)]
  expect((await scanbridge(['adapt', at('scan.nii.gz'), ...settings, ...more])).code).toBe(0)
}

beforeAll(async () => {
  await saveThresholdModel(at('models', 'threshold'))
  const { scan, truth } = ballNifti()
  writeFileSync(at('scan.nii.gz'), scan)
  writeFileSync(at('truth.nii.gz'), truth)
  writeFileSync(at('pinned.csv'), 'case,image,reference\none,scan.nii.gz,truth.nii.gz\n')
})

test("a run's step becomes a model of its own that segments as the run did, is listed, and can be deleted", async () => {
  await adapted('run')
  const saved = await scanbridge([
    'adapters',
    'save',
    at('run'),
    '--name',
    'ball',
    '--pinned',
    at('pinned.csv'),
    '--json',
  ])
  expect(saved.stderr).toBe('')
  const adapter = JSON.parse(saved.stdout) as Adapter
  expect(adapter.adapted).toMatchObject({ from: { model: 'threshold' }, step: 3, method: 'tent', pinned: { cases: 1 } })
  expect((await scanbridge(['segment', at('scan.nii.gz'), '--model', 'ball', '--out', at('by-adapter')])).code).toBe(0)
  expect(mask('by-adapter').equals(mask('run'))).toBe(true)
  expect((await scanbridge(['adapters'])).stdout).toContain('ball')
  const twice = await scanbridge(['adapters', 'save', at('run'), '--name', 'ball'])
  expect(twice.code).toBe(2)
  expect((await scanbridge(['adapters', 'delete', 'ball'])).code).toBe(0)
  expect(existsSync(at('models', 'ball'))).toBe(false)
  expect((await scanbridge(['adapters', 'delete', 'threshold'])).code).toBe(2)
  expect(existsSync(at('models', 'threshold'))).toBe(true)
})

test('an adapter that forgets the pinned source cases is not saved', async () => {
  // Against the source model's own mask, whatever changes is a loss.
  await adapted('changed', '--lr', '0.1')
  writeFileSync(at('own.csv'), 'case,image,reference\none,scan.nii.gz,changed/before.nii.gz\n')
  const args = ['adapters', 'save', at('changed'), '--name', 'changed', '--pinned', at('own.csv'), '--limit', '0.0001']
  const { code, stderr } = await scanbridge(args)
  expect(code).toBe(2)
  expect(stderr).toContain('1 pinned source cases falls from 1.000')
  expect(existsSync(at('models', 'changed'))).toBe(false)
})

test('what must not be forgotten has to be named, or left open in so many words', async () => {
  const args = ['adapters', 'save', at('changed'), '--name', 'open']
  const refused = await scanbridge(args)
  expect(refused.code).toBe(2)
  expect(refused.stderr).toContain('--pinned MANIFEST.csv')
  expect((await scanbridge([...args, '--unchecked'])).code).toBe(0)
  expect((await scanbridge(['adapters'])).stdout).toContain('not checked')
})

test('a run that kept the source has nothing to save, and says so', async () => {
  await scanbridge(['rollback', at('run')])
  const args = ['adapters', 'save', at('run'), '--name', 'nothing', '--unchecked']
  const { code, stderr } = await scanbridge(args)
  expect(code).toBe(3)
  expect(stderr).toContain('kept the source model')
})
