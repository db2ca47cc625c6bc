import { createHash } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { strFromU8, unzipSync } from 'fflate'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDesk } from '../../tests/app-desk.ts'
import type { Desk } from '../../tests/app-desk.ts'
import { freshFolder } from '../../tests/command-line.ts'
import { givingAway, textOf, writeIdentifiedScan } from '../../tests/identified-scan.ts'
import { saveThresholdModel } from '../../tests/threshold-model.ts'
import { readOnnx } from '../model/onnx.ts'
import { readRun } from '../runs/files.ts'
import { findHomeRuns, moveToTrash } from './home-runs-files.ts'
import { openHome } from './state-files.ts'

const place = freshFolder()
const home = join(place, 'home')
const folder = join(place, 'Mustermann_Erika')
let desk: Desk
let run: string

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = join(place, 'models')
  await saveThresholdModel(join(place, 'models', 'threshold'))
  writeIdentifiedScan(folder)
  desk = openDesk(home, { scan: { path: folder, name: 'Mustermann_Erika' } })
  await desk.call('app.settings', { engine: 'cpu', model: 'threshold' })
  const scan = await desk.openScan('scan')
  const request = { model: 'threshold', method: 'tent', options: { steps: 2 }, seed: 0, guard: false, reference: null }
  const begun = await desk.call('adapt.start', { scan, ...request })
  expect(await desk.ended(begun.job)).toMatchObject({ state: 'done' })
  run = begun.run
})
afterAll(() => desk.close())

async function unpacked(items: string[], identity = false): Promise<Record<string, Uint8Array>> {
  const { header, bytes } = await desk.call('export.make', { run, items, identity })
  expect(header.name).toBe(`scanbridge-${run}.zip`)
  const files = unzipSync(bytes)
  expect(header.entries).toEqual(Object.entries(files).map(([name, file]) => ({ name, bytes: file.length })))
  return files
}

const mentions = (files: Record<string, Uint8Array>): string[] =>
  Object.entries(files)
    .filter(([name, bytes]) => givingAway.test(name) || givingAway.test(textOf(name, Buffer.from(bytes))))
    .map(([name]) => name)

test('every item that can be had names nobody but the DICOM SEG, and reports do so only when asked', async () => {
  const items = await desk.call('export.items', { run })
  expect(items.filter(({ obstacle }) => obstacle !== null)).toEqual([])
  expect(items.filter(({ identifies }) => identifies).map(({ name }) => name)).toEqual(['mask.dcm'])
  const anonymous = items.map(({ name }) => name).filter((name) => name !== 'mask.dcm')
  const files = await unpacked(anonymous)
  expect(mentions(files)).toEqual([])
  expect(Object.keys(files).some((name) => /dicom-source|mask\.dcm/.test(name))).toBe(false)

  const named = await unpacked([...anonymous, 'mask.dcm'], true)
  expect(mentions(named).sort()).toEqual(['mask.dcm', 'report.html', 'report.json', 'report.pdf'])
  const contents = strFromU8(named['CONTENTS.txt']!)
  expect(contents).toMatch(/^Names the patient or the study: report\.html, report\.pdf, report\.json, mask\.dcm\./m)
  expect(contents.match(/NAMES THE PATIENT/g)).toHaveLength(4)
  // Asked for once, the identity does not stay in the run's own reports.
  expect(givingAway.test(readFileSync(join(home, 'runs', run, 'report.html'), 'latin1'))).toBe(false)
})

test('its list tells each file with its hash', async () => {
  const files = await unpacked(['mask.nii.gz', 'run', 'report.pdf'])
  const contents = strFromU8(files['CONTENTS.txt']!)
  expect(contents).toContain('Nothing in here names the patient')
  expect(contents).toContain('Research use only')
  for (const [name, bytes] of Object.entries(files)) {
    if (name === 'CONTENTS.txt') continue
    const hash = createHash('sha256').update(bytes).digest('hex')
    expect(contents).toContain(`\n${name}\n`)
    expect(contents).toContain(`${bytes.length} bytes, SHA-256 ${hash}`)
  }
  const own = (name: string): Buffer => readFileSync(join(home, 'runs', run, name))
  expect(Buffer.compare(files['mask.nii.gz']!, own('mask.nii.gz'))).toBe(0)
  expect(Buffer.compare(files['run/checkpoints/0002.safetensors']!, own('checkpoints/0002.safetensors'))).toBe(0)
})

test('an exported run folder is a run again elsewhere', async () => {
  const elsewhere = join(place, 'elsewhere')
  for (const [name, bytes] of Object.entries(await unpacked(['run']))) {
    mkdirSync(join(elsewhere, name, '..'), { recursive: true })
    writeFileSync(join(elsewhere, name), bytes)
  }
  const read = await readRun(join(elsewhere, 'run'))
  expect(read).toMatchObject({ state: 'done', record: { id: run, kept: 2 }, masks: [2], problems: [] })
  expect(read.record.process).toBeUndefined()
})

