/** A scan whose files name a person in every way that DICOM knows, and how to look for that person in what is made of it. */
import dcmjs from 'dcmjs'
import { unzipSync } from 'fflate'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync, inflateSync } from 'node:zlib'
import { writeDicom } from '../fixtures/dicom-writer.ts'
import { presets } from '../fixtures/presets.ts'
import { createRandom } from '../main/volume/random.ts'
import { ballScan } from './threshold-model.ts'

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
/** The ball of threshold-model.ts as DICOM files in a new folder. */
export function writeIdentifiedScan(folder: string): void {
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
}

/** Text of a file as somebody who looks for a name would see it: unpacked, and for a PDF with its glyphs put together. */
export function textOf(name: string, bytes: Buffer): string {
  if (name.endsWith('.gz')) return gunzipSync(bytes).toString('latin1')
  if (name.endsWith('.zip'))
    return Object.entries(unzipSync(bytes))
      .map(([inner, content]) => `${inner}\n${textOf(inner, Buffer.from(content))}`)
      .join('\n')
  // Of text in UTF-16 every other byte is none.
  if (!name.endsWith('.pdf')) return `${bytes.toString('latin1')}\n${bytes.toString('latin1').replaceAll('\0', '')}`
  const raw = bytes.toString('latin1')
  const streams = [...raw.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].map(([, data]) => {
    const packed = Buffer.from(data!, 'latin1')
    return packed[0] === 0x78 ? inflateSync(packed).toString('latin1') : ''
  })
  const glyphs = streams.map((text) =>
    [...text.matchAll(/<([0-9a-f]+)>/g)].map(([, hex]) => Buffer.from(hex!, 'hex').toString('latin1')).join(''),
  )
  return [raw, raw.replaceAll('\0', ''), ...streams, ...glyphs].join('\n')
}

/** The parts of the planted values that would give somebody away; long enough not to stand in a hash by chance. */
export const givingAway =
  /mustermann|musterstadt|mustermr3|pid-4711|19551224|sn778899|operator\^|referrer\^|acc20201|20210203|47114711|88228822/i
