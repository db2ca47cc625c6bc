import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { dataFolder, withoutData } from '../../tests/data-folder.ts'
import { openElements } from '../../tests/open-dicom.ts'
import { type Elements, slice, writeDicom } from '../../tests/write-dicom.ts'
import { compose } from '../volume/affine.ts'
import type { LabelMap } from '../volume/volume.ts'
import { parse } from './parse.ts'
import { readSeg } from './read-seg.ts'
import { type SegLabel, writeSeg } from './seg.ts'
import type { DicomSource } from './source.ts'
import { readStudyFacts } from './study-facts.ts'
import { sourceOf } from './to-volume.ts'

const anatomy = { value: '123037004', scheme: 'SCT', meaning: 'Anatomical Structure' }
const labels: SegLabel[] = [
  {
    value: 1,
    name: 'White matter',
    color: '#0072B2',
    code: { value: '68594002', scheme: 'SCT', meaning: 'White matter of brain' },
    category: anatomy,
  },
  {
    value: 2,
    name: 'Großhirnrinde',
    color: '#E69F00',
    code: { value: '279215006', scheme: 'SCT', meaning: 'Gray matter' },
    category: anatomy,
  },
  {
    value: 3,
    name: 'Nowhere',
    color: '#FFFFFF',
    code: { value: '279215006', scheme: 'SCT', meaning: 'Gray matter' },
    category: anatomy,
  },
]
const algorithm = { name: 'brain-t1w consistency', version: '0.1.0' }

/** Six tilted, sheared slices of 4 x 3 of a named patient, and a mask on them. */
const files = (changes: Elements = {}): Elements[] =>
  [0, 1, 2, 3, 4, 5].map((k) =>
    slice(3 * k, k, {
      PatientName: 'Müller^Jörg',
      PatientID: 'P-17',
      SpecificCharacterSet: 'ISO_IR 192',
      StudyDate: '20260102',
      StudyTime: '101112',
      FrameOfReferenceUID: '1.2.3.9',
      SOPInstanceUID: `1.2.3.${k}`,
      ImageOrientationPatient: [0.8, 0.6, 0, 0, 0, -1],
      ImagePositionPatient: [10 - 1.8 * k, 20 + 2.4 * k, 30 + 0.5 * k],
      ...changes,
    }),
  )
function sourceFrom(elements: readonly Elements[]): DicomSource {
  const { series } = openElements(elements)
  return sourceOf(series[0]!.volumes[0]!, readStudyFacts(parse(writeDicom(elements[0]!)).attributes))
}
const source = sourceFrom(files())
const mask: LabelMap = {
  shape: source.shape,
  affine: source.affine,
  data: Uint8Array.from({ length: 72 }, (_, n) => (n < 12 ? 0 : [0, 1, 2, 2, 0, 1, 1][n % 7]!)),
}

describe('a segmentation', () => {
  it('comes back voxel by voxel', async () => {
    const bytes = await writeSeg(mask, source, labels, algorithm)
    expect((await readSeg(bytes, mask)).data).toEqual(mask.data)
  })

  it('comes back on another grid of the same space', async () => {
    const bytes = await writeSeg(mask, source, labels, algorithm)
    const turned = {
      shape: [6, 4, 3] as const,
      affine: compose(mask.affine, [0, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 1]),
    }
    const { data } = await readSeg(bytes, turned)
    for (let k = 0; k < 6; k++)
      for (let j = 0; j < 3; j++)
        for (let i = 0; i < 4; i++) expect(data[k + 6 * (i + 4 * j)]).toBe(mask.data[i + 4 * (j + 3 * k)])
    const elsewhere = { shape: [2, 2, 2] as const, affine: [1, 0, 0, 500, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1] }
    expect([...(await readSeg(bytes, elsewhere)).data]).toEqual(Array(8).fill(0))
  })

  it('is the same bytes each time, and another object when the mask is another', async () => {
    const first = await writeSeg(mask, source, labels, algorithm)
    expect(await writeSeg(mask, source, labels, algorithm)).toEqual(first)
    const uid = (bytes: Uint8Array): string | undefined => parse(bytes).attributes.string('SOPInstanceUID')
    const other = await writeSeg({ ...mask, data: mask.data.map((x) => (x === 1 ? 2 : x)) }, source, labels, algorithm)
    expect(uid(first)).toMatch(/^2\.25\.\d{30,39}$/)
    expect(uid(other)).not.toBe(uid(first))
  })

  it('files with its study: patient, study, frame of reference and the instances it was made from', async () => {
    const { attributes } = parse(await writeSeg(mask, source, labels, algorithm))
    expect(attributes.text('PatientName')).toBe('Müller^Jörg')
    expect(attributes.string('StudyInstanceUID')).toBe('1.2.3')
    expect(attributes.string('FrameOfReferenceUID')).toBe('1.2.3.9')
    expect(attributes.string('SeriesInstanceUID')).not.toBe('1.2.3.4')
    const [frame] = attributes.items('PerFrameFunctionalGroupsSequence')
    const [image] = frame!.items('DerivationImageSequence')[0]!.items('SourceImageSequence')
    expect(image!.string('ReferencedSOPInstanceUID')).toBe('1.2.3.1')
  })

  it('of nothing at all is still an object, and reads back empty', async () => {
    const empty = { ...mask, data: new Uint8Array(72) }
    expect((await readSeg(await writeSeg(empty, source, labels, algorithm), mask)).data).toEqual(empty.data)
  })

  it('names frames of multi-frame sources, and works without a frame of reference', async () => {
    const multi = slice(0, 0, { NumberOfFrames: 2, SpacingBetweenSlices: 3, PixelData: new Uint8Array(48) })
    const own = sourceFrom([multi])
    const bytes = await writeSeg(
      { shape: own.shape, affine: own.affine, data: new Uint8Array(24).fill(1) },
      own,
      labels,
      algorithm,
    )
    const frames = parse(bytes).attributes.items('PerFrameFunctionalGroupsSequence')
    const numbers = frames.map((frame) =>
      frame.items('DerivationImageSequence')[0]!.items('SourceImageSequence')[0]!.number('ReferencedFrameNumber'),
    )
    expect(numbers).toEqual([1, 2])
    expect(parse(bytes).attributes.string('FrameOfReferenceUID')).toMatch(/^2\.25\./)
  })

  it('that is none is refused', async () => {
    await expect(readSeg(writeDicom(slice(0, 0)), mask)).rejects.toThrow('it is not a DICOM segmentation')
  })
})

