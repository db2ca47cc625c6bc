import type { Frame } from '../contract/contract.ts'
import type { VoxelHeader, Window } from '../contract/schemas.ts'
import type { Linear } from '../dicom/display.ts'
import { percentile } from '../volume/intensity.ts'
import type { LoadedVolume } from './study.ts'

type Stored = {
  readonly type: VoxelHeader['type']
  readonly slope: number
  readonly intercept: number
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
  const whole: Linear = { slope: 1, intercept: 0 }
  const stored = (scale && asStored(data, scale)) ?? asStored(data, whole) ?? asFloats(data)
  const meant = invertedScale ? invert(stored, scale!, invertedScale) : stored
  const value = (n: number): number => n * meant.slope + meant.intercept
  const ends = rangeOf(meant.data)
    .map(value)
    .sort((a, b) => a - b) as [number, number]
  const header: VoxelHeader = {
    shape: [...volume.shape],
    affine: [...volume.affine],
    type: meant.type,
    slope: meant.slope,
    intercept: meant.intercept,
    min: ends[0],
    max: ends[1],
    modality,
    units: display.units,
    // The files' own windows are of the values that they mean; where those are not known any more, of none.
    windows: [...display.windows, automaticWindow(data, scale, invertedScale)],
    isInverted: invertedScale !== undefined,
    // Files that do not say where they lie, or how large a pixel is in the patient, make no volume: study.ts lists them.
    hasOrientation: true,
    hasSpacing: true,
    notes: notes.filter(({ code }) => code !== 'monochrome1' || !invertedScale).map(({ message }) => message),
  }
  return { header, bytes: new Uint8Array(meant.data.buffer, meant.data.byteOffset, meant.data.byteLength) }
}

/** Whole numbers that give the data again, to the bit, or undefined. */
function asStored(data: Float32Array, { slope, intercept }: Linear): Stored | undefined {
  let [lowest, highest] = [Infinity, -Infinity]
  for (let n = 0; n < data.length; n++) {
    const stored = Math.round((data[n]! - intercept) / slope)
    if (Math.fround(stored * slope + intercept) !== data[n]) return undefined
    if (stored < lowest) lowest = stored
    if (stored > highest) highest = stored
  }
  const type = ranges.find(([, from, to]) => lowest >= from && highest <= to)?.[0]
  if (!type) return undefined
  const out = new arrays[type](data.length)
  for (let n = 0; n < data.length; n++) out[n] = Math.round((data[n]! - intercept) / slope)
  return { type, slope, intercept, data: out }
}

const arrays = { uint8: Uint8Array, int16: Int16Array, uint16: Uint16Array }
const ranges = [
  ['uint8', 0, 255],
  ['int16', -32768, 32767],
  ['uint16', 0, 65535],
] as const

function asFloats(data: Float32Array): Stored {
  return { type: 'float32', slope: 1, intercept: 0, data: new Float32Array(data) }
}

/** The values that the files mean in place of those turned round, by the same stored numbers. */
function invert(stored: Stored, turned: Linear, meant: Linear): Stored {
  // value = (number * slope + intercept - turned.intercept) / turned.slope is what the file stored.
  const slope = (stored.slope / turned.slope) * meant.slope
  const intercept = ((stored.intercept - turned.intercept) / turned.slope) * meant.slope + meant.intercept
  return { ...stored, slope, intercept }
}

function rangeOf(data: Stored['data']): [number, number] {
  let [lowest, highest] = [Infinity, -Infinity]
  for (let n = 0; n < data.length; n++) {
    const value = data[n]!
    if (value < lowest) lowest = value
    if (value > highest) highest = value
  }
  return [lowest, highest]
}

/** 1 to 99 % of what is not background: values over a tenth of the way from the lowest to the 99th percentile. */
function automaticWindow(data: Float32Array, turned?: Linear, meant?: Linear): Window {
  let [low, high] = robustRange(data)
  if (turned && meant) {
    const back = (value: number): number => ((value - turned.intercept) / turned.slope) * meant.slope + meant.intercept
    ;[low, high] = [back(high), back(low)]
  }
  return { center: (low + high) / 2, width: high - low, name: 'Automatic', shape: 'linear-exact' }
}

/** As many values are looked at: percentiles of half a million tell those of all of them to a grey level. */
const enough = 500_000

/**
 * 1st and 99th percentile of what is not background. A constant volume: a range of 1 around its value.
 * The background is what lies below a tenth of the way from the lowest value to the 99th percentile of all.
 */
export function robustRange(data: Float32Array): [number, number] {
  const sample = thinned(data)
  const lowest = percentile(sample, 0)
  const threshold = lowest + 0.1 * (percentile(sample, 99) - lowest)
  const shown = sample.filter((value) => value > threshold)
  const of = shown.length ? shown : sample
  const [low, high] = [percentile(of, 1), percentile(of, 99)]
  return high > low ? [low, high] : [low - 0.5, low + 0.5]
}

/** Every n-th value, where n is prime, so that it is not a column of the picture that is looked at. */
function thinned(data: Float32Array): Float32Array {
  const step = [1, 2, 3, 5, 11, 23, 47, 97, 197, 397, 797].find((prime) => data.length / prime <= enough) ?? 1597
  if (step === 1) return data
  const out = new Float32Array(Math.ceil(data.length / step))
  for (let n = 0; n < out.length; n++) out[n] = data[n * step]!
  return out
}
