import { spawn } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { simulate } from '../../fixtures/simulate.ts'
import { dataFolder, withoutData } from '../../tests/data-folder.ts'
import { type Elements, slice, writeDicom } from '../../tests/write-dicom.ts'
import type { Event } from '../contract/contract.ts'
import { InputSummary } from '../contract/schemas.ts'
import type { AppState, Job, VolumeRef } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { writeNifti } from '../volume/nifti.ts'
import { readReference } from './reference-files.ts'
import { createService } from './service.ts'

const root = mkdtempSync(join(tmpdir(), 'scanbridge-service-'))
const services: ReturnType<typeof createService>[] = []
afterEach(async () => void (await Promise.all(services.splice(0).map((service) => service.close()))))
afterAll(() => rmSync(root, { recursive: true }))

let folders = 0
const freshFolder = (): string => {
  const folder = join(root, `folder-${folders++}`)
  mkdirSync(folder)
  return folder
}

type Running = ReturnType<typeof start>
function start(home = join(freshFolder(), 'home')) {
  const events: Event[] = []
  const watchers = new Set<() => void>()
  const emit = (event: Event): void => {
    events.push(event)
    for (const look of watchers) look()
  }
  const service = createService({ home, emit, simulate })
  services.push(service)
  const jobsOf = (id: string): Job[] =>
    events.flatMap((one) => (one.event === 'job' && one.payload.id === id ? [one.payload] : []))
  /** When something that can be told from the events has come true. */
  const until = (isTrue: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!isTrue()) return
        watchers.delete(look)
        resolve()
      }
      watchers.add(look)
      look()
    })
  const ended = async (id: string): Promise<Job> => {
    const isOver = (job: Job): boolean => !['running', 'cancelling'].includes(job.state)
    await until(() => jobsOf(id).some(isOver))
    return jobsOf(id).at(-1)!
  }
  const open = async (path: string, name = 'Scan'): Promise<Job> =>
    ended((await service['input.open']({ pick: 'pick-1' }, { 'pick-1': { path, name } })).job)
  const state = (): Promise<AppState> => service['app.state']({}, {})
  return { home, service, events, jobsOf, until, ended, open, state }
}

/** The only input of an app, once opened without trouble. */
async function openOne(app: Running, path: string, name?: string): Promise<InputSummary> {
  const job = await app.open(path, name)
  expect(job).toMatchObject({ state: 'done', error: null })
  return (await app.state()).inputs.find(({ id }) => id === job.input)!
}

function writeSlices(folder: string, count: number, changes: Elements = {}): string {
  mkdirSync(folder, { recursive: true })
  const uid = (changes.SeriesInstanceUID as string | undefined) ?? '1.9.1'
  for (let k = 0; k < count; k++) {
    const own = { SOPInstanceUID: `${uid}.${k}`, SeriesInstanceUID: uid, ...changes }
    writeFileSync(join(folder, `${uid}-${k}`), writeDicom(slice(3 * k, k, own)))
  }
  return folder
}
const isAboutRuns = ({ event, payload }: Event): boolean =>
  event === 'changed' && payload.what.length === 1 && payload.what[0] === 'runs'
const scan = (count = 4, changes: Elements = {}): string => writeSlices(freshFolder(), count, changes)

const identity = {
  PatientName: 'Mustermann^Erika',
  PatientID: 'PID-4711-XYZ',
  PatientBirthDate: '19551224',
  AccessionNumber: 'ACC20201',
  StationName: 'MUSTERMR3',
  DeviceSerialNumber: 'SN778899',
  ReferringPhysicianName: 'Referrer^Rolf',
} as const