it.skipIf(!dataFolder)(`reads a segmentation that another program wrote${withoutData}`, async () => {
  const bytes = readFileSync(`${dataFolder}/dicom/pydicom/test_files/liver_1frame.dcm`)
  // Its one frame by pydicom: 512 x 512 pixels, identity orientation; 36233 in the liver, the first in row 145, column 254.
  const { attributes } = parse(bytes)
  const [x, y, z] = attributes
    .items('PerFrameFunctionalGroupsSequence')[0]!
    .items('PlanePositionSequence')[0]!
    .numbers('ImagePositionPatient')
  const [size] = attributes
    .items('SharedFunctionalGroupsSequence')[0]!
    .items('PixelMeasuresSequence')[0]!
    .numbers('PixelSpacing')
  const grid = { shape: [512, 512, 1] as const, affine: [size!, 0, 0, x!, 0, size!, 0, y!, 0, 0, 1, z!, 0, 0, 0, 1] }
  const { data } = await readSeg(bytes, grid)
  expect(data.reduce((sum, value) => sum + value)).toBe(36233)
  expect(data.indexOf(1)).toBe(254 + 512 * 145)
})

const python = process.env.SCANBRIDGE_PYTHON ?? 'python3'
const hasHighdicom = spawnSync(python, ['-c', 'import highdicom'], { stdio: 'ignore' }).status === 0
const withoutPython = hasHighdicom ? '' : ' (skipped: no highdicom in $SCANBRIDGE_PYTHON or python3)'

it.skipIf(!hasHighdicom)(`pydicom and highdicom read the same voxels in the same places${withoutPython}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'scanbridge-seg-'))
  try {
    const straight = sourceFrom(
      files().map((file, k) => ({ ...file, ImagePositionPatient: [10 - 1.8 * k, 20 + 2.4 * k, 30] })),
    )
    writeFileSync(
      join(folder, 'mask.dcm'),
      await writeSeg({ ...mask, affine: straight.affine }, straight, labels, algorithm),
    )
    const reference = {
      shape: mask.shape,
      affine: straight.affine,
      data: [...mask.data],
      colors: labels.map(({ color }) => color),
    }
    writeFileSync(join(folder, 'reference.json'), JSON.stringify(reference))
    const script = fileURLToPath(new URL('testdata/check-seg.py', import.meta.url))
    const printed = execFileSync(python, [script, join(folder, 'mask.dcm'), join(folder, 'reference.json')])
    const seen = JSON.parse(printed.toString()) as { colors: number[][]; expectedColors: number[][] }
    expect(seen).toMatchObject({
      pydicom: true,
      highdicom: true,
      labels: ['White matter', 'Großhirnrinde', 'Nowhere'],
      sources: [0, 1, 2, 3, 4, 5].map((k) => `1.2.3.${k}`),
      patient: 'Müller^Jörg',
      algorithm: 'brain-t1w consistency',
    })
    seen.colors.flat().forEach((value, n) => expect(Math.abs(value - seen.expectedColors.flat()[n]!)).toBeLessThan(10))
  } finally {
    rmSync(folder, { recursive: true })
  }
})
