import { zipSync } from 'fflate'
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freshFolder, scanbridge } from './command-line.ts'
import { givingAway, textOf, writeIdentifiedScan } from './identified-scan.ts'
import { saveThresholdModel } from './threshold-model.ts'

const place = freshFolder()
const cohort = join(place, 'cohort')
const out = join(place, 'evaluation')
/** What of a run has to say whose it is: tests/identity.test.ts. */
const allowed = /^runs\/[^/]+\/(mask\.dcm|dicom-source\.json)$/
const reports = ['report.csv', 'report.html', 'report.json', 'report.pdf']

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = join(place, 'models')
  await saveThresholdModel(join(place, 'models', 'threshold'))
  mkdirSync(cohort)
  writeIdentifiedScan(join(cohort, 'Mustermann_Erika'))
  cpSync(join(cohort, 'Mustermann_Erika'), join(cohort, 'Mustermann_Erich'), { recursive: true })
  const files = readdirSync(join(cohort, 'Mustermann_Erika'))
  const packed = files.map((name) => [`Mustermann_Emil/${name}`, readFileSync(join(cohort, 'Mustermann_Erika', name))])
  writeFileSync(join(cohort, 'Mustermann_Emil.zip'), zipSync(Object.fromEntries(packed) as Record<string, Uint8Array>))
})

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true }).flatMap((one) =>
    one.isFile() ? relative(folder, join(one.parentPath, one.name)) : [],
  )

test('a cohort of identified scans is evaluated and reported without a name, a number, a date or a path', async () => {
  const { stdout } = await scanbridge(['manifest', cohort])
  expect(stdout.trim().split('\n')).toHaveLength(1 + 3)
  writeFileSync(join(cohort, 'Mustermann_Broken.nii.gz'), 'no scan')
  mkdirSync(join(cohort, 'Mustermann_Wrong'))
  writeFileSync(join(cohort, 'Mustermann_Wrong', 'Mustermann_Erna.dcm'), 'no scan')
  const failing = ['Gone,', 'Broken.nii.gz,', 'Wrong,', 'Wrong/Mustermann_Erna.dcm,', 'Erika,Mustermann_Truth.nii']
  const more = failing.map((rest, n) => `case-${String(n + 4).padStart(4, '0')},Mustermann_${rest},,,`)
  writeFileSync(join(cohort, 'cohort.csv'), `${stdout.trimEnd()}\n${more.join('\n')}\n`)
  const settings = ['--model', 'threshold', '--method', 'tent', '--set', 'tent:steps=2', '--keep-runs']
  const done = await scanbridge(['evaluate', join(cohort, 'cohort.csv'), ...settings, '--out', out, '--json'])
  expect(JSON.parse(done.stdout)).toMatchObject({ cases: 8, done: 8, failed: 5 })
  const files = filesIn(out)
  expect(files).toEqual(expect.arrayContaining(reports))
  const naming = files.filter((name) => {
    const text = textOf(name, readFileSync(join(out, name)))
    return givingAway.test(text) || givingAway.test(name) || text.includes(place)
  })
  // A mask that is to be filed with the study names its patient; it lies in the run's own folder, which is not the report.
  expect(naming.filter((name) => !allowed.test(name))).toEqual([])
})

test('the montage shows the runs that were kept, and the reports are made again from the rows alone', async () => {
  const before = reports.map((name) => readFileSync(join(out, name)))
  expect(before[1]!.toString('utf8')).toContain('tent, case case-0001')
  for (const name of [...reports, 'timing.jsonl']) rmSync(join(out, name))
  expect((await scanbridge(['report', out])).code).toBe(0)
  reports.forEach((name, n) => expect(Buffer.compare(readFileSync(join(out, name)), before[n]!), name).toBe(0))
  const named = await scanbridge(['report', out, '--identity'])
  expect(named.code).toBe(2)
  expect(named.stderr).toContain('name nobody')
})

test('a stress test of an identified scan, and a model adapted to it, name nobody', async () => {
  const scan = join(cohort, 'Mustermann_Erika')
  const settings = ['--model', 'threshold', '--method', 'tent']
  const made = await scanbridge(['stress', scan, ...settings, '--only', 'scale', '--out', join(place, 'stress')])
  expect(made.code, made.stderr).toBe(0)
  const run = join(place, 'run')
  expect((await scanbridge(['adapt', scan, ...settings, '--steps', '2', '--no-guard', '--out', run])).code).toBe(0)
  expect((await scanbridge(['adapters', 'save', run, '--name', 'adapted', '--unchecked'])).code).toBe(0)
  for (const folder of [join(place, 'stress'), join(place, 'models', 'adapted')]) {
    expect(filesIn(folder).length).toBeGreaterThan(1)
    for (const name of filesIn(folder)) {
      const text = textOf(name, readFileSync(join(folder, name)))
      expect(givingAway.test(text) || givingAway.test(name) || text.includes(place), name).toBe(false)
    }
  }
})
