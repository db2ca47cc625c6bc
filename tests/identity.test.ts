import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { freshFolder, scanbridge } from './command-line.ts'
import { givingAway, textOf, writeIdentifiedScan } from './identified-scan.ts'
import { saveThresholdModel } from './threshold-model.ts'

const place = freshFolder()
const folder = join(place, 'Mustermann_Erika')
const run = join(place, 'run')

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = join(place, 'models')
  await saveThresholdModel(join(place, 'models', 'threshold'))
  writeIdentifiedScan(folder)
})

const filesIn = (path: string): string[] =>
  readdirSync(path).flatMap((name) =>
    statSync(join(path, name)).isDirectory() ? filesIn(join(path, name)) : [join(path, name)],
  )

function mentions(): string[] {
  return filesIn(run)
    .filter((path) => givingAway.test(textOf(path, readFileSync(path))))
    .map((path) => relative(run, path))
    .sort()
}

test('only what must file with the study names the person; reports do so when asked, and stop when asked again', async () => {
  const adapted = await scanbridge([
    'adapt',
    folder,
    '--model',
    'threshold',
    '--method',
    'tent',
    '--steps',
    '2',
    '--trace',
    join(run, '..', 'trace'),
    '--out',
    run,
    '--json',
  ])
  expect(adapted.code).toBe(0)
  expect(adapted.stdout + adapted.stderr).not.toMatch(givingAway)
  const forTheStudy = ['dicom-source.json', 'mask.dcm']
  expect(mentions()).toEqual(forTheStudy)
  expect(JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'))).toMatchObject({
    input: { kind: 'dicom', modality: 'MR', scanner: { manufacturer: 'SIEMENS' } },
  })

  expect((await scanbridge(['report', run, '--identity'])).code).toBe(0)
  expect(mentions()).toEqual([...forTheStudy, 'report.html', 'report.json', 'report.pdf'])
  expect((await scanbridge(['report', run])).code).toBe(0)
  expect(mentions()).toEqual(forTheStudy)

  expect((await scanbridge(['rollback', run])).code).toBe(0)
  expect(mentions()).toEqual(forTheStudy)
})

test('mask.dcm is the kept mask again after a rollback', async () => {
  const seg = (): Uint8Array => readFileSync(join(run, 'mask.dcm'))
  const source = seg()
  expect((await scanbridge(['rollback', run, '--to', '2'])).code).toBe(0)
  expect(Buffer.compare(seg(), source)).not.toBe(0)
  expect((await scanbridge(['rollback', run])).code).toBe(0)
  expect(Buffer.compare(seg(), source)).toBe(0)
})
