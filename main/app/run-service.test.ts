import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDesk } from '../../tests/app-desk.ts'
import type { Desk } from '../../tests/app-desk.ts'
import { freshFolder } from '../../tests/command-line.ts'
import { ballNifti, saveThresholdModel } from '../../tests/threshold-model.ts'
import type { Input, Picked } from '../contract/contract.ts'
import type { RunDetail, VolumeRef } from '../contract/schemas.ts'
import { openNifti, readLabelMap } from '../volume/nifti.ts'

const place = freshFolder()
const home = join(place, 'home')
const picked: Picked = {
  scan: { path: join(place, 'scan.nii.gz'), name: 'scan.nii.gz' },
  truth: { path: join(place, 'truth.nii.gz'), name: 'truth.nii.gz' },
  copy: { path: join(place, 'copy.nii.gz'), name: 'copy.nii.gz' },
}
let desk: Desk
let scan: VolumeRef
const call: Desk['call'] = (name, input) => desk.call(name, input)

const tent = { model: 'threshold', method: 'tent', options: { steps: 3 }, seed: 7, guard: false, reference: null }

async function adapt(change: Partial<Input<'adapt.start'>> = {}): Promise<RunDetail> {
  const { run, job } = await call('adapt.start', { scan, ...tent, ...change })
  expect(await desk.ended(job)).toMatchObject({ state: 'done', run, kind: 'adapt' })
  return call('run.read', { run })
}

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = join(place, 'models')
  await saveThresholdModel(join(place, 'models', 'threshold'))
  const { scan: bytes, truth } = ballNifti()
  writeFileSync(picked['scan']!.path, bytes)
  writeFileSync(picked['truth']!.path, truth)
  desk = openDesk(home, picked)
  await call('app.settings', { engine: 'cpu', model: 'threshold' })
  scan = await desk.openScan('scan')
})
afterAll(() => desk.close())

test('a run is told step by step, lies in the home folder, and its masks are those of its files', async () => {
  const { run, job } = await call('adapt.start', { scan, ...tent, reference: { pick: 'truth' } })
  // Asked for at once, before its folder can be there.
  expect(await call('run.read', { run })).toMatchObject({ id: run, method: 'tent', scan })
  await expect(call('adapt.start', { scan, ...tent })).rejects.toMatchObject({ code: 'busy' })
  await expect(call('run.delete', { run })).rejects.toMatchObject({ code: 'busy' })
  expect(await desk.ended(job)).toMatchObject({ state: 'done', run, input: scan.input })

  const detail = await call('run.read', { run })
  expect(detail).toMatchObject({
    state: 'done',
    kept: 3,
    steps: 3,
    verdict: 'off',
    parameters: { steps: 3 },
    seed: 7,
    isUnsaved: false,
    hasThumbnail: true,
    canUndo: false,
    canRedo: false,
    masks: [3],
    problems: [],
  })
  expect(detail.journal.map(({ step, phase, isStored }) => [step, phase, isStored])).toEqual([
    [0, 'gate', false],
    [1, 'train', true],
    [2, 'train', true],
    [3, 'train', true],
    [3, 'final', false],
  ])
  expect(detail.reference!.before['core']!.dice).toBeGreaterThan(0.99)
  expect(desk.events('run.step').filter((one) => one.run === run).map(({ line }) => line)).toEqual(detail.journal) // prettier-ignore
  expect(desk.events('run.mask').filter((one) => one.run === run).map(({ of }) => of)).toEqual(['before', 'after', 3]) // prettier-ignore
  expect(existsSync(join(home, 'runs', run, 'run.json'))).toBe(true)
  expect((JSON.parse(readFileSync(join(home, 'runs', run, 'run.json'), 'utf8')) as { id: string }).id).toBe(run)

  const files = { before: 'before.nii.gz', after: 'after.nii.gz', kept: 'mask.nii.gz' } as const
  for (const [of, name] of Object.entries(files)) {
    const { header, bytes } = await call('run.mask', { run, of: of as keyof typeof files })
    const stored = readLabelMap(openNifti(readFileSync(join(home, 'runs', run, name)), name))
    expect(Buffer.compare(bytes, stored.data), name).toBe(0)
    expect(header).toMatchObject({ shape: [48, 56, 40], labels: [{ name: 'shell' }, { name: 'core' }] })
    expect(header.volumes['core']).toBeCloseTo((bytes.filter((label) => label === 2).length * 27) / 1000, 6)
  }
  const volumes = detail.volumes['core']!
  expect((await call('run.mask', { run, of: 'before' })).header.volumes['core']).toBeCloseTo(volumes.before, 6)

  const picture = await call('run.thumbnail', { run })
  expect(picture.bytes.length).toBe(picture.header.width * picture.header.height)
  expect(Math.max(...picture.bytes) - Math.min(...picture.bytes)).toBeGreaterThan(100)
})

