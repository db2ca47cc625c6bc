import { Unreadable } from './unreadable.ts'

/**
 * RLE Lossless (PS3.5 annex G) to little-endian samples: one run-length coded segment for each byte of a sample, the most
 * significant first. Throws Unreadable where a segment is short or lies outside of the frame.
 */
export function decodeRle(bytes: Uint8Array, pixels: number, bytesPerPixel: number): Uint8Array {
  const damaged = (): Unreadable => new Unreadable('its run-length coded pixels are damaged')
  if (bytes.length < 64) throw damaged()
  const header = new DataView(bytes.buffer, bytes.byteOffset, 64)
  if (header.getUint32(0, true) !== bytesPerPixel) throw damaged()
  const out = new Uint8Array(pixels * bytesPerPixel)
  for (let segment = 0; segment < bytesPerPixel; segment++) {
    const start = header.getUint32(4 + 4 * segment, true)
    const end = segment + 1 < bytesPerPixel ? header.getUint32(8 + 4 * segment, true) : bytes.length
    if (start < 64 || start > end || end > bytes.length) throw damaged()
    const decoded = unpack(bytes, start, end, out, bytesPerPixel - 1 - segment, bytesPerPixel, pixels)
    if (decoded < pixels) throw damaged()
  }
  return out
}

/** PackBits into every `stride`-th byte; returns how many were written, at most `count`. */
function unpack(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  first: number,
  stride: number,
  count: number,
): number {
  let written = 0
  for (let at = start; at < end && written < count;) {
    const control = bytes[at++]!
    if (control < 128) {
      const length = Math.min(control + 1, end - at, count - written)
      for (let n = 0; n < length; n++) out[first + stride * written++] = bytes[at + n]!
      at += control + 1
    } else if (control > 128 && at < end) {
      const value = bytes[at++]!
      const length = Math.min(257 - control, count - written)
      for (let n = 0; n < length; n++) out[first + stride * written++] = value
    }
  }
  return written
}
