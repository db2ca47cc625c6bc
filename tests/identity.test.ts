import dcmjs from 'dcmjs'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { gunzipSync, inflateSync } from 'node:zlib'
import { beforeAll, expect, test } from 'vitest'
import { writeDicom } from '../fixtures/dicom-writer.ts'
import { presets } from '../fixtures/presets.ts'
import { createRandom } from '../main/volume/random.ts'
import { freshFolder, scanbridge } from './command-line.ts'
import { ballScan, saveThresholdModel } from './threshold-model.ts'

/** What identifies the person, planted in the files; the folder's name is theirs, too. */
const identity = {
  PatientName: 'Mustermann^Erika',
  PatientID: 'PID-4711-XYZ',
  PatientBirthDate: '19551224',
  InstitutionName: 'Klinikum Musterstadt',
  StationName: 'MUSTERMR3',
  DeviceSerialNumber: 'SN778899',
  OperatorsName: 'Operator^Olga',
  ReferringPhysicianName: 'Referrer^Rolf',
  AccessionNumber: 'ACC20201',
  StudyDate: '20210203',
  StudyDescription: 'HEAD ERIKA MUSTERMANN',
  SeriesDescription: 'T1 Mustermann',
  ProtocolName: 'Protocol Mustermann',
  StudyInstanceUID: '2.25.4711471147114711',
  SeriesInstanceUID: '2.25.8822882288228822',
}
/** Missing in the declarations of dcmjs: reading. */
type Dataset = Record<string, unknown>
const { DicomMessage, DicomMetaDictionary } = dcmjs.data as unknown as {
  DicomMessage: { readFile(bytes: ArrayBuffer): { dict: Dataset; write(): ArrayBuffer } }
  DicomMetaDictionary: { naturalizeDataset(dict: Dataset): Dataset; denaturalizeDataset(dataset: Dataset): Dataset }
}
const place = freshFolder()
const folder = join(place, 'Mustermann_Erika')
const run = join(place, 'run')

beforeAll(async () => {
  process.env['SCANBRIDGE_MODELS'] = join(place, 'models')
  await saveThresholdModel(join(place, 'models', 'threshold'))
  mkdirSync(folder)
  const facts = {
    equipment: presets.source.equipment,
    sequence: presets.source.sequence(createRandom(1)),
    subject: 5000,
    sliceThicknessMm: 3,
  }
  for (const { name, bytes } of writeDicom(ballScan().volume, facts)) {
    const file = DicomMessage.readFile(bytes.slice().buffer)
    const dataset = DicomMetaDictionary.naturalizeDataset(file.dict)
    Object.assign(dataset, identity)
    file.dict = DicomMetaDictionary.denaturalizeDataset(dataset)
    writeFileSync(join(folder, name), new Uint8Array(file.write()))
  }
})

const filesIn = (path: string): string[] =>
  readdirSync(path).flatMap((name) =>
    statSync(join(path, name)).isDirectory() ? filesIn(join(path, name)) : [join(path, name)],
  )

/** Text of a file as somebody who looks for a name would see it: unpacked, and for a PDF with its glyphs put together. */
function textOf(path: string): string {
  const bytes = readFileSync(path)
  if (path.endsWith('.gz')) return gunzipSync(bytes).toString('latin1')
  if (!path.endsWith('.pdf')) return bytes.toString('latin1')
  const raw = bytes.toString('latin1')
  const streams = [...raw.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].map(([, data]) => {
    const packed = Buffer.from(data!, 'latin1')
    return packed[0] === 0x78 ? inflateSync(packed).toString('latin1') : ''
  })
  const glyphs = streams.map((text) =>
    [...text.matchAll(/<([0-9a-f]+)>/g)].map(([, hex]) => Buffer.from(hex!, 'hex').toString('latin1')).join(''),
  )
  return [raw, ...streams, ...glyphs].join('\n')
}

/** The parts of the planted values that would give somebody away; long enough not to stand in a hash by chance. */
const givingAway =
  /mustermann|musterstadt|mustermr3|pid-4711|19551224|sn778899|operator\^|referrer\^|acc20201|20210203|47114711|88228822/i

function mentions(): string[] {
  return filesIn(run)
    .filter((path) => givingAway.test(textOf(path)))
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