test('a preview shows the ball in its ring, upright, from the first mask on', async () => {
  const { run, job } = await call('adapt.start', { scan, ...tent, options: { steps: 40 } })
  await desk.until('run.preview', (one) => one.run === run)
  const { header, bytes } = await call('adapt.preview', { run })
  await call('job.cancel', { job })
  expect(await desk.ended(job)).toMatchObject({ state: 'cancelled' })
  const { width, height } = header
  expect(bytes.length).toBe(2 * width * height)
  const label = (x: number, y: number): number => bytes[width * height + Math.round(x * width) + width * Math.round(y * height)]! // prettier-ignore
  expect([label(0.5, 0.5), label(0.02, 0.5), label(0.5, 0.02)]).toEqual([2, 0, 0])
  const grey = [...bytes.subarray(0, width * height)]
  expect(grey[Math.round(width / 2) + width * Math.round(height / 2)]).toBeGreaterThan(200)
  expect((await call('adapt.preview', { run })).header.width).toBe(0)

  // What was there before the cancel is kept, and can be looked at and resumed.
  const detail = await call('run.read', { run })
  expect(detail).toMatchObject({ state: 'cancelled', kept: 'source', verdict: 'off' })
  expect(detail.sentence).toMatch(/^Cancelled /)
  expect((await call('run.mask', { run, of: 'before' })).header.volumes['core']).toBeGreaterThan(100)
})

test('keep and undo: each choice and its taking back stand in the history, and bytes come back', async () => {
  const { id: run } = await adapt()
  const kept = async (): Promise<string> =>
    Buffer.from((await call('run.mask', { run, of: 'kept' })).bytes).toString('base64')
  const file = (): string =>
    Buffer.from(readLabelMap(openNifti(readFileSync(join(home, 'runs', run, 'mask.nii.gz')), 'm')).data).toString('base64') // prettier-ignore
  const third = await kept()
  expect((await call('run.keep', { run, to: 3 })).history.length).toBe(2)

  const atSource = await call('run.keep', { run, to: 'source' })
  expect(atSource).toMatchObject({ kept: 'source', canUndo: true, isUnsaved: true })
  const source = await kept()
  expect(source).not.toBe(third)
  expect(file()).toBe(source)

  await expect(call('run.keep', { run, to: 2 })).rejects.toMatchObject({ code: 'run-unusable' })
  const { job } = await call('run.predict', { run, step: 2 })
  expect(await desk.ended(job)).toMatchObject({ state: 'done', kind: 'predict' })
  expect(desk.events('run.mask').some((one) => one.run === run && one.of === 2)).toBe(true)
  expect(await call('run.keep', { run, to: 2 })).toMatchObject({ kept: 2, masks: [2, 3] })
  expect([source, third]).not.toContain(await kept())

  expect(await call('run.undo', { run })).toMatchObject({ kept: 'source', canUndo: true })
  expect(await kept()).toBe(source)
  const back = await call('run.undo', { run })
  expect(back).toMatchObject({ kept: 3, canUndo: false })
  expect(await kept()).toBe(third)
  expect(file()).toBe(third)
  expect(back.history.map(({ event }) => event)).toEqual(['created', 'kept', 'rolled-back', 'rolled-back', 'undone', 'undone']) // prettier-ignore
  expect(back.history.at(-1)!.detail).toBe('A user took the last choice back and kept the mask of step 3.')
  await expect(call('run.undo', { run })).rejects.toMatchObject({ code: 'usage' })

  expect(await call('run.redo', { run })).toMatchObject({ kept: 'source', canUndo: true, canRedo: true })
  expect([await kept(), file()]).toEqual([source, source])
  const again = await call('run.redo', { run })
  expect(again).toMatchObject({ kept: 2, canUndo: true, canRedo: false, isUnsaved: true })
  expect([source, third]).not.toContain(await kept())
  expect(again.history.at(-1)).toMatchObject({
    event: 'redone',
    detail: 'A user made the choice that was taken back again and kept the mask of step 2.',
  })
  await expect(call('run.redo', { run })).rejects.toMatchObject({ code: 'usage' })
  // A new choice ends what was taken back.
  await call('run.undo', { run })
  expect(await call('run.keep', { run, to: 3 })).toMatchObject({ kept: 3, canRedo: false })

  // Two at once are made one after the other.
  await Promise.all([call('run.keep', { run, to: 'source' }), call('run.keep', { run, to: 2 })])
  expect(await call('run.read', { run })).toMatchObject({ kept: 2 })
})