describe('opening', () => {
  it('lists studies, series and volumes, and gives voxels and a picture of each', async () => {
    const app = start()
    const folder = scan(4, { StudyDate: '20210203', StudyDescription: 'Head' })
    writeSlices(folder, 5, { SeriesInstanceUID: '1.9.2', StudyInstanceUID: '1.2.4', SeriesNumber: 2 })
    writeFileSync(join(folder, 'notes.txt'), 'no scan')
    const input = await openOne(app, folder, 'Two studies')
    expect(InputSummary.parse(input)).toEqual(input)
    expect(input).toMatchObject({ name: 'Two studies', kind: 'dicom', isSample: false, hasReference: false })
    expect(input.studies.map(({ date, description }) => [date, description])).toEqual([
      ['2021-02-03', 'Head'],
      [null, ''],
    ])
    expect(input.series.map(({ files, volumes }) => [files, volumes[0]!.shape])).toEqual([
      [4, [4, 3, 4]],
      [5, [4, 3, 5]],
    ])
    expect(input.rejected).toEqual([{ file: 'notes.txt', reason: 'it is not a DICOM file' }])
    expect(input.suggested).toEqual({ input: input.id, series: '1.9.2', volume: 0 })
    const { header, bytes } = await app.service['input.voxels'](input.suggested!, {})
    expect(header).toMatchObject({ shape: [4, 3, 5], type: 'uint8', modality: 'MR', hasOrientation: true })
    expect([...bytes.subarray(12, 24)]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    const picture = await app.service['input.thumbnail']({ input: input.id, series: '1.9.1', volume: 0 }, {})
    expect(picture.header).toEqual({ width: 4, height: 6, pixelAspect: 1 }) // pixels of 1 x 2 mm
    expect(app.events).toContainEqual({ event: 'changed', payload: { what: ['inputs', 'recents', 'runs'] } })
  })

  it('counts files, and stops when told to, with nothing opened', async () => {
    const app = start()
    const folder = scan(1)
    for (let n = 1; n < 8000; n++) linkSync(join(folder, '1.9.1-0'), join(folder, `copy-${n}`))
    const { job } = await app.service['input.open']({ pick: 'p' }, { p: { path: folder, name: 'Large' } })
    await app.until(() => app.jobsOf(job).some(({ stage }) => /^Looking at file \d+ of 8000$/.test(stage)))
    const counting = app.jobsOf(job).at(-1)!
    expect(counting).toMatchObject({ kind: 'open', title: 'Opening Large', state: 'running', input: null })
    expect(counting.share).toBeGreaterThan(0)
    expect(counting.remainingMs).toBeGreaterThanOrEqual(0)
    await app.service['job.cancel']({ job }, {})
    expect((await app.ended(job)).state).toBe('cancelled')
    expect((await app.state()).inputs).toEqual([])
    expect(await app.service['input.recents']({}, {})).toEqual([])
    await app.service['job.dismiss']({ job }, {})
    expect((await app.state()).jobs).toEqual([])
  })

  it('gives the same input for the same place, however it is written, and reads it anew', async () => {
    const app = start()
    const folder = scan(3)
    const link = join(freshFolder(), 'link')
    symlinkSync(folder, link)
    const first = await openOne(app, folder)
    writeSlices(folder, 4)
    const [again, byLink] = [await openOne(app, `${folder}/`), await openOne(app, link)]
    expect([again.id, byLink.id]).toEqual([first.id, first.id])
    expect((await app.state()).inputs.map(({ series }) => series[0]!.files)).toEqual([4])
    const [one, two] = await Promise.all([app.open(folder), app.open(folder)])
    expect(one.id).toBe(two.id)
    const voxels = await app.service['input.voxels'](again.suggested!, {})
    expect(voxels.header.shape).toEqual([4, 3, 4])
    // Its hash is known by now or soon: runs that were made of it can be matched.
    await app.until(() => app.events.some(isAboutRuns))
  })

  it.each<[string, (folder: string) => void, string]>([
    ['a ZIP', (folder) => writeFileSync(join(folder, 'a.zip'), zipSync({ 'x/1': writeDicom(slice(0, 1)) })), 'dicom'],
    ['a NIfTI file', (folder) => writeFileSync(join(folder, 'a.nii.gz'), ramp()), 'nifti'],
    [
      'a folder with one, and clutter',
      (folder) => {
        mkdirSync(join(folder, 'b'))
        writeFileSync(join(folder, '.DS_Store'), '')
        writeFileSync(join(folder, 'b/a.nii'), ramp())
      },
      'nifti',
    ],
  ])('enters a drop of %s', async (_, fill, kind) => {
    const folder = freshFolder()
    fill(folder)
    const app = start()
    const input = await openOne(app, folder)
    expect(input.kind).toBe(kind)
    const { header } = await app.service['input.voxels'](input.suggested!, {})
    expect(header.shape[2]).toBe(kind === 'nifti' ? 9 : 1)
    expect((await app.service['input.thumbnail'](input.suggested!, {})).bytes.length).toBeGreaterThan(0)
  })

  it('says in a sentence why something cannot be opened, by its name and without its path', async () => {
    const app = start()
    const folder = freshFolder()
    const empty = await app.open(folder, 'Erika')
    expect(empty).toMatchObject({ state: 'failed', input: null, error: { code: 'input-unsupported' } })
    expect(empty.error!.message).toBe('Erika cannot be used: it is an empty folder.')
    writeFileSync(join(folder, 'broken.nii'), ramp().subarray(0, 200))
    expect((await app.open(folder, 'Erika')).error!.message).toBe('Erika cannot be used: it is not a DICOM file.')
    const missing = await app.open(join(folder, 'nowhere'), 'Nowhere')
    expect(missing.error!.message).toBe('There is nothing to read at Nowhere.')
    expect(JSON.stringify(app.events)).not.toContain(root)
    const unknown = app.service['input.open']({ pick: 'constructor' }, { p: { path: folder, name: 'x' } })
    await expect(unknown).rejects.toThrow('What was picked is not known any more.')
  })

  it('names five hundred files that are no scan, and counts the others', async () => {
    const app = start()
    const folder = scan(3)
    writeFileSync(join(folder, 'text-0'), 'no scan')
    for (let n = 1; n < 507; n++) linkSync(join(folder, 'text-0'), join(folder, `text-${n}`))
    const { rejected } = await openOne(app, folder)
    expect(rejected).toHaveLength(501)
    expect(rejected.at(-1)).toEqual({ file: '7 more files', reason: 'they cannot be used either' })
  })

  it('frees what is closed, and tells who still asks for it', async () => {
    const app = start()
    const input = await openOne(app, scan())
    await app.service['input.voxels'](input.suggested!, {})
    await app.service['input.close']({ input: input.id }, {})
    expect((await app.state()).inputs).toEqual([])
    await expect(app.service['input.voxels'](input.suggested!, {})).rejects.toThrow('This scan is not open any more.')
    await expect(app.service['input.close']({ input: input.id }, {})).rejects.toThrow(UserError)
  })

  it.each<[string, Partial<VolumeRef>]>([
    ['another input', { input: '..' }],
    ['another series', { series: '../../../etc/passwd' }],
    ['a name of every object', { series: 'constructor' }],
    ['a volume too many', { volume: 1 }],
  ])('refuses voxels and pictures of %s', async (_, change) => {
    const app = start()
    const input = await openOne(app, scan())
    const ref = { ...input.suggested!, ...change }
    await expect(app.service['input.voxels'](ref, {})).rejects.toThrow(UserError)
    await expect(app.service['input.thumbnail'](ref, {})).rejects.toThrow(UserError)
  })

  it('keeps apart series that share their UID by mistake', async () => {
    const app = start()
    const folder = scan(3)
    writeSlices(join(folder, 'b'), 4, { StudyInstanceUID: '1.2.99', SOPInstanceUID: '1.8' })
    for (let k = 0; k < 4; k++) {
      const own = { SOPInstanceUID: `1.8.${k}`, SeriesInstanceUID: '1.9.1', StudyInstanceUID: '1.2.99' }
      writeFileSync(join(folder, 'b', `1.9.1-${k}`), writeDicom(slice(3 * k, 50 + k, own)))
    }
    const input = await openOne(app, folder)
    const firsts = await Promise.all(
      input.series.map(async ({ uid }) => {
        const { bytes } = await app.service['input.voxels']({ input: input.id, series: uid, volume: 0 }, {})
        return [bytes.length / 12, bytes[0]]
      }),
    )
    expect(firsts).toEqual([
      [3, 0],
      [4, 50],
    ])
  })
})

function ramp(): Uint8Array {
  const affine = [2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1]
  const data = Float32Array.from({ length: 10 * 8 * 9 }, (_, n) => n)
  return writeNifti({ shape: [10, 8, 9], affine, data }, { gzip: false })
}

describe('identity', () => {
  it('crosses in no reply and no event, and lies in no file of the home', async () => {
    const app = start()
    const input = await openOne(app, scan(4, identity))
    const { service } = app
    const replies = [
      await app.state(),
      await service['input.recents']({}, {}),
      (await service['input.voxels'](input.suggested!, {})).header,
      app.events,
    ]
    const files = ['recents.json', 'session.json', 'salt.json'].map((name) =>
      readFileSync(join(app.home, name), 'utf8'),
    )
    const text = JSON.stringify(replies) + files.join()
    for (const word of Object.values(identity).flatMap((value) => value.split('^'))) expect(text).not.toContain(word)
    expect(text).toContain(input.studies[0]!.patient!)
    expect(JSON.stringify(replies)).not.toContain(root)
  })

  it('is a pseudonym: the same for the same patient here, another for others and elsewhere', async () => {
    const app = start()
    const patientOf = async (running: Running, changes: Elements): Promise<string> => {
      const input = await openOne(running, scan(3, { SeriesInstanceUID: `1.9.${folders}`, ...changes }))
      return input.studies[0]!.patient!
    }
    const erika = await patientOf(app, identity)
    expect(erika).toMatch(/^P-[A-Z2-7]{6}$/)
    expect(await patientOf(app, { ...identity, PatientName: 'Mustermann^E.', StudyInstanceUID: '1.2.77' })).toBe(erika)
    expect(await patientOf(start(app.home), identity)).toBe(erika)
    const others = [
      await patientOf(app, { ...identity, PatientID: 'PID-4712-XYZ' }),
      await patientOf(app, { ...identity, IssuerOfPatientID: 'Another hospital' }),
      await patientOf(app, { PatientName: 'Mustermann^Erika' }),
      await patientOf(app, {}),
      await patientOf(app, { StudyInstanceUID: '1.2.78' }),
      await patientOf(start(), identity),
    ]
    expect(new Set([erika, ...others]).size).toBe(7)
  })
})

/** A process that opens `path`, and is killed with what it has open. */
async function killedWith(home: string, path: string): Promise<void> {
  const script = `
    const { createService } = await import(${JSON.stringify(new URL('service.ts', import.meta.url).href)})
    const emit = ({ event, payload }) => event === 'job' && payload.state === 'done' && console.log('open')
    const service = createService({ home: process.argv[1], emit, simulate: () => undefined })
    await service['input.open']({ pick: 'p' }, { p: { path: process.argv[2], name: 'Scan' } })
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, home, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

describe('what lasts', () => {
  it('of a process that was killed: all that was open, under the same ids', async () => {
    const home = join(freshFolder(), 'home')
    const folder = scan(5)
    await killedWith(home, folder)
    const app = start(home)
    const { inputs, lost } = await app.state() // at once, before any file was read
    expect(inputs).toMatchObject([{ name: 'Scan', series: [{ files: 5 }] }])
    expect(lost).toBeNull()
    const { header } = await app.service['input.voxels'](inputs[0]!.suggested!, {})
    expect(header.shape).toEqual([4, 3, 5])
    expect((await openOne(app, folder)).id).toBe(inputs[0]!.id)
  })

  it('of a process that was killed while its scan was taken away: the list without it, and a sentence', async () => {
    const home = join(freshFolder(), 'home')
    const folder = scan(5)
    await killedWith(home, folder)
    rmSync(folder, { recursive: true })
    const app = start(home)
    const [input] = (await app.state()).inputs
    await expect(app.service['input.voxels'](input!.suggested!, {})).rejects.toThrow(
      'There is nothing to read at Scan.',
    )
    await app.until(() => app.events.some(({ event }) => event === 'changed'))
    expect((await app.state()).inputs).toEqual([])
  })

  it('of an app that was closed: settings and recent scans, which open again', async () => {
    const app = start()
    const folder = scan(6)
    const { id } = await openOne(app, folder, 'Head')
    await app.service['app.settings']({ theme: 'light' }, {})
    await app.service['input.pin']({ recent: id, pinned: true }, {})
    await app.service.close()
    const next = start(app.home)
    expect(await next.state()).toMatchObject({ inputs: [], jobs: [], settings: { theme: 'light', fill: 0.35 } })
    const [recent] = await next.service['input.recents']({}, {})
    expect(recent).toMatchObject({ id, name: 'Head', pinned: true, isMissing: false, hasThumbnail: true })
    const picture = await next.service['input.recent-thumbnail']({ recent: id }, {})
    expect(picture.header).toEqual({ width: 4, height: 6, pixelAspect: 1 })
    expect(picture.bytes).toHaveLength(24)
    const { job } = await next.service['input.reopen']({ recent: id }, {})
    expect(await next.ended(job)).toMatchObject({ state: 'done', input: id })
    rmSync(folder, { recursive: true })
    await next.service['input.close']({ input: id }, {})
    const { job: failing } = await next.service['input.reopen']({ recent: id }, {})
    expect((await next.ended(failing)).error!.message).toBe('What "Head" was opened from is not there any more.')
    await next.service['input.forget']({ recent: id }, {})
    expect(await next.service['input.recents']({}, {})).toEqual([])
  })

  it('is begun anew where its files are damaged, and refused where nothing can be kept', async () => {
    const note = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const home = freshFolder()
    for (const name of ['session', 'recents', 'settings', 'salt', 'at-work'])
      writeFileSync(join(home, `${name}.json`), '[{"path":')
    const app = start(home)
    expect(await app.state()).toMatchObject({ inputs: [], lost: null, settings: { theme: 'dark' } })
    expect((await openOne(app, scan())).studies[0]!.patient).toMatch(/^P-/)
    expect(note).toHaveBeenCalled()
    note.mockRestore()
    const file = join(freshFolder(), 'file')
    writeFileSync(file, '')
    expect(() => start(file)).toThrow(`${file} could not be written`)
  })

  it('tells the windows what changed', async () => {
    const { service, events } = start()
    await service['app.settings']({ fill: 0.35 }, {})
    expect(events).toEqual([])
    await service['app.settings']({ fill: 0.5 }, {})
    expect(events).toEqual([{ event: 'changed', payload: { what: ['settings'] } }])
  })
})

describe('the sample', () => {
  it('is made once, and has its truth with it', async () => {
    const app = start()
    const stagesOf = (job: string): string[] => app.jobsOf(job).map(({ kind, stage }) => `${kind}: ${stage}`)
    const { job } = await app.service['input.sample']({}, {})
    const { input: id } = await app.ended(job)
    expect(stagesOf(job)).toContain('sample: Simulating a head')
    const input = (await app.state()).inputs.find((one) => one.id === id)!
    expect(input).toMatchObject({ name: 'Sample head', isSample: true, hasReference: true, rejected: [] })
    expect(input.series).toMatchObject([{ files: 56, volumes: [{ shape: [192, 240, 56] }] }])
    const { header } = await app.service['input.voxels'](input.suggested!, {})
    const grid = { shape: header.shape, affine: header.affine }
    const labels = [{ value: 1, name: 'CSF', color: '#000000' }]
    const truth = await readReference(join(app.home, 'sample/se-t1-9000/truth.nii.gz'), grid, labels)
    expect(truth.shape).toEqual(header.shape)
    expect(new Set(truth.data).size).toBeGreaterThan(2)
    const second = await app.ended((await app.service['input.sample']({}, {})).job)
    expect(second.input).toBe(id)
    expect(stagesOf(second.id)).not.toContain('sample: Simulating a head')
    const { job: byRecent } = await app.service['input.reopen']({ recent: id! }, {})
    expect((await app.ended(byRecent)).input).toBe(id)
  })
})

describe.skipIf(!dataFolder)(`real scans${withoutData}`, () => {
  it('the Philips head is open and shown', async () => {
    const app = start()
    const input = await openOne(app, join(dataFolder!, 'dicom/brain_t1_philips'), 'Head')
    const { header } = await app.service['input.voxels'](input.suggested!, {})
    expect(input.series).toMatchObject([{ files: 170, scanner: { manufacturer: 'Philips' } }])
    expect(input.rejected).toEqual([{ file: 'LICENSE', reason: 'it is not a DICOM file' }])
    expect(header).toMatchObject({ shape: [256, 256, 170], type: 'int16' })
    expect(app.jobsOf((await app.state()).jobs[0]!.id).at(-1)!.stage).toBe('Looking at file 171 of 171')
  })

  it('series of several scanners and odd files are all listed, and what can be shown is', async () => {
    const app = start()
    const input = await openOne(app, join(dataFolder!, 'dicom/pydicom'))
    expect(input.series.length).toBeGreaterThan(20)
    expect(input.rejected.length).toBeGreaterThan(5)
    expect(InputSummary.parse(input)).toEqual(input)
    let shown = 0
    for (const { uid, volumes } of input.series)
      for (const volume of volumes.keys()) {
        const picture = await app.service['input.thumbnail']({ input: input.id, series: uid, volume }, {}).catch(
          (error: unknown) => {
            if (!(error instanceof UserError)) throw error
          },
        )
        if (picture) shown++
      }
    expect(shown).toBeGreaterThan(10)
  })
})
