import { Ajv2020 } from 'ajv/dist/2020.js'
import { decode } from 'fast-png'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createRun } from '../runs/files.ts'
import { RunRecord } from '../runs/run.ts'
import { writeNifti } from '../volume/nifti.ts'
import type { LabelMap } from '../volume/volume.ts'
import { formats, writePictures, writeReports } from './files.ts'
import { choosePlaces, drawScan } from './pictures.ts'
import { Report } from './report.ts'

const grid = { shape: [40, 48, 12], affine: [2, 0, 0, -40, 0, 2, 0, -48, 0, 0, 5, -30, 0, 0, 0, 1] } as const
const ball = (radius: number): LabelMap => ({
  ...grid,
  data: Uint8Array.from({ length: 40 * 48 * 12 }, (_, n) => {
    const [i, j, k] = [n % 40, Math.floor(n / 40) % 48, Math.floor(n / 1920)]
    const r = Math.hypot((i - 19.5) * 2, (j - 23.5) * 2, (k - 5.5) * 5)
    return r > radius ? 0 : r > radius / 2 ? 1 : 2
  }),
})
const [before, after] = [ball(20), ball(24)]
const scan = { ...grid, data: Float32Array.from(after.data, (label, n) => 40 * label + (n % 7)) }
const names = ['grey & "matter"', '<white>']

async function makeRun(): Promise<string> {
  const folder = join(mkdtempSync(join(tmpdir(), 'report-')), 'run')
  const run = await createRun(folder, {
    scanbridge: { version: '0.1.0', commit: null },
    engine: { name: 'cpu', tensorflow: '2.21.0', device: 'CPU', threads: 2, notes: [] },
    input: {
      kind: 'dicom',
      seriesHash: 'aa'.repeat(32),
      modality: 'MR',
      shape: [40, 48, 12],
      spacing: [2, 2, 5],
      notes: [],
      scanner: {
        key: 'maker-model-3t-12345678',
        manufacturer: 'Maker',
        model: 'Model',
        fieldStrength: 3,
        softwareVersions: '1',
      },
    },
    model: {
      name: 'tiny',
      version: '1',
      sha256: 'bb'.repeat(32),
      labels: names.map((name, n) => ({ value: n + 1, name, color: ['#E69F00', '#56B4E9'][n]! })),
    },
    method: { name: 'tent', parameters: { learningRate: 0.001 }, seed: 0 },
  })
  await run.writeFile('before.nii.gz', writeNifti(before))
  await run.writeFile('after.nii.gz', writeNifti(after))
  await run.writeFile('mask.nii.gz', writeNifti(after))
  for (const step of [1, 2, 3])
    await run.appendStep({
      step,
      phase: 'train',
      elapsedMs: 5,
      loss: { total: 1 / step, entropy: NaN },
      learningRate: 1e-3,
      gradNorm: 0.5,
      scores: { 'S4 consistency': 0.9 },
      measures: {},
      notes: [],
    })
  await writePictures(folder, drawScan(scan, choosePlaces(before, after)))
  await run.decide('kept', 'The guard kept step 3.', {
    state: 'done',
    kept: 3,
    timing: { totalMs: 1234 },
    guard: { verdict: 'accepted', scores: { 'S4 consistency': 0.93 }, reasons: ['Agreement <rose>.'] },
    volumes: { [names[0]!]: { before: 30, after: 45, kept: 45 }, [names[1]!]: { before: 0, after: 6, kept: 6 } },
  })
  run.close()
  return folder
}

let folder: string
beforeAll(async () => {
  folder = await makeRun()
})
const read = (name: string): string => readFileSync(join(folder, name), 'latin1')

test('made twice from the same run, every format has the same bytes', async () => {
  await writeReports(folder, formats)
  const first = formats.map((format) => read(`report.${format}`))
  await writeReports(folder, formats)
  expect(formats.map((format) => read(`report.${format}`) === first[formats.indexOf(format)])).toEqual([
    true,
    true,
    true,
    true,
  ])
})