test('a cancelled run is run again to what it would have come to', async () => {
  const whole = await adapt({ options: { steps: 12 }, seed: 3 })
  const { run, job } = await call('adapt.start', { scan, ...tent, options: { steps: 12 }, seed: 3 })
  await desk.until('run.step', (one) => one.run === run && one.line.step >= 1)
  await call('job.cancel', { job })
  await desk.ended(job)
  const again = await call('run.resume', { run })
  expect(await desk.ended(again.job)).toMatchObject({ state: 'done', run: again.run })
  const [first, second] = [
    await call('run.mask', { run: whole.id, of: 'after' }),
    await call('run.mask', { run: again.run, of: 'after' }),
  ]
  expect(Buffer.compare(first.bytes, second.bytes)).toBe(0)
  const { history } = await call('run.read', { run })
  expect(history.at(-1)).toMatchObject({ event: 'resumed', detail: expect.stringContaining(again.run) as string })
  await expect(call('run.resume', { run: again.run })).rejects.toThrow('came to its end')
})

test('after the process died a run is resumed on what is open, whatever the list of recent scans says', async () => {
  const cancelled = async (): Promise<string> => {
    const { run, job } = await call('adapt.start', { scan, ...tent, options: { steps: 40 } })
    await desk.until('run.step', (one) => one.run === run && one.line.step >= 1)
    await call('job.cancel', { job })
    await desk.ended(job)
    return run
  }
  const resumed = async (run: string): Promise<void> => {
    const again = await call('run.resume', { run })
    await desk.until('run.step', (one) => one.run === again.run && one.line.step >= 1)
    await call('job.cancel', { job: again.job })
    expect(await desk.ended(again.job)).toMatchObject({ state: 'cancelled', input: scan.input })
  }
  const run = await cancelled()
  // A copy that was opened last and is gone: the scan itself is open still.
  const copy = picked['copy']!.path
  writeFileSync(copy, readFileSync(picked['scan']!.path))
  const second = await desk.openScan('copy')
  await call('input.voxels', second)
  await call('input.close', { input: second.input })
  rmSync(copy)
  const dead = [desk]
  desk = openDesk(home, picked)
  await resumed(run)

  // Forgotten, and no hash of it computed yet in this process.
  await call('input.forget', { recent: scan.input })
  await call('input.forget', { recent: second.input })
  dead.push(desk)
  desk = openDesk(home, picked)
  await resumed(run)
  scan = await desk.openScan('scan')
  await Promise.all(dead.map((one) => one.close()))
})

test('a disk that refuses writes fails the run in a sentence; what is there can be resumed or deleted', async () => {
  const { run, job } = await call('adapt.start', { scan, ...tent, options: { steps: 40 } })
  await desk.until('run.step', (one) => one.run === run && one.line.step >= 1)
  const folder = join(home, 'runs', run)
  renameSync(folder, join(place, 'away')) // as a drive that was pulled out
  const { error } = await desk.ended(job)
  expect(error).toMatchObject({
    code: 'cannot-write',
    message: `The run ${run} could not be written: its folder is not there any more.`,
  })
  expect(JSON.stringify(error)).not.toContain(place)
  renameSync(join(place, 'away'), folder)
  expect(await call('run.read', { run })).toMatchObject({ state: 'interrupted' })
  const again = await call('run.resume', { run })
  await desk.until('run.step', (one) => one.run === again.run)
  await call('job.cancel', { job: again.job })
  await desk.ended(again.job)
  await call('run.delete', { run }).then(() => rmSync(join(home, 'trash'), { recursive: true }))

  // Gone in the very moment that it is run again: the new run does not need it.
  const next = await call('run.resume', { run: again.run })
  rmSync(join(home, 'runs', again.run), { recursive: true })
  await desk.until('run.step', (one) => one.run === next.run)
  await call('job.cancel', { job: next.job })
  expect(await desk.ended(next.job)).toMatchObject({ state: 'cancelled' })
})

