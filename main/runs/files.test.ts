import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRun, findRuns, readCheckpoint, readRun, readRunFile, reopenRun } from './files.ts'
import type { NewRun } from './files.ts'

const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'runs-')), 'run')
const newRun: NewRun = {
  scanbridge: { version: '0.1.0', commit: null },
  engine: { name: 'cpu', tensorflow: '2.21.0', device: 'CPU', threads: 2, notes: [] },
  input: {
    kind: 'nifti',
    seriesHash: 'a1',
    modality: 'MR',
    scanner: null,
    shape: [4, 4, 2],
    spacing: [1, 1, 3],
    notes: [],
  },
  model: { name: 'tiny', version: '1', sha256: 'b2', labels: [{ value: 1, name: 'disc', color: '#E69F00' }] },
  method: { name: 'tent', parameters: { learningRate: 0.001 }, seed: 0 },
}
const step = (n: number) => ({
  step: n,
  phase: 'train',
  elapsedMs: 10 * n,
  loss: { total: 1 / n },
  learningRate: 1e-3,
  gradNorm: NaN,
  scores: {},
  measures: {},
  notes: [],
})
const weights = new Map([['scale', { dims: [2], data: new Float32Array([1, 2]) }]])

test('what was written is read back, step by step', async () => {
  const folder = fresh()
  const run = await createRun(folder, newRun)
  await run.appendStep({ ...step(1), checkpoint: weights })
  await run.writeFile('checkpoints/0001.nii.gz', new Uint8Array([1, 2, 3]))
  await run.appendStep(step(2))
  await run.writeFile('before.nii.gz', new Uint8Array([7]))
  await run.decide('kept', 'Step 1 was kept.', { state: 'done', kept: 1 })
  run.close()

  const back = await readRun(folder)
  expect(back.state).toBe('done')
  expect(back.record).toMatchObject({ schema: 1, kept: 1, method: { name: 'tent', seed: 0 } })
  expect(back.record.history.map(({ event }) => event)).toEqual(['created', 'kept'])
  expect(back.journal.map((line) => [line.step, line.loss['total'], line.gradNorm, line.checkpoint])).toEqual([
    [1, 1, null, 'checkpoints/0001.safetensors'],
    [2, 0.5, null, null],
  ])
  expect(back.masks).toEqual([1])
  expect(back.problems).toEqual([])
  expect((await readCheckpoint(folder, 1)).get('scale')!.data).toEqual(new Float32Array([1, 2]))
  expect(await readRunFile(folder, 'before.nii.gz')).toEqual(Buffer.from([7]))
  await expect(readCheckpoint(folder, 2)).rejects.toThrow('step 2 has no checkpoint')
})

test('nothing is overwritten: neither a run nor a folder with anything else in it', async () => {
  const folder = fresh()
  const run = await createRun(folder, newRun)
  await expect(createRun(folder, newRun)).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('already holds a run') as string,
  })
  expect((await readRun(folder)).record.id).toBe(run.record.id)

  const other = fresh()
  mkdirSync(other)
  writeFileSync(join(other, 'thesis.txt'), 'x')
  await expect(createRun(other, newRun)).rejects.toThrow('not empty')
  expect(readdirSync(other)).toEqual(['thesis.txt'])
  await expect(createRun(join(other, 'thesis.txt'), newRun)).rejects.toMatchObject({ code: 'cannot-write' })
})

test('of two runs that begin at once in one folder, one is refused', async () => {
  const folder = fresh()
  const results = await Promise.allSettled([createRun(folder, newRun), createRun(folder, newRun)])
  expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
})

test('a killed writer leaves a run that says so, with every step up to the kill', async () => {
  const folder = fresh()
  const script = `
    import { createRun } from ${JSON.stringify(join(import.meta.dirname, 'files.ts'))}
    const run = await createRun(${JSON.stringify(folder)}, ${JSON.stringify(newRun)})
    for (let n = 1; ; n++) {
      await run.appendStep({ step: n, phase: 'train', elapsedMs: n, loss: {}, learningRate: null, gradNorm: null, scores: {}, measures: {}, notes: [],
        checkpoint: new Map([['w', { dims: [1], data: new Float32Array([n]) }]]) })
      console.log(n)
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const told = await new Promise<number>((resolve) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const steps = text.split('\n').slice(0, -1).map(Number)
      if (steps.at(-1)! >= 20) resolve(steps.at(-1)!)
    })
  })
  expect((await readRun(folder)).state).toBe('running')
  await expect(reopenRun(folder)).rejects.toThrow('still being written')
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))

  appendFileSync(join(folder, 'steps.jsonl'), '{"step": 99, "pha')
  const back = await readRun(folder)
  expect(back.state).toBe('interrupted')
  expect(back.journal.length).toBeGreaterThanOrEqual(told)
  expect(back.journal.map((line) => line.step)).toEqual(back.journal.map((_, n) => n + 1))
  expect(back.problems).toEqual([`steps.jsonl: line ${back.journal.length + 1} was cut off.`])
  const last = back.journal.at(-1)!.step
  expect((await readCheckpoint(folder, last)).get('w')!.data[0]).toBe(last)

  const writer = await reopenRun(folder)
  expect(writer.record).toMatchObject({ state: 'failed', failure: `The run was interrupted after step ${last}.` })
  expect(writer.record.history.at(-1)!.event).toBe('interrupted')
})

test('fields of a later version are carried along', async () => {
  const folder = fresh()
  await createRun(folder, newRun)
  const file = join(folder, 'run.json')
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), state: 'done', later: { x: 1 } }))
  await (await reopenRun(folder)).decide('kept', 'x')
  expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ later: { x: 1 } })
})

test.each([
  ['no folder', (_: string) => {}, 'no run.json'],
  ['a folder without run.json', (folder: string) => mkdirSync(folder), 'no run.json'],
  [
    'run.json is not JSON',
    (folder: string) => (mkdirSync(folder), writeFileSync(join(folder, 'run.json'), '{"sch')),
    'damaged',
  ],
  [
    'run.json of another schema',
    (folder: string) => (mkdirSync(folder), writeFileSync(join(folder, 'run.json'), '{"schema":9}')),
    'damaged',
  ],
])('%s is refused in one sentence', async (_, make, says) => {
  const folder = fresh()
  make(folder)
  await expect(readRun(folder)).rejects.toMatchObject({
    code: 'run-unusable',
    message: expect.stringContaining(says) as string,
  })
})

test('finds a run, or the runs directly in a folder', async () => {
  const folder = fresh()
  await createRun(join(folder, 'b'), newRun)
  await createRun(join(folder, 'a'), newRun)
  expect(findRuns(folder)).toEqual([join(folder, 'a'), join(folder, 'b')])
  expect(findRuns(join(folder, 'a'))).toEqual([join(folder, 'a')])
  expect(() => findRuns(join(folder, 'c'))).toThrow('no run.json')
  expect(existsSync(join(folder, 'c'))).toBe(false)
})
