import { fork } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { beforeAll, describe, expect, test } from 'vitest'
import { openDesk } from '../../tests/app-desk.ts'
import type { Desk } from '../../tests/app-desk.ts'
import { freshFolder } from '../../tests/command-line.ts'
import { givingAway, textOf, writeIdentifiedScan } from '../../tests/identified-scan.ts'
import { ballScan, saveThresholdModel } from '../../tests/threshold-model.ts'
import type { CohortDetail, CohortSetup } from '../contract/cohort-schemas.ts'
import type { FromWorker } from '../host/messages.ts'
import { writeNifti } from '../volume/nifti.ts'
import { createRandom } from '../volume/random.ts'

const place = freshFolder()
const at = (...names: string[]): string => join(place, ...names)
process.env['SCANBRIDGE_MODELS'] = at('models')
process.env['SCANBRIDGE_HOME'] = at('home')

const pick = (...names: string[]) => ({ path: at(...names), name: names.at(-1)! })
const picked = {
  folder: pick('cohort'),
  small: pick('small'),
  list: pick('lists', 'list.csv'),
  scans: pick('small'),
  mask: pick('small', 'B1-truth.nii.gz'),
  done: pick('home-evaluation'),
  nothing: pick('nothing'),
}

const setup: CohortSetup = {
  model: 'threshold',
  methods: [
    { name: 'norm', options: {} },
    { name: 'tent', options: { steps: 2 } },
  ],
  guard: true,
  toleranceMm: 1,
  seed: 3,
  keepsRuns: true,
}

/** Every fourth slice of the ball, each scan with its own noise, each scanner flatter than the one before. */
function writeScan(folder: string, name: string, scanner: number, seed: number): void {
  const { volume, truth } = ballScan()
  const [ni, nj, nk] = volume.shape
  const grid = { shape: [ni, nj, nk / 4] as const, affine: volume.affine.map((value, n) => (n === 10 ? 12 : value)) }
  const isKept = (_: number, n: number): boolean => Math.floor(n / (ni * nj)) % 4 === 0
  const random = createRandom(seed)
  const data = volume.data.filter(isKept).map((value) => Math.abs(value + 90 * scanner + 20 * random.normal()))
  writeFileSync(join(folder, `${name}.nii.gz`), writeNifti({ ...grid, data }))
  writeFileSync(join(folder, `${name}-truth.nii.gz`), writeNifti({ ...grid, data: truth.data.filter(isKept) }))
}

beforeAll(async () => {
  for (const name of ['cohort', 'small', 'lists', 'nothing', 'cohort/notes']) mkdirSync(at(name))
  await saveThresholdModel(at('models', 'threshold'))
  writeIdentifiedScan(at('cohort', 'Mustermann_Erika'))
  writeFileSync(at('cohort', 'notes', 'read me.txt'), 'no scan')
  writeFileSync(at('cohort', 'broken.nii.gz'), 'no scan')
  writeScan(at('cohort'), 'sub-1', 0, 1)
  mkdirSync(at('cohort', 'sub-10'))
  writeScan(at('cohort', 'sub-10'), 'head', 0, 2)
  const facts = {
    Manufacturer: 'GE',
    ManufacturersModelName: 'Signa',
    MagneticFieldStrength: 3,
    DeviceSerialNumber: '4711',
  }
  writeFileSync(at('cohort', 'sub-10', 'head.json'), JSON.stringify({ ...facts, ProtocolName: 'T1 3D' }))
  for (const [n, name] of ['A1', 'B1', 'B2'].entries()) writeScan(at('small'), name, n < 1 ? 0 : 2, n)
})

async function opened(desk: Desk, name: string): Promise<CohortDetail> {
  const job = await desk.ended((await desk.call('cohort.open', { pick: name })).job)
  expect(job).toMatchObject({ kind: 'propose', state: 'done', error: null })
  return desk.call('cohort.read', { cohort: job.cohort! })
}

