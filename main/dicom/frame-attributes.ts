/** Where a frame lies, what it shows and how it is scaled: from its functional groups, or from the top level of the file. */
import type { Vector } from '../volume/volume.ts'
import type { Content, Plane } from './instance.ts'
import type { Attributes } from './parse.ts'
import type { Keyword } from './tags.ts'

/** Functional groups of a frame: its own item, then the shared one, then the top level (PS3.3 C.7.6.16). */
export type Groups = (sequence: Keyword) => Attributes | undefined

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

const isFinite3 = (v: readonly number[]): boolean => v.length >= 3 && v.slice(0, 3).every((x) => Math.abs(x) < 1e6)

/** Undefined where position, orientation or pixel spacing is missing or makes no sense. */
export function readPlane(a: Attributes, groups: Groups): Plane | undefined {
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

export function readRescale(a: Attributes, groups: Groups): { slope: number; intercept: number } {
  const group = groups('PixelValueTransformationSequence')
  const slope = group?.number('RescaleSlope') ?? a.number('RescaleSlope') ?? a.number('DoseGridScaling') ?? 1
  return { slope: slope || 1, intercept: group?.number('RescaleIntercept') ?? a.number('RescaleIntercept') ?? 0 }
}

export function readContent(a: Attributes, groups: Groups): Content {
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
    time: a.string('AcquisitionTime') ?? '',
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
