/**
 * Label maps as DICOM Segmentation objects (PS3.3 A.51): binary, one segment a label, one frame for each slice and segment
 * that holds a voxel of it. The patient and study attributes are those of the source, so that it files beside it: the
 * object identifies the patient exactly as the scan does. All UIDs and dates derive from the input; the same mask gives
 * the same bytes.
 */
import { apply, direction, spacing } from '../volume/affine.ts'
import type { Affine, LabelMap, Vector } from '../volume/volume.ts'
import { toCielab } from './cielab.ts'
import type { DicomSource, SourceSlice } from './source.ts'
import { deriveUid } from './uid.ts'

type Code = { readonly value: string; readonly scheme: string; readonly meaning: string }

export type SegLabel = {
  readonly value: number
  readonly name: string
  /** #rrggbb */
  readonly color: string
  /** The segmented property type. */
  readonly code: Code
  readonly category: Code
}

export type SegAlgorithm = { readonly name: string; readonly version: string }

const segmentationStorage = '1.2.840.10008.5.1.4.1.1.66.4'
const explicitLittle = '1.2.840.10008.1.2.1'

/** A frame to write: the slice and the segment (from 1) it shows. */
type SegFrame = { readonly k: number; readonly segment: number; readonly value: number }

type Item = Record<string, unknown>

/** `mask` lies on the grid of `source`. Labels without a voxel get a segment without frames. */
export async function writeSeg(
  mask: LabelMap,
  source: DicomSource,
  labels: readonly SegLabel[],
  algorithm: SegAlgorithm,
): Promise<Uint8Array> {
  if (mask.shape.some((n, axis) => n !== source.shape[axis]))
    throw new Error('the mask is not on the grid of its source')
  const { affine } = source // a mask that went through a NIfTI file has its affine rounded
  const frames = framesOf(mask, labels)
  const slices = [...new Set(frames.map(({ k }) => k))].sort((a, b) => a - b)
  const { bits, digest } = await packBits(mask, frames)
  const words = [source.seriesUid, algorithm.name, algorithm.version, JSON.stringify(labels), digest]
  const sopInstanceUid = await deriveUid('instance', ...words)
  const dataset = {
    ...studyOf(source),
    ...(await seriesOf(source, words)),
    ...equipment(algorithm),
    SOPClassUID: segmentationStorage,
    SOPInstanceUID: sopInstanceUid,
    ...picture(mask, frames.length),
    SegmentSequence: labels.map((label, n) => segment(label, n + 1, algorithm)),
    ...(await dimensions(words)),
    SharedFunctionalGroupsSequence: [sharedGroups(affine)],
    PerFrameFunctionalGroupsSequence: frames.map((frame) => frameGroups(frame, slices, source)),
    ReferencedSeriesSequence: [referencedSeries(source)],
    PixelData: [bits.buffer],
  }
  return encode(dataset, sopInstanceUid)
}

function framesOf({ shape, data }: LabelMap, labels: readonly SegLabel[]): SegFrame[] {
  const size = shape[0] * shape[1]
  const present = Array.from({ length: shape[2] }, (_, k) => new Set(data.subarray(k * size, (k + 1) * size)))
  const frames = labels.flatMap(({ value }, n) =>
    present.flatMap((values, k) => (values.has(value) ? [{ k, segment: n + 1, value }] : [])),
  )
  // An object must have a frame: an empty mask is one empty slice of the first segment.
  return frames.length ? frames : [{ k: 0, segment: 1, value: labels[0]!.value }]
}

/** One bit a pixel, the first in the lowest bit, frames without gaps between them (PS3.5 8.1.1). */
async function packBits(
  { shape, data }: LabelMap,
  frames: readonly SegFrame[],
): Promise<{ bits: Uint8Array<ArrayBuffer>; digest: string }> {
  const size = shape[0] * shape[1]
  const bytes = Math.ceil((frames.length * size) / 8)
  const bits = new Uint8Array(bytes + (bytes % 2))
  let bit = 0
  for (const { k, value } of frames)
    for (let n = k * size; n < (k + 1) * size; n++, bit++) if (data[n] === value) bits[bit >> 3]! |= 1 << (bit & 7)
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(data)))
  return { bits, digest: Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('') }
}

