import type { Vector } from '../volume/volume.ts'
import { mosaicFrames, readMosaic } from './mosaic.ts'
import type { Attributes, Parsed, PixelElement } from './parse.ts'
import { type ScannerFacts, readScanner } from './scanner.ts'
import type { Keyword } from './tags.ts'
import { Unreadable, maxVoxels } from './unreadable.ts'

/** How the pixels of an instance are stored. */
export type PixelLayout = {
  readonly element: PixelElement
  readonly transferSyntax: string
  readonly bigEndian: boolean
  readonly rows: number
  readonly columns: number
  readonly frames: number
  readonly bitsAllocated: number
  readonly bitsStored: number
  readonly highBit: number
  readonly signed: boolean
  /** MONOCHROME1: the smallest value is the brightest. */
  readonly inverted: boolean
  readonly padding: number | undefined
  /** Extended offset table (PS3.3 C.7.6.3.1.8): where each frame starts, and its length. */
  readonly extendedOffsets: { readonly starts: readonly number[]; readonly lengths: readonly number[] } | undefined
}

/** Where a frame lies, in LPS millimetres. */
export type Plane = {
  /** Centre of the first pixel. */
  readonly position: Vector
  /** Unit direction in which the column index grows (i), and in which the row index grows (j). */
  readonly row: Vector
  readonly column: Vector
  /** Between neighbours along i, and along j: Pixel Spacing names j first (PS3.3 10.7.1.3), this is the one place that swaps. */
  readonly spacing: readonly [number, number]
  readonly thickness: number | undefined
  readonly spacingBetween: number | undefined
}

/** What tells frames at the same place apart. */
export type Content = {
  readonly component: 'magnitude' | 'phase' | 'real' | 'imaginary' | 'mixed' | ''
  readonly echo: string
  readonly imageType: string
  readonly temporal: number | undefined
  readonly bValue: number | undefined
  readonly gradient: string
  readonly trigger: number | undefined
  readonly inversionTime: number | undefined
  readonly acquisition: number | undefined
  readonly time: string
  readonly stack: string
}

/** One plane of pixels: a frame of an instance, or one tile of a Siemens mosaic. */
export type Frame = {
  readonly instance: Instance
  /** From 0. */
  readonly index: number
  readonly tile: { readonly i: number; readonly j: number } | undefined
  readonly rows: number
  readonly columns: number
  /** Undefined with the reason in `problem`. */
  readonly plane: Plane | undefined
  readonly content: Content
  readonly slope: number
  readonly intercept: number
}

/** Patient, study and series facts that a derived object has to repeat so that it files with its source. Identifying. */
export type StudyFacts = Readonly<Partial<Record<Keyword, string>>>

export type Instance = {
  readonly file: string
  readonly sopInstanceUid: string
  readonly sopClassUid: string
  readonly studyUid: string
  readonly seriesUid: string
  readonly frameOfReferenceUid: string | undefined
  readonly seriesNumber: number | undefined
  readonly description: string
  readonly modality: string
  readonly instanceNumber: number
  readonly pixels: PixelLayout
  readonly scanner: ScannerFacts
  readonly study: StudyFacts
  readonly tilt: number | undefined
  readonly problems: readonly string[]
  frames: readonly Frame[]
}

const studyKeywords = [
  'PatientName', 'PatientID', 'IssuerOfPatientID', 'PatientBirthDate', 'PatientSex', 'PatientAge', 'PatientSize',
  'PatientWeight', 'PatientIdentityRemoved', 'DeidentificationMethod', 'StudyInstanceUID', 'StudyDate', 'StudyTime',
  'ReferringPhysicianName', 'StudyID', 'AccessionNumber', 'StudyDescription', 'SeriesDate', 'SeriesTime', 'ContentDate',
  'ContentTime', 'FrameOfReferenceUID', 'PositionReferenceIndicator',
] as const satisfies readonly Keyword[] // prettier-ignore

