/** Pixel data of each transfer syntax to stored values. */
import { codecOf } from './codecs.ts'
import { readFrames } from './encapsulated.ts'
import type { PixelLayout } from './pixel-layout.ts'
import type { Stored } from './rescale.ts'
import { decodeRle } from './rle.ts'
import { Unreadable } from './unreadable.ts'

/** Stored values of frame n (from 0). */
export type FrameReader = (index: number) => Promise<Stored>

const native = new Set(['1.2.840.10008.1.2', '1.2.840.10008.1.2.1', '1.2.840.10008.1.2.1.99', '1.2.840.10008.1.2.2'])
const rle = '1.2.840.10008.1.2.5'

/** A reader of the frames of one instance. Throws Unreadable where nothing decodes its transfer syntax. */
export function openFrames(layout: PixelLayout, bytes: Uint8Array): FrameReader {
  const { transferSyntax, rows, columns, element } = layout
  if (element.length !== undefined) {
    if (native.has(transferSyntax)) return nativeFrames(layout, bytes)
    throw new Unreadable('its pixel data is not packed as its transfer syntax says')
  }
  const codec = codecOf(transferSyntax, rows, columns)
  if (!codec && transferSyntax !== rle)
    throw new Unreadable(`its transfer syntax (${transferSyntax}) cannot be decoded`)
  const frames = readFrames(bytes, layout)
  return async (index) => {
    if (!codec) return toStored(decodeRle(frames[index]!, rows * columns, layout.bitsAllocated / 8), layout, false)
    const { bytes: samples, bytesPerSample } = await codec(frames[index]!)
    return toStored(samples, compressedLayout(layout, bytesPerSample), false)
  }
}

/** Codecs give 1 or 2 bytes a sample whatever was allocated, with the stored bits at the bottom. */
function compressedLayout(layout: PixelLayout, bytesPerSample: 1 | 2): PixelLayout {
  const bitsAllocated = 8 * bytesPerSample
  const bitsStored = Math.min(layout.bitsStored, bitsAllocated)
  return { ...layout, bitsAllocated, bitsStored, highBit: bitsStored - 1 }
}

function nativeFrames(layout: PixelLayout, bytes: Uint8Array): FrameReader {
  const { rows, columns, bitsAllocated, element } = layout
  const size = (rows * columns * bitsAllocated) / 8
  return (index) => {
    const start = element.offset + index * size
    if (start + size > bytes.length) throw new Unreadable('it is cut off within its pixel data')
    return Promise.resolve(toStored(bytes.subarray(start, start + size), layout, layout.bigEndian))
  }
}

const isLittleEndianMachine = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/** Raw bytes of a frame as numbers: bit depth, sign, byte order; bits outside of those stored (old overlays) are dropped. */
export function toStored(bytes: Uint8Array, layout: PixelLayout, bigEndian: boolean): Stored {
  const { bitsAllocated, bitsStored, highBit, signed, element } = layout
  const width = bitsAllocated / 8
  const isSwapped = bigEndian === isLittleEndianMachine && width > 1
  const isAligned = bytes.byteOffset % width === 0
  const own = isAligned && !isSwapped ? bytes : new Uint8Array(bytes)
  if (isSwapped) swap(own, width)
  const { buffer, byteOffset } = own
  const length = own.length / width
  if (element.keyword === 'FloatPixelData') return new Float32Array(buffer, byteOffset, length)
  if (element.keyword === 'DoubleFloatPixelData') return new Float64Array(buffer, byteOffset, length)
  const drop = { left: 31 - Math.min(Math.max(highBit, bitsStored - 1), bitsAllocated - 1), right: 32 - bitsStored }
  const isWhole = bitsStored === bitsAllocated
  if (bitsAllocated === 8 && signed) return narrow(new Int8Array(buffer, byteOffset, length), drop, isWhole)
  if (bitsAllocated === 8) return narrow(new Uint8Array(buffer, byteOffset, length), drop, isWhole)
  if (bitsAllocated === 16 && signed) return narrow(new Int16Array(buffer, byteOffset, length), drop, isWhole)
  if (bitsAllocated === 16) return narrow(new Uint16Array(buffer, byteOffset, length), drop, isWhole)
  if (bitsAllocated === 32 && signed) return narrow(new Int32Array(buffer, byteOffset, length), drop, isWhole)
  if (bitsAllocated === 32) return narrow(new Uint32Array(buffer, byteOffset, length), drop, isWhole)
  throw new Unreadable(`its pixels are integers of ${bitsAllocated} bits`)
}

/** Shifts the stored bits to the top of 32 and down again, which drops what is above and below and extends the sign. */
function narrow<T extends Stored>(raw: T, { left, right }: { left: number; right: number }, isWhole: boolean): T {
  if (isWhole || (raw instanceof Uint16Array && left === right && isBelow(raw, right))) return raw
  const out = raw.slice() as T
  const isSigned = raw instanceof Int8Array || raw instanceof Int16Array || raw instanceof Int32Array
  if (isSigned) for (let n = 0; n < out.length; n++) out[n] = (out[n]! << left) >> right
  else for (let n = 0; n < out.length; n++) out[n] = (out[n]! << left) >>> right
  return out
}

/** Whether there is nothing to drop, as in nearly all MR: a loop over one type, much quicker than making new values. */
function isBelow(raw: Uint16Array, shift: number): boolean {
  let bits = 0
  for (let n = 0; n < raw.length; n++) bits |= raw[n]!
  return bits >>> (32 - shift) === 0
}

function swap(bytes: Uint8Array, width: number): void {
  for (let at = 0; at + width <= bytes.length; at += width) bytes.subarray(at, at + width).reverse()
}