test('plain segmentation: the source method without a guard', async () => {
  const detail = await adapt({ method: 'source', options: {} })
  expect(detail).toMatchObject({ kept: 'source', method: 'source', steps: 0, canUndo: false })
  expect(detail.sentence).toMatch(/^The source model segmented the scan as it is/)
})

test('damaged folders are listed with a sentence, deleted runs can be had back, old trash goes', async () => {
  const { id: run } = await adapt()
  mkdirSync(join(home, 'runs', 'broken'))
  writeFileSync(join(home, 'runs', 'broken', 'run.json'), '{"schema": 1')
  const list = await call('run.list', {})
  expect(list[0]!.created >= list[1]!.created).toBe(true)
  expect(list.find(({ id }) => id === run)).toMatchObject({ state: 'done', model: 'threshold' })
  expect(list.find(({ id }) => id === 'broken')!.sentence).toMatch(/^This run cannot be read\. .*damaged/)
  await expect(call('run.read', { run: 'broken' })).rejects.toMatchObject({ code: 'run-unusable' })

  await call('run.delete', { run: 'broken' })
  await call('run.delete', { run })
  expect(readdirSync(join(home, 'trash')).map((name) => name.replace(/^\d{8}T\d{6}_/, '')).sort()).toEqual([run, 'broken'].sort()) // prettier-ignore
  await expect(call('run.read', { run })).rejects.toMatchObject({ code: 'not-there' })
  await expect(call('run.mask', { run, of: 'before' })).rejects.toMatchObject({ code: 'not-there' })
  for (const id of ['..', '.', 'none']) {
    await expect(call('run.delete', { run: id })).rejects.toMatchObject({ code: 'not-there' })
    await expect(call('run.read', { run: id })).rejects.toMatchObject({ code: 'not-there' })
  }
  mkdirSync(join(home, 'trash', '20200101T000000_old'))
  await desk.close()
  desk = openDesk(home, picked)
  scan = await desk.openScan('scan')
  await call('run.list', {})
  expect(readdirSync(join(home, 'trash')).length).toBe(2)
})

test('a check compares the scan with the training scans, and is read when it has ended', async () => {
  const about = { scan, model: 'threshold' }
  expect(await call('adapt.checked', about)).toBeNull()
  const { job } = await call('adapt.check', about)
  expect(await desk.ended(job)).toMatchObject({ state: 'done', kind: 'check', input: scan.input })
  expect(await call('adapt.checked', about)).toMatchObject({ level: 'unknown', causes: [] })
  // Opened again it may be another scan.
  await desk.openScan('scan')
  expect(await call('adapt.checked', about)).toBeNull()
})

test('models and methods are listed with what keeps them from being used', async () => {
  const models = await call('model.list', {})
  expect(models.find(({ name }) => name === 'threshold')).toMatchObject({ shipped: false, problem: null, labels: [{ value: 1 }, { value: 2 }] }) // prettier-ignore
  const methods = await call('method.list', { model: 'threshold' })
  expect(methods.filter(({ isRecommended }) => isRecommended).map(({ name }) => name)).toEqual(['consistency'])
  expect(methods.every(({ obstacle }) => obstacle === null || obstacle.length > 5)).toBe(true)
  const steps = methods.find(({ name }) => name === 'tent')!.options.find(({ name }) => name === 'steps')!
  expect(steps).toMatchObject({ value: 5, min: 1, integer: true, isSimple: true })
  expect((await call('method.list', { model: 'none' })).every(({ obstacle }) => obstacle !== null)).toBe(true)
  const { licences, node } = await call('app.about', {})
  expect(node).toBe(process.versions.node)
  expect(licences.find(({ name }) => name === 'fflate')).toMatchObject({ licence: 'MIT' })
  expect(licences.length).toBeGreaterThan(50)
})

test('the self-test shows that this machine computes right, trains, and does so the same each time', async () => {
  expect(await call('engine.self-tested', {})).toBeNull()
  const { job } = await call('engine.self-test', {})
  expect(await desk.ended(job)).toMatchObject({ state: 'done', kind: 'self-test' })
  const tested = (await call('engine.self-tested', {}))!
  expect(tested.checks.filter(({ passed }) => !passed)).toEqual([])
  expect(tested).toMatchObject({ passed: true, engine: expect.stringMatching(/^cpu 2\./) as string })
  expect(tested.checks.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['Computes right', 'Trains', 'Is the same each time', 'Model threshold', 'Disk']),
  )
  expect(tested.checks[0]!.detail).toMatch(/they differ by \d\.\de-[5-9] at most/)
})