/** The instance that a parsed file holds. Throws Unreadable where it holds no picture that could be part of a scan. */
export function readInstance(parsed: Parsed, file: string): Instance {
  const a = parsed.attributes
  const pixels = readLayout(parsed)
  const seriesUid = a.string('SeriesInstanceUID')
  if (!seriesUid) throw new Unreadable('it does not say which series it belongs to')
  const instance: Instance = {
    file,
    sopInstanceUid: a.string('SOPInstanceUID') ?? '',
    sopClassUid: a.string('SOPClassUID') ?? '',
    studyUid: a.string('StudyInstanceUID') ?? '',
    seriesUid,
    frameOfReferenceUid: a.string('FrameOfReferenceUID'),
    seriesNumber: a.number('SeriesNumber'),
    description: a.text('SeriesDescription') ?? '',
    modality: a.string('Modality') ?? '',
    instanceNumber: a.number('InstanceNumber') ?? 0,
    pixels,
    scanner: readScanner(a),
    study: Object.fromEntries(studyKeywords.flatMap((k) => (a.text(k) === undefined ? [] : [[k, a.text(k)]]))),
    tilt: a.number('GantryDetectorTilt'),
    problems: [],
    frames: [],
  }
  instance.frames = readFrames(instance, a)
  return instance
}

function readLayout({ attributes: a, pixels: element, transferSyntax, bigEndian, bytes }: Parsed): PixelLayout {
  const rows = a.number('Rows')
  const columns = a.number('Columns')
  const sopClass = a.string('SOPClassUID') ?? ''
  if (sopClass === '1.2.840.10008.1.3.10') throw new Unreadable('it is a DICOMDIR; open it by its own path')
  if (!rows || !columns) throw new Unreadable('it holds no picture')
  if (sopClass.startsWith('1.2.840.10008.5.1.4.1.1.66.')) throw new Unreadable('it is a segmentation, not a scan')
  if (!element) throw new Unreadable('its pixel data is missing')
  if ((a.number('SamplesPerPixel') ?? 1) !== 1) throw new Unreadable('it is a colour picture, not a scan')
  const photometric = a.string('PhotometricInterpretation') ?? 'MONOCHROME2'
  if (!photometric.startsWith('MONOCHROME')) throw new Unreadable('it is a colour picture, not a scan')
  const frames = readFrameCount(a)
  if (rows * columns * frames > maxVoxels)
    throw new Unreadable(`it claims ${columns} x ${rows} x ${frames} pixels, more than can be opened`)
  const bitsAllocated = { PixelData: a.number('BitsAllocated') ?? 16, FloatPixelData: 32, DoubleFloatPixelData: 64 }[element.keyword] // prettier-ignore
  const bitsStored = a.number('BitsStored') ?? bitsAllocated
  const layout: PixelLayout = {
    element,
    transferSyntax,
    bigEndian,
    rows,
    columns,
    frames,
    bitsAllocated,
    bitsStored: bitsStored > 0 && bitsStored <= bitsAllocated ? bitsStored : bitsAllocated,
    highBit: a.number('HighBit') ?? bitsStored - 1,
    signed: a.number('PixelRepresentation') === 1,
    inverted: photometric === 'MONOCHROME1',
    padding: a.number('PixelPaddingValue'),
    extendedOffsets: readExtendedOffsets(a),
  }
  if (![8, 16, 32, 64].includes(bitsAllocated)) throw new Unreadable(`its pixels have ${bitsAllocated} bits`)
  checkLength(layout, bytes.length)
  return layout
}

function readFrameCount(a: Attributes): number {
  if (!a.has('NumberOfFrames')) return 1
  const text = a.string('NumberOfFrames') ?? '1'
  if (!/^[+]?\d+$/.test(text) || Number(text) < 1) throw new Unreadable('its number of frames is not a number')
  return Number(text)
}

