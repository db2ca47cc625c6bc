import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freshFolder, scanbridge, start } from '../../tests/command-line.ts'
import { ballNifti, saveThresholdModel } from '../../tests/threshold-model.ts'
import type { RunRecord } from '../runs/run.ts'
import { openNifti, readLabelMap } from '../volume/nifti.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)
process.env['SCANBRIDGE_MODELS'] = at('models')
const run = (...args: string[]) => scanbridge(args)
/** In a process of its own, as a user runs it: nothing but the result may reach its stdout. */
const alone = (...args: string[]) => start(args).done
const record = (folder: string): RunRecord => JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')) as RunRecord
const hash = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex')
const lines = (folder: string): number =>
  existsSync(join(folder, 'steps.jsonl')) ? readFileSync(join(folder, 'steps.jsonl'), 'utf8').split('\n').length - 1 : 0
async function until(isSo: () => boolean, what: () => string): Promise<void> {
  for (let n = 0; !isSo(); n++) {
    if (n > 1200) throw new Error(`waited for a minute: ${what()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

beforeAll(async () => {
  const { scan, truth } = ballNifti()
  writeFileSync(at('scan.nii.gz'), scan)
  writeFileSync(at('truth.nii.gz'), truth)
  await saveThresholdModel(at('models', 'threshold'))
})

test('adapt leaves a whole run folder, and rollback brings back each mask byte for byte', async () => {
  const folder = at('run')
  const source = hash(at('models', 'threshold', 'model.onnx'))
  const adapted = await alone(
    'adapt',
    at('scan.nii.gz'),
    '--model',
    'threshold',
    '--method',
    'tent',
    '--steps',
    '3',
    '--lr',
    '0.002',
    '--reference',
    at('truth.nii.gz'),
    '--no-guard',
    '--trace',
    at('trace'),
    '--seed',
    '7',
    '--out',
    folder,
    '--json',
  )
  expect(adapted.stderr).not.toContain('failed')
  expect(adapted.code).toBe(0)
  const told = JSON.parse(adapted.stdout) as RunRecord & { folder: string }
  expect(told).toMatchObject({
    folder,
    state: 'done',
    kept: 3,
    guard: { verdict: 'off' },
    method: { name: 'tent', seed: 7, parameters: { steps: 3, learningRate: 0.002 } },
  })
  for (const name of [
    'before.nii.gz',
    'after.nii.gz',
    'mask.nii.gz',
    'steps.jsonl',
    'report.html',
    'report.pdf',
    'report.json',
    'report.csv',
    'checkpoints/0003.safetensors',
    'checkpoints/0003.nii.gz',
  ])
    expect(existsSync(join(folder, name)), name).toBe(true)
  expect(existsSync(join(folder, 'mask.dcm'))).toBe(false)
  expect(readdirSync(at('trace', '0002')).sort()).toEqual([
    'input.npy',
    'logits.npy',
    'params.safetensors',
    'views.json',
  ])

  // The truth is known: the source model finds the core exactly and the shell but for its rim.
  expect(told.reference!.before['core']!.dice).toBeGreaterThan(0.99)
  expect(told.reference!.before['shell']!.dice).toBeGreaterThan(0.9)
  const before = readLabelMap(openNifti(readFileSync(join(folder, 'before.nii.gz')), 'before'))
  const ml = (before.data.filter((label) => label === 2).length * 27) / 1000
  expect(told.volumes['core']!.before).toBeCloseTo(ml, 3)

  const [first, last] = [hash(join(folder, 'before.nii.gz')), hash(join(folder, 'mask.nii.gz'))]
  expect(last).toBe(hash(join(folder, 'after.nii.gz')))
  expect(first).not.toBe(last)
  expect((await run('rollback', folder)).code).toBe(0)
  expect(hash(join(folder, 'mask.nii.gz'))).toBe(first)
  expect(record(folder)).toMatchObject({ kept: 'source', volumes: { core: { kept: told.volumes['core']!.before } } })
  expect((await run('rollback', folder, '--to', '3')).code).toBe(0)
  expect(hash(join(folder, 'mask.nii.gz'))).toBe(last)
  expect(record(folder).history.map(({ event }) => event)).toEqual(['created', 'kept', 'rolled-back', 'rolled-back'])
  const none = await run('rollback', folder, '--to', '2')
  expect(none).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('step 2 has no stored mask. Steps with one: 3. Or give the scan') as string,
  })
  expect((await run('rollback', folder, '--to', '2', '--scan', at('scan.nii.gz'))).code).toBe(0)
  expect(record(folder).kept).toBe(2)
  expect([first, last]).not.toContain(hash(join(folder, 'mask.nii.gz')))
  const other = await run('rollback', folder, '--to', '1', '--scan', at('truth.nii.gz'))
  expect(other).toMatchObject({ code: 3, stderr: expect.stringContaining('it is not the scan that') as string })
  expect(hash(at('models', 'threshold', 'model.onnx'))).toBe(source)
}, 240_000)

test('the same scan, engine and seed give the same masks and parameters; the adapted network goes out as ONNX', async () => {
  const args = ['adapt', at('scan.nii.gz'), '--model', 'threshold', '--method', 'tent', '--steps', '2']
  const both = [at('a'), at('b')]
  for (const out of both) expect((await run(...args, '--out', out)).code).toBe(0)
  for (const name of ['before.nii.gz', 'after.nii.gz', 'mask.nii.gz', 'checkpoints/0002.safetensors'])
    expect(hash(join(both[0]!, name))).toBe(hash(join(both[1]!, name)))
  const out = at('adapted.onnx')
  const exported = await run('models', 'export', both[0]!, '--step', '2', '--out', out, '--json')
  expect(exported.code).toBe(0)
  expect(JSON.parse(exported.stdout)).toMatchObject({ out, model: 'threshold', step: 2 })
  expect(hash(out)).not.toBe(hash(at('models', 'threshold', 'model.onnx')))
  expect((await run('models', 'export', both[0]!, '--out', out)).code).toBe(2)
}, 240_000)

test('a guard that rolls back is told by exit code 4, and the mask is the source', async () => {
  const folder = at('collapsed')
  const { code, stdout } = await run(
    'adapt',
    at('scan.nii.gz'),
    '--model',
    'threshold',
    '--method',
    'tent',
    '--steps',
    '60',
    '--lr',
    '0.1',
    '--set',
    'alpha=1',
    '--out',
    folder,
  )
  expect(stdout).toContain('The guard rolled the adaptation back.')
  expect(code).toBe(4)
  expect(hash(join(folder, 'mask.nii.gz'))).toBe(hash(join(folder, 'before.nii.gz')))
  expect(record(folder)).toMatchObject({ kept: 'source', guard: { verdict: 'rolled-back' } })
  expect((await run('rollback', folder, '--to', '60')).code).toBe(0)
  expect(record(folder)).toMatchObject({ kept: 60, guard: { verdict: 'overruled' } })
  expect((await run('rollback', folder)).code).toBe(0)
  expect(record(folder)).toMatchObject({ kept: 'source', guard: { verdict: 'rolled-back' } })
}, 240_000)

const long = (folder: string) =>
  start(['adapt', at('scan.nii.gz'), '--model', 'threshold', '--method', 'tent', '--steps', '1000', '--out', folder])

test('kill -9 in the middle leaves a run that says so, can be read, reported and rolled back', async () => {
  const folder = at('killed')
  const source = hash(at('models', 'threshold', 'model.onnx'))
  const { child, done, text } = long(folder)
  await until(() => lines(folder) > 3, text)
  child.kill('SIGKILL')
  expect((await done).code).toBe(null)
  expect(record(folder).state).toBe('running')
  expect(hash(join(folder, 'mask.nii.gz'))).toBe(hash(join(folder, 'before.nii.gz')))

  const reported = await run('report', folder, '--format', 'json,html', '--json')
  expect(reported.code).toBe(0)
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as {
    run: { state: string; steps: number }
    partial: string
  }
  expect(report.run.state).toBe('interrupted')
  expect(report.partial).toContain('was interrupted after step')
  expect(report.run.steps).toBeGreaterThanOrEqual(3)
  expect((await run('rollback', folder)).code).toBe(0)
  expect(record(folder)).toMatchObject({ state: 'failed', kept: 'source' })
  expect(hash(at('models', 'threshold', 'model.onnx'))).toBe(source)
}, 240_000)

test('Ctrl-C stops within a step, keeps what is done and exits 130', async () => {
  const folder = at('stopped')
  const { child, done, text } = long(folder)
  await until(() => lines(folder) > 3, text)
  const before = lines(folder)
  child.kill('SIGINT')
  const { code, stderr } = await done
  expect(code).toBe(130)
  expect(stderr).toContain('Stopping after this step')
  expect(lines(folder) - before).toBeLessThan(5) // the signal itself takes its way
  expect(record(folder)).toMatchObject({ state: 'cancelled', kept: 'source' })
  expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain(
    'This report is partial: the run was cancelled after step',
  )
}, 240_000)

test.each([
  ['methods', '--json'],
  ['methods', 'show', 'consistency', '--json'],
  ['models', 'list', '--json'],
  ['models', '--json'],
  ['engine', '--json'],
])('%s %s prints one JSON document on stdout', async (...args) => {
  const { code, stdout } = await run(...args)
  expect(code).toBe(0)
  expect(typeof JSON.parse(stdout)).toBe('object')
})

test('every command has help with an example, on stdout, and exits 0', async () => {
  const names = [
    'index',
    'convert',
    'segment',
    'adapt',
    'rollback',
    'report',
    'models show',
    'models export',
    'methods show',
    'train',
    'simulate',
    'engine install',
    'doctor',
    'bench',
  ]
  for (const name of names) {
    const { code, stdout, stderr } = await run(...name.split(' '), '--help')
    expect([name, code, stderr]).toEqual([name, 0, ''])
    expect(stdout).toContain(`Example:\n  scanbridge ${name.split(' ')[0]!}`)
    expect(stdout).toContain('--json')
  }
}, 240_000)