test('the adapted network is ONNX with other numbers than the source; with the source kept there is none', async () => {
  const { 'adapted.onnx': onnx } = await unpacked(['adapted.onnx'])
  const scale = (bytes: Uint8Array): number[] =>
    Array.from(readOnnx(bytes).initializers.get('norm.weight')!.data as Float32Array)
  expect(scale(onnx!)).not.toEqual(scale(readFileSync(join(place, 'models', 'threshold', 'model.onnx'))))
  await desk.call('run.keep', { run, to: 'source' })
  expect(await desk.call('run.read', { run })).toMatchObject({ isUnsaved: true })
  const items = await desk.call('export.items', { run })
  expect(items.find(({ name }) => name === 'adapted.onnx')!.obstacle).toMatch(/source model was kept/)
  await expect(desk.call('export.make', { run, items: ['adapted.onnx'], identity: false })).rejects.toMatchObject({ code: 'usage' }) // prettier-ignore
  await expect(desk.call('export.make', { run, items: ['../run'], identity: false })).rejects.toMatchObject({ code: 'usage' }) // prettier-ignore
  await unpacked(['mask.nii.gz'])
  expect(await desk.call('run.read', { run })).toMatchObject({ isUnsaved: false })

  rmSync(join(home, 'runs', run, 'dicom-source.json'))
  await desk.call('run.keep', { run, to: 2 })
  const seg = (await desk.call('export.items', { run })).find(({ name }) => name === 'mask.dcm')!
  expect(seg.obstacle).toMatch(/was deleted/)
})

test('what is decided while an export is made is not in it, and counts as unsaved', async () => {
  await desk.call('run.keep', { run, to: 2 })
  const [files] = await Promise.all([
    unpacked(['mask.nii.gz', 'report.pdf']),
    desk.call('run.keep', { run, to: 'source' }),
  ])
  const own = readFileSync(join(home, 'runs', run, 'checkpoints/0002.nii.gz'))
  expect(Buffer.compare(files['mask.nii.gz']!, own)).toBe(0)
  expect(await desk.call('run.read', { run })).toMatchObject({ kept: 'source', isUnsaved: true })
})

test('a decision comes to its end before the app closes; one that a kill cut short is made whole', async () => {
  const own = (name: string): Buffer => readFileSync(join(home, 'runs', run, name))
  await desk.call('run.keep', { run, to: 2 })
  const keeping = desk.call('run.keep', { run, to: 'source' })
  await desk.close()
  const { record } = await readRun(join(home, 'runs', run))
  expect(record.kept).toBe('source')
  expect(Buffer.compare(own('mask.nii.gz'), own('before.nii.gz'))).toBe(0)
  await keeping

  desk = openDesk(home, { scan: { path: folder, name: 'Mustermann_Erika' } })
  await desk.call('app.settings', { engine: 'cpu', model: 'threshold' })
  const scan = await desk.openScan('scan')
  const request = { model: 'threshold', method: 'tent', options: { steps: 2 }, seed: 0, guard: false, reference: null }
  const begun = await desk.call('adapt.start', { scan, ...request })
  await desk.ended(begun.job)
  run = begun.run
  const whole = own('mask.dcm')
  // As a kill leaves it between two files.
  writeFileSync(join(home, 'runs', run, 'mask.nii.gz'), own('before.nii.gz'))
  rmSync(join(home, 'runs', run, 'mask.dcm'))
  const items = await desk.call('export.items', { run })
  expect(items.find(({ name }) => name === 'mask.dcm')!.obstacle).toBeNull()
  const files = await unpacked(['mask.nii.gz', 'mask.dcm'])
  expect(Buffer.compare(files['mask.nii.gz']!, own('checkpoints/0002.nii.gz'))).toBe(0)
  expect(Buffer.from(files['mask.dcm']!).length).toBe(whole.length)
})

test('a deleted run names nobody any more, and one that goes while runs are listed is left out', async () => {
  const other = openHome(join(place, 'other'))
  cpSync(join(home, 'runs', run), join(other.runs, run), { recursive: true })
  await moveToTrash(other, run, new Date())
  const [trashed] = readdirSync(join(other.folder, 'trash'))
  const left = readdirSync(join(other.folder, 'trash', trashed!))
  expect(left).toEqual(expect.arrayContaining(['run.json', 'mask.nii.gz']))
  expect(left.filter((name) => ['mask.dcm', 'dicom-source.json'].includes(name))).toEqual([])

  mkdirSync(join(other.runs, 'going'))
  const listed = findHomeRuns(other)
  setImmediate(() => rmSync(join(other.runs, 'going'), { recursive: true, force: true }))
  expect((await listed).filter(({ id }) => id !== 'going')).toEqual([])
})
