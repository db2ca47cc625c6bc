import type { Frame } from './instance.ts'
import type { PixelLayout } from './pixel-layout.ts'

/** Stored values of one frame of an instance: row by row. */
export type Stored =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array

/**
 * Writes a frame (or its mosaic tile) into `out` in modality units: stored x slope + intercept (PS3.3 C.11.1), with the
 * frame's own slope. MONOCHROME1 is turned round in stored values first, so that bright is large. Pixel Padding Value
 * becomes NaN where it means no data (CT); so does a pixel that is not finite.
 */
export function rescaleInto(out: Float32Array, stored: Stored, frame: Frame): void {
  const { slope, intercept, tile, rows, columns, instance } = frame
  const { inverted, columns: stride, padding } = instance.pixels
  const a = inverted ? -slope : slope
  const b = inverted ? invertedTop(instance.pixels) * slope + intercept : intercept
  const nothing = instance.modality === 'CT' ? padding : undefined
  for (let j = 0; j < rows; j++) {
    const from = tile ? (tile.j + j) * stride + tile.i : j * columns
    const to = j * columns
    for (let i = 0; i < columns; i++) out[to + i] = stored[from + i]! * a + b
    if (nothing !== undefined) for (let i = 0; i < columns; i++) if (stored[from + i] === nothing) out[to + i] = NaN
  }
}

/** x -> top - x mirrors the range of stored values onto itself. */
function invertedTop({ bitsStored, signed }: PixelLayout): number {
  return signed ? -1 : 2 ** bitsStored - 1
}

/** Puts the lowest value of a volume where it has none (NaN, infinite); says how many. All without: zeros. */
export function fillNothing(data: Float32Array): number {
  let lowest = Infinity
  let count = 0
  for (const value of data) {
    if (!Number.isFinite(value)) count++
    else if (value < lowest) lowest = value
  }
  if (count === 0) return 0
  const filling = Number.isFinite(lowest) ? lowest : 0
  for (let n = 0; n < data.length; n++) if (!Number.isFinite(data[n])) data[n] = filling
  return count
}