/** Attributes of type 2 are there, empty where the source has none. */
function studyOf({ study, studyUid, frameOfReferenceUid }: DicomSource): Item {
  const optional = ['IssuerOfPatientID', 'PatientAge', 'PatientSize', 'PatientWeight', 'PatientIdentityRemoved', 'DeidentificationMethod', 'StudyDescription'] as const // prettier-ignore
  const required = ['PatientName', 'PatientID', 'PatientBirthDate', 'PatientSex', 'StudyDate', 'StudyTime', 'ReferringPhysicianName', 'StudyID', 'AccessionNumber', 'PositionReferenceIndicator'] as const // prettier-ignore
  return {
    SpecificCharacterSet: 'ISO_IR 192',
    ...Object.fromEntries(required.map((keyword) => [keyword, study[keyword] ?? ''])),
    ...Object.fromEntries(optional.flatMap((keyword) => (study[keyword] ? [[keyword, study[keyword]]] : []))),
    StudyInstanceUID: studyUid,
    FrameOfReferenceUID: frameOfReferenceUid,
  }
}

async function seriesOf(
  { study, seriesNumber, frameOfReferenceUid, seriesUid }: DicomSource,
  words: readonly string[],
): Promise<Item> {
  const date = study.ContentDate ?? study.SeriesDate ?? study.StudyDate ?? '19700101'
  const time = study.ContentTime ?? study.SeriesTime ?? study.StudyTime ?? '000000'
  return {
    Modality: 'SEG',
    SeriesInstanceUID: await deriveUid('series', ...words),
    SeriesNumber: String((seriesNumber ?? 0) + 1000),
    SeriesDescription: 'Segmentation (Scanbridge)',
    FrameOfReferenceUID: frameOfReferenceUid ?? (await deriveUid('frame of reference', seriesUid)),
    InstanceNumber: '1',
    ContentDate: date,
    ContentTime: time,
    ContentLabel: 'SEGMENTATION',
    ContentDescription: 'Automatic segmentation, research use',
    ContentCreatorName: '',
  }
}

function equipment({ version }: SegAlgorithm): Item {
  return {
    Manufacturer: 'Scanbridge',
    ManufacturerModelName: 'Scanbridge',
    DeviceSerialNumber: '1',
    SoftwareVersions: version,
  }
}

function picture({ shape }: LabelMap, frames: number): Item {
  return {
    ImageType: ['DERIVED', 'PRIMARY'],
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    NumberOfFrames: String(frames),
    Rows: shape[1],
    Columns: shape[0],
    BitsAllocated: 1,
    BitsStored: 1,
    HighBit: 0,
    PixelRepresentation: 0,
    LossyImageCompression: '00',
    SegmentationType: 'BINARY',
    SegmentsOverlap: 'NO',
  }
}

const code = ({ value, scheme, meaning }: Code): Item[] => [
  { CodeValue: value, CodingSchemeDesignator: scheme, CodeMeaning: meaning },
]

function segment({ name, color, code: type, category }: SegLabel, number: number, algorithm: SegAlgorithm): Item {
  return {
    SegmentNumber: number,
    SegmentLabel: name.slice(0, 64),
    SegmentAlgorithmType: 'AUTOMATIC',
    SegmentAlgorithmName: algorithm.name.slice(0, 64),
    RecommendedDisplayCIELabValue: toCielab(color),
    SegmentedPropertyCategoryCodeSequence: code(category),
    SegmentedPropertyTypeCodeSequence: code(type),
    SegmentationAlgorithmIdentificationSequence: [
      {
        AlgorithmFamilyCodeSequence: code({ value: '123110', scheme: 'DCM', meaning: 'Artificial Intelligence' }),
        AlgorithmName: algorithm.name.slice(0, 64),
        AlgorithmVersion: algorithm.version.slice(0, 64),
      },
    ],
  }
}

