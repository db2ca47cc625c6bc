import type { Frame } from './instance.ts'
import type { PixelLayout } from './pixel-layout.ts'

/** Stored values of one frame of an instance: row by row. */
export type Stored =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array

/**
 * Writes a frame (or its mosaic tile) into `out` in modality units: stored x slope + intercept (PS3.3 C.11.1), with the
 * frame's own slope. MONOCHROME1 is turned round in stored values first, so that bright is large. Where there is no data
 * (CT's Pixel Padding Value, numbers that are not finite) it writes NaN; returns how often.
 */
export function rescaleInto(out: Float32Array, stored: Stored, frame: Frame): number {
  const { slope, intercept, tile, rows, columns, instance } = frame
  const { inverted, columns: stride, padding } = instance.pixels
  const a = inverted ? -slope : slope
  const b = inverted ? invertedTop(instance.pixels) * slope + intercept : intercept
  for (let j = 0; j < rows; j++) {
    const from = tile ? (tile.j + j) * stride + tile.i : j * columns
    const to = j * columns
    for (let i = 0; i < columns; i++) out[to + i] = stored[from + i]! * a + b
  }
  const nothing = instance.modality === 'CT' ? padding : undefined
  const isFloat = stored instanceof Float32Array || stored instanceof Float64Array
  return nothing !== undefined || isFloat ? markMissing(out, isFloat ? NaN : nothing! * a + b) : 0
}

function markMissing(out: Float32Array, padding: number): number {
  const rounded = Math.fround(padding)
  let count = 0
  for (let n = 0; n < out.length; n++)
    if (out[n] === rounded || !Number.isFinite(out[n])) {
      out[n] = NaN
      count++
    }
  return count
}

/** x -> top - x mirrors the range of stored values onto itself. */
export function invertedTop({ bitsStored, signed }: PixelLayout): number {
  return signed ? -1 : 2 ** bitsStored - 1
}

/** Puts the lowest value of a volume where it has none (NaN, infinite); says how many. All without: zeros. */
export function fillNothing(data: Float32Array): number {
  let lowest = Infinity
  let count = 0
  for (let n = 0; n < data.length; n++) {
    const value = data[n]!
    if (!Number.isFinite(value)) count++
    else if (value < lowest) lowest = value
  }
  const filling = Number.isFinite(lowest) ? lowest : 0
  for (let n = 0; n < data.length; n++) if (!Number.isFinite(data[n])) data[n] = filling
  return count
}