/** The small cohort with its two scanners named, A in domain. */
async function prepared(desk: Desk): Promise<CohortDetail> {
  const { id: cohort } = await opened(desk, 'small')
  await desk.call('cohort.edit', { cohort, of: { rows: [0] }, change: { scanner: 'A', group: 'reference' } })
  await desk.call('cohort.edit', { cohort, of: { rows: [1, 2] }, change: { scanner: 'B' } })
  return desk.call('cohort.set-up', { cohort, setup })
}

async function run(desk: Desk, cohort: string): Promise<void> {
  expect(await desk.ended((await desk.call('cohort.run', { cohort })).job)).toMatchObject({
    state: 'done',
    error: null,
  })
}

describe('a folder of scans', () => {
  const desk = openDesk(at('home-folder'), picked)
  let cohort: CohortDetail

  test('becomes a list with scanners, references and what is wrong; nothing in it is a path', async () => {
    cohort = await opened(desk, 'folder')
    expect(cohort).toMatchObject({ name: 'cohort', state: 'draft', cases: 4, canEdit: true, obstacle: null })
    expect(cohort.notes[0]).toBe('No scan was found in 1 of its folders: notes.')
    const shown = cohort.rows.map((row) => [row.case, row.name, row.reference.name, row.problem?.code ?? null])
    expect(shown).toEqual([
      ['case-0001', 'Mustermann_Erika', null, null],
      ['case-0002', 'broken.nii.gz', null, 'input-unsupported'],
      ['case-0003', 'sub-1.nii.gz', 'sub-1-truth.nii.gz', null],
      ['case-0004', 'sub-10/head.nii.gz', 'head-truth.nii.gz', null],
    ])
    const [first] = cohort.rows
    expect(first!.scanner).toMatch(/ T$/)
    expect(first!.choices).toHaveLength(1)
    expect(first!.series).toBe(first!.choices[0]!.uid)
    // NIfTI knows no scanner, but a converter may have left what it knew.
    expect(cohort.rows.map(({ scanner }) => scanner).slice(1)).toEqual(['unknown', 'unknown', 'GE Signa 3 T'])
    expect(cohort.rows[3]).toMatchObject({ protocol: 'T1 3D', facts: { manufacturer: 'GE', fieldStrength: 3 } })
    expect(JSON.stringify(cohort)).not.toContain('4711')
    expect(JSON.stringify(cohort)).not.toContain(place)
    const { header, bytes } = await desk.call('cohort.thumbnail', { cohort: cohort.id, row: 2 })
    expect(bytes).toHaveLength(header.width * header.height)
    await expect(desk.call('cohort.thumbnail', { cohort: cohort.id, row: 1 })).rejects.toThrow('It has none')
  })

  test('is edited a row or a scanner at a time, and what cannot be is refused whole', async () => {
    const edit = (of: Parameters<typeof desk.call<'cohort.edit'>>[1]['of'], change: object) =>
      desk.call('cohort.edit', { cohort: cohort.id, of, change })
    const named = await edit({ scanner: 'unknown' }, { scanner: 'Old scanner', group: 'reference' })
    expect(named.rows.map(({ scanner }) => scanner).slice(1)).toEqual(['Old scanner', 'Old scanner', 'GE Signa 3 T'])
    expect((await edit({ rows: [3] }, { isIncluded: false })).cases).toBe(3)
    expect((await edit({ rows: [2] }, { case: 'first, of two' })).rows[2]!.case).toBe('first, of two')
    await expect(edit({ rows: [3] }, { case: 'case-0001' })).rejects.toThrow('There is another case case-0001.')
    await expect(edit({ rows: [9] }, { group: '' })).rejects.toThrow('There is no such row')
    await expect(edit({ rows: [0] }, { reference: 'own' })).rejects.toThrow('No reference mask lies with this scan')
    await expect(edit({ all: true }, { reference: { pick: 'mask' } })).rejects.toThrow('a single scan only')
    await expect(edit({ rows: [0] }, { reference: { pick: 'unheard-of' } })).rejects.toMatchObject({
      code: 'pick-unknown',
    })
    const masked = await edit({ rows: [0] }, { reference: { pick: 'mask' } })
    expect(masked.rows[0]!.reference).toEqual({ of: 'picked', name: 'B1-truth.nii.gz' })
    expect((await edit({ rows: [0] }, { reference: 'none' })).rows[0]!.reference.of).toBe('none')
    const { uid } = cohort.rows[0]!.choices[0]!
    expect((await edit({ rows: [0] }, { series: uid })).rows[0]!.hasThumbnail).toBe(true)
    await expect(
      desk.call('cohort.set-up', {
        cohort: cohort.id,
        setup: { ...setup, methods: [{ name: 'tent', options: { stepz: 1 } }] },
      }),
    ).rejects.toMatchObject({ code: 'usage' })
    const unfit = { ...setup, methods: [{ name: 'rotation', options: {} }] }
    await desk.call('cohort.set-up', { cohort: cohort.id, setup: unfit })
    const refused = await desk.ended((await desk.call('cohort.run', { cohort: cohort.id })).job)
    expect(refused.error).toMatchObject({ code: 'method-not-applicable', remedy: 'Leave this method out.' })
    expect((await desk.call('cohort.read', { cohort: cohort.id })).state).toBe('draft')
    await desk.call('cohort.rename', { cohort: cohort.id, name: 'Heads' })
    // Another process of ours finds all of it.
    const other = openDesk(at('home-folder'), picked)
    expect((await other.call('cohort.list', {}))[0]).toMatchObject({ name: 'Heads', cases: 3, state: 'draft' })
    const manifest = readFileSync(at('home-folder', 'cohorts', cohort.id, 'manifest.csv'), 'utf8').split('\n')
    expect(manifest[3]).toMatch(/^"first, of two",.*,Old scanner,reference$/)
    await other.close()
  })

  test('runs with its broken scan as a failed row, and leaves in reports that name nobody', async () => {
    await desk.call('cohort.set-up', { cohort: cohort.id, setup: { ...setup, methods: [setup.methods[1]!] } })
    await run(desk, cohort.id)
    const [named, failed, good] = await desk.call('cohort.results', { cohort: cohort.id })
    expect(failed).toMatchObject({ row: 1, state: 'failed', run: null, error: { code: 'input-unsupported' } })
    expect(good).toMatchObject({ row: 2, case: 'first, of two', state: 'done', group: 'reference' })
    expect(named).toMatchObject({ scores: null, meanDice: null, isHarmed: null })
    expect(Object.keys(named!.labelFree).length).toBeGreaterThan(0)
    const items = await desk.call('cohort.export-items', { cohort: cohort.id })
    expect(items.every(({ obstacle }) => obstacle === null)).toBe(true)
    const names = items.map(({ name }) => name)
    const asked = { cohort: cohort.id, items: names }
    const { header, bytes } = await desk.call('cohort.export', { ...asked, identity: false })
    const files = Object.entries(unzipSync(bytes))
    expect(header.entries.map(({ name }) => name)).toEqual(files.map(([name]) => name))
    expect(files.length).toBe(10)
    for (const [name, content] of files) {
      const text = textOf(name, Buffer.from(content))
      expect(givingAway.test(text), name).toBe(false)
      expect(text.includes(place), name).toBe(false)
    }
    const whole = unzipSync((await desk.call('cohort.export', { ...asked, identity: true })).bytes)
    expect(Buffer.from(whole['manifest.csv']!).toString()).toContain('Mustermann_Erika')
    expect(Buffer.from(whole['CONTENTS.txt']!).toString()).toContain('Do not pass it on')
  })

  test('without a scan in it is refused in one sentence, and nothing is left of it', async () => {
    const job = await desk.ended((await desk.call('cohort.open', { pick: 'nothing' })).job)
    expect(job).toMatchObject({ state: 'failed', cohort: null })
    expect(job.error!.message).toContain('no scan was found in it')
    expect(readdirSync(at('home-folder', 'cohorts'))).toEqual([cohort.id])
    await desk.close()
  })
})