async function dimensions(words: readonly string[]): Promise<Item> {
  const organization = await deriveUid('dimensions', ...words)
  const index = (pointer: number, group: number, description: string): Item => ({
    DimensionOrganizationUID: organization,
    DimensionIndexPointer: pointer,
    FunctionalGroupPointer: group,
    DimensionDescriptionLabel: description,
  })
  return {
    DimensionOrganizationSequence: [{ DimensionOrganizationUID: organization }],
    DimensionIndexSequence: [
      index(0x0062000b, 0x0062000a, 'Segment Number'),
      index(0x00200032, 0x00209113, 'Image Position (Patient)'),
    ],
  }
}

function sharedGroups(affine: Affine): Item {
  const [i, j, k] = spacing(affine)
  const [row, column, step] = [direction(affine, 0), direction(affine, 1), direction(affine, 2)]
  const normal: Vector = [
    row[1] * column[2] - row[2] * column[1],
    row[2] * column[0] - row[0] * column[2],
    row[0] * column[1] - row[1] * column[0],
  ]
  const between = Math.abs(k * (step[0] * normal[0] + step[1] * normal[1] + step[2] * normal[2]))
  return {
    PlaneOrientationSequence: [{ ImageOrientationPatient: [...row, ...column].map(decimal) }],
    PixelMeasuresSequence: [
      {
        SliceThickness: decimal(between),
        SpacingBetweenSlices: decimal(between),
        PixelSpacing: [decimal(j), decimal(i)],
      },
    ],
  }
}

function frameGroups({ k, segment }: SegFrame, slices: readonly number[], source: DicomSource): Item {
  return {
    FrameContentSequence: [{ DimensionIndexValues: [segment, slices.indexOf(k) + 1] }],
    PlanePositionSequence: [{ ImagePositionPatient: apply(source.affine, [0, 0, k]).map(decimal) }],
    SegmentIdentificationSequence: [{ ReferencedSegmentNumber: segment }],
    DerivationImageSequence: [
      {
        DerivationCodeSequence: code({ value: '113076', scheme: 'DCM', meaning: 'Segmentation' }),
        SourceImageSequence: [
          {
            ...reference(source.slices[k]!),
            PurposeOfReferenceCodeSequence: code({
              value: '121322',
              scheme: 'DCM',
              meaning: 'Source image for image processing operation',
            }),
            SpatialLocationsPreserved: source.isMosaic ? 'NO' : 'YES',
          },
        ],
      },
    ],
  }
}

function reference({ sopClassUid, sopInstanceUid, frameNumber }: SourceSlice): Item {
  const item = { ReferencedSOPClassUID: sopClassUid, ReferencedSOPInstanceUID: sopInstanceUid }
  return frameNumber === undefined ? item : { ...item, ReferencedFrameNumber: String(frameNumber) }
}

function referencedSeries({ seriesUid, slices }: DicomSource): Item {
  const instances = new Map(slices.map((slice) => [slice.sopInstanceUid, slice]))
  return {
    SeriesInstanceUID: seriesUid,
    ReferencedInstanceSequence: [...instances.values()].map((slice) => reference({ ...slice, frameNumber: undefined })),
  }
}

/** A decimal string: 16 characters at most (PS3.5 6.2). */
function decimal(value: number): string {
  for (let digits = 15; digits > 1; digits--) {
    const text = String(Number(value.toPrecision(digits)))
    if (text.length <= 16) return text
  }
  return '0'
}

async function encode(dataset: Item, sopInstanceUid: string): Promise<Uint8Array> {
  const { default: dcmjs } = await import('dcmjs')
  const { DicomDict, DicomMetaDictionary } = dcmjs.data
  const file = new DicomDict(
    DicomMetaDictionary.denaturalizeDataset({
      FileMetaInformationVersion: new Uint8Array([0, 1]).buffer,
      MediaStorageSOPClassUID: segmentationStorage,
      MediaStorageSOPInstanceUID: sopInstanceUid,
      TransferSyntaxUID: explicitLittle,
      ImplementationClassUID: await deriveUid('implementation'),
      ImplementationVersionName: 'SCANBRIDGE',
    }),
  )
  file.dict = DicomMetaDictionary.denaturalizeDataset({ ...dataset, _vrMap: { PixelData: 'OB' } })
  return new Uint8Array(file.write())
}
