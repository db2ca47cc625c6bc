import type { Frame } from '../contract/contract.ts'
import type { VoxelHeader, Window } from '../contract/schemas.ts'
import type { Linear } from '../dicom/display.ts'
import { percentile } from '../volume/intensity.ts'
import type { LoadedVolume } from './study.ts'

type Range = readonly [lowest: number, highest: number]
type Stored = Linear & {
  readonly type: VoxelHeader['type']
  readonly data:
    Uint8Array<ArrayBuffer> | Int16Array<ArrayBuffer> | Uint16Array<ArrayBuffer> | Float32Array<ArrayBuffer>
}

/**
 * A volume for a window: voxels as [k, j, i], and what goes with them. Nothing is rounded: the type is uint8, int16 or uint16
 * where every value is exactly (as Float32) a whole number times the files' own slope plus intercept, or a whole number;
 * float32 otherwise. Values are those that the files mean: MONOCHROME1 is not turned round here but `isInverted`.
 * The bytes are the caller's own.
 */
export function toFrame({ volume, notes, display }: LoadedVolume, modality: string): Frame<VoxelHeader> {
  const { data } = volume
  const { scale, invertedScale } = display
  const range = rangeOf(data)
  const stored = (scale && asStored(data, range, scale)) ?? asStored(data, range, { slope: 1, intercept: 0 })
  const { type, slope, intercept, data: voxels } = stored ?? asFloats(data)
  const meant = scale && invertedScale ? toOther(scale, invertedScale) : { slope: 1, intercept: 0 }
  const means = (value: number): number => value * meant.slope + meant.intercept
  const inOrder = ([a, b]: Range): Range => (a < b ? [a, b] : [b, a])
  const [min, max] = inOrder([means(range[0]), means(range[1])])
  const [low, high] = robustRange(data)
  const automatic = inOrder([means(low), means(high)])
  const header: VoxelHeader = {
    shape: [...volume.shape],
    affine: [...volume.affine],
    type,
    slope: slope * meant.slope,
    intercept: means(intercept),
    min,
    max,
    modality,
    units: display.units,
    windows: [...display.windows, windowOf(automatic)],
    isInverted: invertedScale !== undefined,
    // Files that do not say where they lie, or how large a pixel is in the patient, make no volume: study.ts lists them.
    hasOrientation: true,
    hasSpacing: true,
    notes: notes.filter(({ code }) => code !== 'monochrome1' || !invertedScale).map(({ message }) => message),
  }
  return { header, bytes: new Uint8Array(voxels.buffer, voxels.byteOffset, voxels.byteLength) }
}

/** Maps values of one scale to those of another that have the same stored numbers. */
function toOther(from: Linear, to: Linear): Linear {
  const slope = to.slope / from.slope
  return { slope, intercept: to.intercept - from.intercept * slope }
}

/** Whole numbers that give the data again, to the bit, or undefined. */
function asStored(data: Float32Array, [lowest, highest]: Range, { slope, intercept }: Linear): Stored | undefined {
  const ends = [lowest, highest].map((value) => Math.round((value - intercept) / slope)).sort((a, b) => a - b)
  const type = types.find(([, from, to]) => ends[0]! >= from && ends[1]! <= to)?.[0]
  if (!type) return undefined
  const out = new arrays[type](data.length)
  const inverse = 1 / slope
  for (let n = 0; n < data.length; n++) {
    const number = Math.floor((data[n]! - intercept) * inverse + 0.5)
    if (Math.fround(number * slope + intercept) !== data[n]) return undefined
    out[n] = number
  }
  return { type, slope, intercept, data: out }
}

const arrays = { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array }
const types = [
  ['uint8', 0, 255],
  ['int16', -32768, 32767],
  ['uint16', 0, 65535],
] as const

function asFloats(data: Float32Array): Stored {
  return { type: 'float32', slope: 1, intercept: 0, data: new Float32Array(data) }
}

/** Of no values: 0 and 0. */
function rangeOf(data: Float32Array): Range {
  let [lowest, highest] = [data[0] ?? 0, data[0] ?? 0]
  for (let n = 0; n < data.length; n++) {
    const value = data[n]!
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  return [lowest, highest]
}

function windowOf([low, high]: Range): Window {
  return { center: (low + high) / 2, width: high - low, name: 'Automatic', shape: 'linear-exact' }
}

/** As many values are looked at: percentiles of half a million tell those of all of them to a grey level. */
const enough = 500_000

/**
 * 1st and 99th percentile of what is not background; from the lowest value of all where that is constant, as in a mask.
 * All one value: a range of 1 around it.
 * The background is what lies below a tenth of the way from the lowest value to the 99th percentile of all.
 */
export function robustRange(data: Float32Array): [number, number] {
  const sample = thinned(data)
  const lowest = percentile(sample, 0)
  const threshold = lowest + 0.1 * (percentile(sample, 99) - lowest)
  const shown = sample.filter((value) => value > threshold)
  const of = shown.length ? shown : sample
  const [low, high] = [percentile(of, 1), percentile(of, 99)]
  if (high > low) return [low, high]
  return high > lowest ? [lowest, high] : [low - 0.5, low + 0.5]
}

/** Every n-th value, where n is prime, so that it is not a column of the picture that is looked at. */
function thinned(data: Float32Array): Float32Array {
  const step = [1, 2, 3, 5, 11, 23, 47, 97, 197, 397, 797].find((prime) => data.length / prime <= enough) ?? 1597
  if (step === 1) return data
  const out = new Float32Array(Math.ceil(data.length / step))
  for (let n = 0; n < out.length; n++) out[n] = data[n * step]!
  return out
}