test('a manifest reads only what lies beside it, and the rest once its folder was picked', async () => {
  const desk = openDesk(at('home-list'), picked)
  symlinkSync(at('cohort', 'sub-1.nii.gz'), at('lists', 'link.nii.gz'))
  cpSync(at('small', 'A1.nii.gz'), at('lists', 'own.nii.gz'))
  const lines = [
    'case,image,reference,scanner,group,site,patient',
    'own,own.nii.gz,,A,reference,North,Erika',
    `far,${at('small', 'B1.nii.gz')},B1-truth.nii.gz,B,,North,Erich`,
    'moved,elsewhere/old/B2.nii.gz,elsewhere/old/B2-truth.nii.gz,A,,South,Erna',
    'link,link.nii.gz,,B,,South,Ede',
    'gone,never.nii.gz,,B,,South,Egon',
  ]
  writeFileSync(at('lists', 'list.csv'), lines.join('\n'))
  const { id: cohort, ...list } = await opened(desk, 'list')
  const problems = (rows: CohortDetail['rows']) => rows.map(({ problem }) => problem?.code ?? '')
  expect(problems(list.rows)).toEqual(['', 'not-there', 'not-there', 'not-there', 'not-there'])
  expect(list.rows[1]!.problem!.message).toBe('The scan B1.nii.gz does not lie beside the manifest.')
  expect(list).toMatchObject({ name: 'list', cases: 1 })
  expect(list.notes[0]).toContain('its heading may name a person')
  const all = { cohort, of: { all: true } as const, change: { isIncluded: true } }
  expect((await desk.call('cohort.edit', all)).cases).toBe(1)
  const located = await desk.ended((await desk.call('cohort.locate', { cohort, pick: 'scans' })).job)
  expect(located).toMatchObject({ state: 'done', cohort })
  const { rows, cases } = await desk.call('cohort.read', { cohort })
  expect(problems(rows)).toEqual(['', '', '', 'not-there', 'not-there'])
  expect(rows.map(({ reference }) => reference.name).slice(1, 3)).toEqual(['B1-truth.nii.gz', 'B2-truth.nii.gz'])
  expect(cases).toBe(3)
  const stored = readFileSync(at('home-list', 'cohorts', cohort, 'manifest.csv'), 'utf8')
  expect(stored).toMatch(/^case,image,series,reference,scanner,group,site\n/)
  expect(stored).not.toMatch(/Er(ika|ich|na)/)
  await desk.close()
})

