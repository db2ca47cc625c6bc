import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freshFolder, scanbridge } from './command-line.ts'
import { givingAway, textOf, writeIdentifiedScan } from './identified-scan.ts'
import { saveThresholdModel } from './threshold-model.ts'

const place = freshFolder()
const cohort = join(place, 'cohort')
const out = join(place, 'evaluation')
const reports = ['report.csv', 'report.html', 'report.json', 'report.pdf']

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = join(place, 'models')
  await saveThresholdModel(join(place, 'models', 'threshold'))
  mkdirSync(cohort)
  writeIdentifiedScan(join(cohort, 'Mustermann_Erika'))
  cpSync(join(cohort, 'Mustermann_Erika'), join(cohort, 'Mustermann_Erich'), { recursive: true })
})

const evaluationFiles = (): string[] =>
  readdirSync(out, { withFileTypes: true }).flatMap((f) => (f.isFile() ? f.name : []))

test('a cohort of identified scans is evaluated and reported without a name, a number, a date or a path', async () => {
  const { stdout } = await scanbridge(['manifest', cohort])
  const gone = 'case-0003,Mustermann_Gone,,,\n'
  writeFileSync(join(cohort, 'cohort.csv'), `${stdout.trimEnd()}\n${gone}`)
  const settings = ['--model', 'threshold', '--method', 'tent', '--set', 'tent:steps=2', '--keep-runs']
  const done = await scanbridge(['evaluate', join(cohort, 'cohort.csv'), ...settings, '--out', out, '--json'])
  expect(JSON.parse(done.stdout)).toMatchObject({ cases: 3, done: 3, failed: 1 })
  expect(evaluationFiles()).toEqual(expect.arrayContaining(reports))
  for (const name of evaluationFiles()) {
    const text = textOf(name, readFileSync(join(out, name)))
    expect(givingAway.test(text), name).toBe(false)
    expect(text.includes(place), name).toBe(false)
  }
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