function readExtendedOffsets(a: Attributes): PixelLayout['extendedOffsets'] {
  const read = (keyword: Keyword): number[] => {
    const bytes = a.bytes(keyword)
    if (!bytes) return []
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    return Array.from({ length: Math.floor(bytes.length / 8) }, (_, n) => Number(view.getBigUint64(8 * n, true)))
  }
  const starts = read('ExtendedOffsetTable')
  const lengths = read('ExtendedOffsetTableLengths')
  return starts.length > 0 && starts.length === lengths.length ? { starts, lengths } : undefined
}

/** `available` is what was read, which may be only the head of the file: files.ts repeats the check with the whole size. */
export function expectedBytes({ rows, columns, frames, bitsAllocated }: PixelLayout): number {
  return (rows * columns * frames * bitsAllocated) / 8
}

function checkLength(layout: PixelLayout, _available: number): void {
  const { length } = layout.element
  const expected = expectedBytes(layout)
  if (length !== undefined && length < expected)
    throw new Unreadable(`its pixel data has ${length} bytes where ${expected} are needed`)
}

/** Functional groups of a frame: its own item, then the shared one, then the top level (PS3.3 C.7.6.16). */
type Groups = (sequence: Keyword) => Attributes | undefined

function readFrames(instance: Instance, a: Attributes): Frame[] {
  const mosaic = readMosaic(a, instance.pixels)
  if (mosaic) return mosaicFrames(instance, mosaic, readPlane(a, () => undefined), readContent(a, () => undefined), readRescale(a, () => undefined)) // prettier-ignore
  const shared = a.items('SharedFunctionalGroupsSequence')[0]
  const perFrame = a.items('PerFrameFunctionalGroupsSequence')
  const { frames, rows, columns } = instance.pixels
  const offsets = a.numbers('GridFrameOffsetVector')
  return Array.from({ length: frames }, (_, index) => {
    const own = perFrame[index]
    const groups: Groups = (sequence) => own?.items(sequence)[0] ?? shared?.items(sequence)[0]
    const plane = readPlane(a, groups)
    const { slope, intercept } = readRescale(a, groups)
    return {
      instance,
      index,
      tile: undefined,
      rows,
      columns,
      plane: frames > 1 && perFrame.length === 0 ? stacked(plane, index, offsets) : plane,
      content: readContent(a, groups),
      slope,
      intercept,
    }
  })
}

