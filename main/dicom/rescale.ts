import type { Frame, PixelLayout } from './instance.ts'

/** Stored values of one frame of an instance: row by row. */
export type Stored =
  Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array

/**
 * Writes a frame (or its mosaic tile) into `out` in modality units: stored x slope + intercept (PS3.3 C.11.1), with the
 * frame's own slope. MONOCHROME1 is turned round in stored values first, so that bright is large.
 */
export function rescaleInto(out: Float32Array, stored: Stored, frame: Frame): void {
  const { slope, intercept, tile, rows, columns, instance } = frame
  const { inverted, columns: stride } = instance.pixels
  const top = inverted ? invertedTop(instance.pixels) : 0
  const a = inverted ? -slope : slope
  const b = inverted ? top * slope + intercept : intercept
  for (let j = 0; j < rows; j++) {
    const from = tile ? (tile.j + j) * stride + tile.i : j * columns
    const to = j * columns
    for (let i = 0; i < columns; i++) out[to + i] = stored[from + i]! * a + b
  }
}

/** x -> top - x mirrors the range of stored values onto itself. */
function invertedTop({ bitsStored, signed }: PixelLayout): number {
  return signed ? -1 : 2 ** bitsStored - 1
}