describe('a cohort that runs', () => {
  const home = at('home')
  let desk: Desk
  let whole: CohortDetail

  test('tells beforehand what it takes, then each row as it ends, and at last its tables', async () => {
    desk = openDesk(home, picked)
    whole = await prepared(desk)
    const { id: cohort } = whole
    expect(whole.notes).toEqual(['Each scanner has fewer than 6 scans: too few for a test by scanner.'])
    await expect(desk.call('cohort.tables', { cohort })).rejects.toThrow('Run it first')
    expect((await desk.ended((await desk.call('cohort.forecast', { cohort })).job)).state).toBe('done')
    const { forecast } = await desk.call('cohort.read', { cohort })
    expect(forecast).toMatchObject({ episodes: 6 })
    expect(forecast!.bytes).toBeGreaterThan(6 * 4e6)
    expect(forecast!.freeBytes).toBeGreaterThan(0)
    const { job } = await desk.call('cohort.run', { cohort })
    await expect(desk.call('cohort.run', { cohort })).rejects.toMatchObject({ code: 'busy' })
    await expect(desk.call('cohort.rename', { cohort, name: 'Two scanners' })).resolves.toMatchObject({
      state: 'running',
      canEdit: false,
      job,
    })
    await expect(desk.call('cohort.delete', { cohort })).rejects.toMatchObject({ code: 'busy' })
    expect((await desk.ended(job)).state).toBe('done')
    const told = desk.events('cohort.result').map(({ result }) => result)
    const results = await desk.call('cohort.results', { cohort })
    expect(told).toEqual(results)
    expect(results.map((one) => `${one.row} ${one.method}`)).toEqual(
      [0, 1, 2].flatMap((row) => [`${row} norm`, `${row} tent`]),
    )
    const shifted = results.find(({ row, method }) => row === 1 && method === 'tent')!
    expect(shifted).toMatchObject({ case: 'case-0002', scanner: 'B', state: 'done', error: null })
    expect(shifted.meanDice!.before).toBeGreaterThan(0)
    expect(shifted.scores!['core']!.before.dice).toBeGreaterThan(0)
    const stages = desk.events('job').flatMap(({ id, stage }) => (id === job ? [stage] : []))
    expect(stages).toContainEqual(expect.stringMatching(/^case case-000\d, (norm|tent)/))
    const tables = await desk.call('cohort.tables', { cohort })
    expect(tables).toMatchObject({ partial: null, episodes: { expected: 6, done: 6, failed: 0, withoutReference: 0 } })
    expect(tables.sentences[0]).toMatch(/^norm: Dice \(mean of labels\) went from a median of/)
    const groups = tables.methods[1]!.groups.map(({ by, value, cases }) => `${by} ${value} ${cases}`)
    expect(groups).toEqual(expect.arrayContaining(['all all 3', 'scanner A 1', 'scanner B 2', 'group reference 1']))
    expect(tables.volumeAgreement.length).toBe(8)
    expect(await desk.call('cohort.read', { cohort })).toMatchObject({
      state: 'done',
      name: 'Two scanners',
      obstacle: 'All of it is done. Copy it to run it in another way.',
      episodes: { expected: 6, done: 6, failed: 0 },
    })
    const edit = desk.call('cohort.edit', { cohort, of: { all: true }, change: { group: '' } })
    await expect(edit).rejects.toThrow('Copy it, and change the copy.')
  })

  test('shows the masks of each case, before and after, on its scan', async () => {
    const { id: cohort } = whole
    const results = await desk.call('cohort.results', { cohort })
    const { run, row, volumes } = results.find((one) => one.row === 2 && one.method === 'tent')!
    const read = await desk.call('run.read', { run: run! })
    expect(read).toMatchObject({ id: run, state: 'done', cohort: { id: cohort, row }, canOpenScan: true, scan: null })
    const before = await desk.call('run.mask', { run: run!, of: 'before' })
    expect(before.header.volumes['core']).toBeCloseTo(volumes['core']!.before, 9)
    expect((await desk.call('run.mask', { run: run!, of: 'kept' })).bytes).toHaveLength(before.bytes.length)
    const scan = await desk.ended((await desk.call('run.open', { run: run! })).job)
    expect(scan.state).toBe('done')
    expect((await desk.call('run.read', { run: run! })).scan).toMatchObject({ input: scan.input })
    for (const call of ['run.delete', 'run.undo', 'run.redo', 'run.resume'] as const)
      await expect(desk.call(call, { run: run! })).rejects.toThrow('belongs to a cohort')
    await expect(desk.call('run.keep', { run: run!, to: 'source' })).rejects.toThrow('belongs to a cohort')
    expect(await desk.call('run.list', {})).toEqual([])
    const again = await desk.call('cohort.run-again', { cohort, row, method: 'tent' })
    expect(await desk.ended(again.job)).toMatchObject({ state: 'done', kind: 'adapt' })
    const ordinary = await desk.call('run.read', { run: again.run })
    expect(ordinary.volumes['core']!.before).toBeCloseTo(volumes['core']!.before, 9)
    expect(ordinary.reference!.before['core']!.dice).not.toBeNull()
    expect((await desk.ended((await desk.call('cohort.open-scan', { cohort, row: 0 })).job)).state).toBe('done')
  })

  test('stops where it is told to, goes on there, and is found by the process after one that was killed', async () => {
    const { cohort } = await desk.call('cohort.copy', { cohort: whole.id })
    const count = (): number => desk.events('cohort.result').filter((one) => one.cohort === cohort).length
    const first = await desk.call('cohort.run', { cohort })
    await desk.until('cohort.result', (one) => one.cohort === cohort)
    await desk.call('job.cancel', { job: first.job })
    expect((await desk.ended(first.job)).state).toBe('cancelled')
    const done = count()
    expect(done).toBeLessThan(6)
    const stopped = await desk.call('cohort.read', { cohort })
    expect(stopped).toMatchObject({ state: 'stopped', obstacle: null, episodes: { done } })
    expect((await desk.call('cohort.tables', { cohort })).partial).toBe(`${6 - done} of 6 episodes are not done yet.`)
    await desk.close()

    const child = fork(join(import.meta.dirname, '../host/worker.ts'), { serialization: 'advanced' })
    const rows = new Promise<void>((resolve) => {
      let seen = 0
      child.on('message', (message: FromWorker) => {
        if ('event' in message && message.event === 'cohort.result' && ++seen === 2) resolve()
      })
    })
    child.send({ id: 1, call: 'cohort.run', input: { cohort }, picked: {} })
    await rows
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone

    desk = openDesk(home, picked)
    const { lost } = await desk.call('app.state', {})
    expect(lost).toMatchObject({ run: null, cohort })
    await run(desk, cohort)
    await desk.call('app.dismiss-lost', {})
    const rowsOf = (id: string): string => readFileSync(at('home', 'cohorts', id, 'evaluation', 'cases.jsonl'), 'utf8')
    const report = (id: string): Buffer => readFileSync(at('home', 'cohorts', id, 'evaluation', 'report.html'))
    expect(rowsOf(cohort) === rowsOf(whole.id)).toBe(true)
    expect(report(cohort).equals(report(whole.id))).toBe(true)
    await desk.call('cohort.delete', { cohort })
    expect(existsSync(at('home', 'cohorts', cohort))).toBe(false)
    expect(readdirSync(at('home', 'trash'))[0]).toContain(cohort)
    expect((await desk.call('cohort.list', {})).map(({ id }) => id)).toEqual([whole.id])
    await expect(desk.call('cohort.read', { cohort })).rejects.toMatchObject({ code: 'not-there' })
  })

  test('an evaluation of the command line is looked at without its scans', async () => {
    cpSync(at('home', 'cohorts', whole.id, 'evaluation'), at('home-evaluation'), { recursive: true })
    const taken = await opened(desk, 'done')
    expect(taken).toMatchObject({ state: 'done', source: { of: 'evaluation' }, cases: 3, canEdit: false })
    const own = await desk.call('cohort.results', { cohort: whole.id })
    const results = await desk.call('cohort.results', { cohort: taken.id })
    expect(results).toEqual(own.map((one) => ({ ...one, run: null })))
    // The one is read from its report, the other computed from its rows.
    const written = await desk.call('cohort.tables', { cohort: whole.id })
    expect(await desk.call('cohort.tables', { cohort: taken.id })).toEqual(written)
    const { bytes } = await desk.call('cohort.export', { cohort: taken.id, items: ['report.pdf'], identity: false })
    expect(Object.keys(unzipSync(bytes))).toEqual(['CONTENTS.txt', 'report.pdf'])
    await expect(desk.call('cohort.open-scan', { cohort: taken.id, row: 0 })).rejects.toMatchObject({
      code: 'not-there',
    })
    await expect(desk.call('cohort.copy', { cohort: taken.id })).rejects.toThrow('only its results are')
    await desk.close()
  })
})