/** Classic multi-frame has one position for all: frames follow along the normal, by their offsets or the spacing between slices. */
function stacked(plane: Plane | undefined, index: number, offsets: readonly number[]): Plane | undefined {
  const offset = offsets[index] ?? (plane?.spacingBetween === undefined ? undefined : index * plane.spacingBetween)
  if (!plane || offset === undefined) return undefined
  const normal = cross(plane.row, plane.column)
  const relative = offset - (offsets[0] ?? 0)
  return { ...plane, position: plane.position.map((x, n) => x + relative * normal[n]!) as unknown as Vector }
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

const isFinite3 = (v: readonly number[]): boolean => v.length >= 3 && v.slice(0, 3).every((x) => Math.abs(x) < 1e6)

function readPlane(a: Attributes, groups: Groups): Plane | undefined {
  const detector = a.items('DetectorInformationSequence')[0]
  const find = (keyword: Keyword, sequence: Keyword): number[] => {
    const inGroup = groups(sequence)?.numbers(keyword) ?? []
    if (inGroup.length) return inGroup
    const top = a.numbers(keyword)
    return top.length ? top : (detector?.numbers(keyword) ?? [])
  }
  const position = find('ImagePositionPatient', 'PlanePositionSequence')
  const orientation = find('ImageOrientationPatient', 'PlaneOrientationSequence')
  const spacing = find('PixelSpacing', 'PixelMeasuresSequence')
  if (!isFinite3(position) || orientation.length < 6) return undefined
  const row = unit(orientation.slice(0, 3))
  const column = unit(orientation.slice(3, 6))
  const isSpacing = spacing.length >= 2 && spacing.every((x) => x > 1e-4 && x < 1e4)
  if (!row || !column || !isSpacing || Math.abs(row[0] * column[0] + row[1] * column[1] + row[2] * column[2]) > 0.01)
    return undefined
  const positive = (keyword: Keyword): number | undefined => {
    const value = find(keyword, 'PixelMeasuresSequence')[0]
    return value !== undefined && value > 1e-4 && value < 1e4 ? value : undefined
  }
  return {
    position: [position[0]!, position[1]!, position[2]!],
    row,
    column,
    spacing: [spacing[1]!, spacing[0]!],
    thickness: positive('SliceThickness'),
    spacingBetween: positive('SpacingBetweenSlices'),
  }
}

function unit(v: readonly number[]): Vector | undefined {
  const length = Math.hypot(...v)
  return length > 0.9 && length < 1.1 ? [v[0]! / length, v[1]! / length, v[2]! / length] : undefined
}

function readRescale(a: Attributes, groups: Groups): { slope: number; intercept: number } {
  const group = groups('PixelValueTransformationSequence')
  const slope = group?.number('RescaleSlope') ?? a.number('RescaleSlope') ?? a.number('DoseGridScaling') ?? 1
  return { slope: slope || 1, intercept: group?.number('RescaleIntercept') ?? a.number('RescaleIntercept') ?? 0 }
}

function readContent(a: Attributes, groups: Groups): Content {
  const type = groups('MRImageFrameTypeSequence') ?? groups('CTImageFrameTypeSequence')
  const frameType = type?.strings('FrameType') ?? []
  const imageType = frameType.length ? frameType : a.strings('ImageType')
  const content = groups('FrameContentSequence')
  const diffusion = groups('MRDiffusionSequence')
  const direction = diffusion?.items('DiffusionGradientDirectionSequence')[0]
  const gradient = direction?.numbers('DiffusionGradientOrientation') ?? a.numbers('DiffusionGradientOrientation')
  const complex = type?.string('ComplexImageComponent') ?? a.string('ComplexImageComponent')
  return {
    component: componentOf(complex, imageType),
    echo:
      String(groups('MREchoSequence')?.number('EffectiveEchoTime') ?? a.string('EchoTime') ?? '') +
      '/' +
      (a.string('EchoNumbers') ?? ''),
    imageType: imageType.join('\\'),
    temporal: content?.number('TemporalPositionIndex') ?? a.number('TemporalPositionIdentifier'),
    bValue: diffusion?.number('DiffusionBValue') ?? a.number('DiffusionBValue') ?? a.number('SiemensBValue'),
    gradient: [diffusion?.string('DiffusionDirectionality') ?? '', ...gradient.map((x) => x.toFixed(3))].join(' '),
    trigger:
      groups('CardiacSynchronizationSequence')?.number('NominalCardiacTriggerDelayTime') ?? a.number('TriggerTime'),
    inversionTime: a.number('InversionTime'),
    acquisition: content ? undefined : a.number('AcquisitionNumber'),
    time: a.string('AcquisitionTime') ?? a.string('ContentTime') ?? '',
    stack: content?.string('StackID') ?? '',
  }
}

/** Magnitude, phase, real or imaginary: said by the enhanced attribute, or by vendors' words in Image Type. */
function componentOf(complex: string | undefined, imageType: readonly string[]): Content['component'] {
  const declared = complex?.toLowerCase() ?? ''
  if (declared === 'magnitude' || declared === 'phase' || declared === 'real' || declared === 'imaginary')
    return declared
  const words = imageType.slice(2).map((word) => word.toUpperCase())
  const has = (...names: readonly string[]): boolean => names.some((name) => words.includes(name))
  if (has('P', 'PHASE', 'PHASE MAP', 'B0', 'FIELD_MAP', 'VELOCITY MAP') || words.some((w) => w.startsWith('P_')))
    return 'phase'
  if (has('R', 'REAL') || words.some((w) => w.startsWith('R_'))) return 'real'
  if (has('I', 'IMAGINARY') || words.some((w) => w.startsWith('I_'))) return 'imaginary'
  if (has('M', 'MAGNITUDE', 'NONE') || words.some((w) => w.startsWith('M_'))) return 'magnitude'
  return declared === 'mixed' ? 'mixed' : ''
}
