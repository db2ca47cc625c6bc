import type { Attributes, Parsed, PixelElement } from './parse.ts'
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

/** Throws Unreadable where there is no picture of one channel, or its pixels cannot be all there. */
export function readLayout({ attributes: a, pixels: element, transferSyntax, bigEndian }: Parsed): PixelLayout {
  const rows = a.number('Rows')
  const columns = a.number('Columns')
  const sopClass = a.string('SOPClassUID') ?? ''
  if (sopClass === '1.2.840.10008.1.3.10') throw new Unreadable('it is a DICOMDIR; open it by its own path')
  if (!rows || !columns) throw new Unreadable('it holds no picture')
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
    padding: readPadding(a),
    extendedOffsets: readExtendedOffsets(a),
  }
  if (![1, 8, 16, 32, 64].includes(bitsAllocated)) throw new Unreadable(`its pixels have ${bitsAllocated} bits`)
  const expected = expectedBytes(layout)
  if (element.length !== undefined && element.length < expected)
    throw new Unreadable(`its pixel data has ${element.length} bytes where ${expected} are needed`)
  return layout
}

/** Written as US or SS, whatever the pixels are: 63536 means -2000 where they are signed. */
function readPadding(a: Attributes): number | undefined {
  const value = a.number('PixelPaddingValue')
  return value !== undefined && value > 32767 && a.number('PixelRepresentation') === 1 ? value - 65536 : value
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

/** Of uncompressed pixel data. */
export function expectedBytes({ rows, columns, frames, bitsAllocated }: PixelLayout): number {
  return (rows * columns * frames * bitsAllocated) / 8
}