test('the page asks for nothing, runs nothing, and shows what was written without breaking on it', async () => {
  await writeReports(folder, ['html'])
  const page = read('report.html').replaceAll(/data:image\/png;base64,[\w+/=]+/g, '')
  expect(page).not.toMatch(/<script|<link|@import|src=|url\((?!#)|\son\w+=/i)
  expect(page).not.toMatch(/\/\/\w/)
  expect(page).toContain("default-src 'none'; img-src data:; style-src 'sha256-")
  expect(page).not.toContain('style="')
  expect(page).toContain('grey &amp; &quot;matter&quot;')
  expect(page).toContain('Agreement &lt;rose&gt;.')
  expect(page).toContain('Research use only')
  expect(page).toContain('+50.0 %')
  for (const [, id] of page.matchAll(/(?:href="#|url\(#)([\w-]+)/g)) expect(page).toContain(`id="${id}"`)
  expect(page.match(/<figure class="row">/g)!.length).toBe(choosePlaces(before, after).length)
})

test('without identity nothing names a person; with it the report says whom it is of', async () => {
  const identity = {
    patientName: 'Doe^Jane',
    patientId: 'X-17',
    birthDate: '19700101',
    sex: 'F',
    studyDate: '',
    studyDescription: '',
  }
  await writeReports(folder, formats, identity)
  for (const format of ['html', 'json'] as const) expect(read(`report.${format}`)).toContain('Doe^Jane')
  await writeReports(folder, formats)
  for (const format of formats) expect(read(`report.${format}`)).not.toMatch(/Doe|X-17|19700101/)
  expect(read('report.html')).toContain('carries no identity')
})

test('report.json and run.json follow the published schemas', async () => {
  await writeReports(folder, ['json'])
  for (const [name, schema] of [
    ['report', Report],
    ['run', RunRecord],
  ] as const) {
    const published = `../../docs/schemas/${name}.schema.json`
    await expect(JSON.stringify(z.toJSONSchema(schema), null, 2) + '\n').toMatchFileSnapshot(published)
    const check = new Ajv2020({ strict: false, validateFormats: false }).compile(z.toJSONSchema(schema))
    const value = JSON.parse(read(`${name}.json`)) as object
    expect(check(value), JSON.stringify(check.errors)).toBe(true)
    expect(check({ ...value, schema: 2 })).toBe(false)
  }
})

test('the CSV has one line per label, quoted where needed', async () => {
  await writeReports(folder, ['csv'])
  const lines = read('report.csv').trimEnd().split('\r\n')
  expect(lines.length).toBe(3)
  expect(lines[1]).toContain('"grey & ""matter""",3,30,45,45,15,50,')
  expect(lines[2]).toContain('<white>,3,0,6,6,6,,')
})

test('a run without masks still has a report that says so', async () => {
  const empty = join(mkdtempSync(join(tmpdir(), 'report-')), 'run')
  const record = JSON.parse(read('run.json')) as RunRecord
  const run = await createRun(empty, record)
  await run.decide('failed', 'The run failed.', { state: 'failed', failure: 'The engine ran out of memory.' })
  expect(await writeReports(empty, formats)).toEqual(['report.html', 'report.pdf', 'report.json', 'report.csv'])
  const page = readFileSync(join(empty, 'report.html'), 'utf8')
  expect(page).toContain('This report is partial. The engine ran out of memory.')
  expect(page).toContain('has no pictures')
})

test('pictures: square pixels at the finer spacing, patient left on the right, head up, the brightest voxels white', () => {
  // A bright block at the patient's left, front and top only.
  const data = new Float32Array(40 * 48 * 12).fill(1)
  for (let k = 8; k < 12; k++)
    for (let j = 0; j < 20; j++) for (let i = 24; i < 40; i++) data[i + 40 * (j + 48 * k)] = 100
  const whole = { columns: [0, 40], rows: [0, 48] } as const
  const corner = (
    plane: 'axial' | 'coronal' | 'sagittal',
    index: number,
    size: { columns: readonly [number, number]; rows: readonly [number, number] },
  ) => {
    const { width, height, data: pixels } = decode(drawScan({ ...grid, data }, [{ plane, index, ...size }])[0]!.png)
    const at = (x: number, y: number): boolean =>
      pixels[Math.floor(x * (width - 1)) + width * Math.floor(y * (height - 1))]! > 128
    return {
      size: [width, height],
      topLeft: at(0.05, 0.05),
      topRight: at(0.95, 0.05),
      bottomLeft: at(0.05, 0.95),
      bottomRight: at(0.95, 0.95),
    }
  }
  const onlyOne = { topLeft: false, topRight: false, bottomLeft: false, bottomRight: false }
  expect(corner('axial', 10, whole)).toEqual({ size: [40, 48], ...onlyOne, topRight: true })
  expect(corner('coronal', 5, { columns: [0, 40], rows: [0, 12] })).toEqual({
    size: [40, 30],
    ...onlyOne,
    topRight: true,
  })
  expect(corner('sagittal', 30, { columns: [0, 48], rows: [0, 12] })).toEqual({
    size: [48, 30],
    ...onlyOne,
    topLeft: true,
  })
})

test('a folder that is half a run is told in one sentence', async () => {
  const broken = mkdtempSync(join(tmpdir(), 'report-'))
  writeFileSync(join(broken, 'run.json'), '{')
  await expect(writeReports(broken, ['html'])).rejects.toThrow('run.json is damaged')
})
