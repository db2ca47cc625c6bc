/** How a picture wants to be shown: windows, units, and how values in a volume relate to those that its file means. */
import type { Frame } from './instance.ts'
import type { Attributes } from './parse.ts'
import { invertedTop } from './rescale.ts'

export type DisplayWindow = {
  readonly center: number
  readonly width: number
  readonly name: string
  readonly shape: 'linear' | 'linear-exact' | 'sigmoid'
}

export type Linear = { readonly slope: number; readonly intercept: number }

/** What the files of a volume say on showing it. */
export type Display = {
  /** In modality units, of the middle slice: scanners that window each slice by itself do not agree over a volume. */
  readonly windows: readonly DisplayWindow[]
  /** '' where the files name none. */
  readonly units: string
  /** Volume value = stored * slope + intercept; undefined where slices differ. */
  readonly scale: Linear | undefined
  /** MONOCHROME1, thus turned round in the volume: the same for the values that the file means. */
  readonly invertedScale: Linear | undefined
}

/** Defined terms of Rescale Type (PS3.3 C.11.1.1.2) and of PET's Units (C.8.9.1.1.3) that say something to a reader. */
const unitNames: Readonly<Record<string, string>> = {
  HU: 'HU',
  HU_MOD: 'HU',
  OD: 'OD',
  MGML: 'mg/ml',
  PCT: '%',
  BQML: 'Bq/ml',
  GML: 'g/ml',
  CM2ML: 'cm²/ml',
  PERCENT: '%',
}

const shapes = { LINEAR: 'linear', LINEAR_EXACT: 'linear-exact', SIGMOID: 'sigmoid' } as const

/** Windows and units of frame `index` of an instance. Windows that make no sense are left out (PS3.3 C.11.2.1.2). */
export function readDisplay(a: Attributes, index: number): Pick<Display, 'windows' | 'units'> {
  const own = a.items('PerFrameFunctionalGroupsSequence')[index]
  const shared = a.items('SharedFunctionalGroupsSequence')[0]
  const group = (sequence: 'FrameVOILUTSequence' | 'PixelValueTransformationSequence'): Attributes =>
    own?.items(sequence)[0] ?? shared?.items(sequence)[0] ?? a
  return {
    windows: readWindows(group('FrameVOILUTSequence')),
    units: readUnits(a, group('PixelValueTransformationSequence')),
  }
}

function readWindows(a: Attributes): DisplayWindow[] {
  const widths = a.numbers('WindowWidth')
  const names = (a.text('WindowCenterWidthExplanation') ?? '').split('\\').map((name) => name.trim())
  const shape = shapes[(a.string('VOILUTFunction') ?? 'LINEAR') as keyof typeof shapes] ?? 'linear'
  const least = shape === 'linear' ? 1 : Number.MIN_VALUE
  return a.numbers('WindowCenter').flatMap((center, n) => {
    const width = widths[n] ?? NaN
    if (!Number.isFinite(center) || !Number.isFinite(width) || width < least) return []
    return [{ center, width, name: names[n] || (widths.length > 1 ? `File ${n + 1}` : 'File'), shape }]
  })
}

function readUnits(a: Attributes, rescale: Attributes): string {
  const declared = rescale.string('RescaleType') ?? a.string('Units') ?? (a.string('Modality') === 'CT' ? 'HU' : '')
  return unitNames[declared.toUpperCase()] ?? ''
}

/** What the middle frame of a volume says, with how the values of all its frames came from stored ones in rescaleInto. */
export function displayOf(frames: readonly Frame[], middle: Pick<Display, 'windows' | 'units'>): Display {
  const scales = scalesOf(frames)
  // Turned round, and each slice by another number: no one window of the files holds for the volume.
  const isLost = !scales.scale && frames.some(({ instance }) => instance.pixels.inverted)
  return { ...scales, units: middle.units, windows: isLost ? [] : middle.windows }
}

function scalesOf(frames: readonly Frame[]): Pick<Display, 'scale' | 'invertedScale'> {
  const { slope, intercept, instance } = frames[0]!
  const isSame = frames.every(
    (frame) =>
      frame.slope === slope &&
      frame.intercept === intercept &&
      frame.instance.pixels.inverted === instance.pixels.inverted,
  )
  if (!isSame) return { scale: undefined, invertedScale: undefined }
  if (!instance.pixels.inverted) return { scale: { slope, intercept }, invertedScale: undefined }
  return {
    scale: { slope: -slope, intercept: invertedTop(instance.pixels) * slope + intercept },
    invertedScale: { slope, intercept },
  }
}
