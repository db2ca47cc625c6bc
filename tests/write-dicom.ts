/** Small DICOM files for tests, byte by byte: explicit or implicit little endian, any attribute that we read. */
import { type Keyword, tags } from '../main/dicom/tags.ts'

export type Value = string | number | readonly number[] | readonly string[] | Uint8Array | readonly Elements[]
export type Elements = { readonly [K in Keyword]?: Value }

const binary: Readonly<Record<string, readonly [number, 'setUint16' | 'setUint32' | 'setInt16' | 'setFloat64']>> = {
  US: [2, 'setUint16'],
  SS: [2, 'setInt16'],
  UL: [4, 'setUint32'],
  FD: [8, 'setFloat64'],
}
const longForm = new Set(['OB', 'OW', 'OF', 'OD', 'OV', 'SQ', 'UN', 'UT'])

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function encodeValue(vr: string, value: Value, explicit: boolean): Uint8Array {
  if (value instanceof Uint8Array) return value
  if (vr === 'SQ') {
    const items = (value as readonly Elements[]).map((item) => encodeElements(item, explicit))
    return concat(items.flatMap((item) => [header(0xfffe, 0xe000, item.length), item]))
  }
  const [size, method] = binary[vr] ?? []
  const values = Array.isArray(value) ? (value as readonly (number | string)[]) : [value as number | string]
  if (size && method) {
    const out = new DataView(new ArrayBuffer(size * values.length))
    values.forEach((one, n) => out[method](n * size, Number(one), true))
    return new Uint8Array(out.buffer)
  }
  const text = new TextEncoder().encode(values.join('\\'))
  return text.length % 2 ? concat([text, new Uint8Array([vr === 'UI' ? 0 : 0x20])]) : text
}

function header(group: number, element: number, length: number): Uint8Array {
  const out = new DataView(new ArrayBuffer(8))
  out.setUint16(0, group, true)
  out.setUint16(2, element, true)
  out.setUint32(4, length, true)
  return new Uint8Array(out.buffer)
}

function encodeElements(elements: Elements, explicit: boolean): Uint8Array {
  const entries = Object.entries(elements) as [Keyword, Value][]
  const sorted = entries.sort(([a], [b]) => (tags[a][0] < tags[b][0] ? -1 : 1))
  return concat(
    sorted.flatMap(([keyword, value]) => {
      const [tag, vr] = tags[keyword]
      const bytes = encodeValue(vr, value, explicit)
      const start = header(parseInt(tag.slice(1, 5), 16), parseInt(tag.slice(5), 16), bytes.length)
      if (!explicit) return [start, bytes]
      const letters = new TextEncoder().encode(vr)
      if (longForm.has(vr)) return [start.subarray(0, 4), letters, new Uint8Array(2), start.subarray(4), bytes]
      return [start.subarray(0, 4), letters, start.subarray(4, 6), bytes]
    }),
  )
}

export const explicitLittle = '1.2.840.10008.1.2.1'
export const implicitLittle = '1.2.840.10008.1.2'

/** A Part 10 file. TransferSyntaxUID is explicit little endian unless given; the meta information is always explicit. */
export function writeDicom({ TransferSyntaxUID = explicitLittle, ...elements }: Elements): Uint8Array {
  const meta = encodeElements({ TransferSyntaxUID }, true)
  const preamble = new Uint8Array(132)
  preamble.set(new TextEncoder().encode('DICM'), 128)
  return concat([preamble, meta, encodeElements(elements, TransferSyntaxUID !== implicitLittle)])
}

/** Pixel data of undefined length: an offset table and fragments. */
export function encapsulate(fragments: readonly Uint8Array[], offsets: readonly number[] = []): Uint8Array {
  const table = new Uint8Array(Uint32Array.from(offsets).buffer)
  const items = [table, ...fragments].flatMap((bytes) => [header(0xfffe, 0xe000, bytes.length), bytes])
  return concat([...items, header(0xfffe, 0xe0dd, 0)])
}

/** A file whose pixel data is encapsulated: PixelData (OB) of undefined length, last in the file. */
export function writeEncapsulated(elements: Elements, pixelData: Uint8Array): Uint8Array {
  const start = new Uint8Array([0xe0, 0x7f, 0x10, 0x00, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff])
  return concat([writeDicom(elements), start, pixelData])
}

/** One axial slice of a CT-like series at z = `z`: 4 columns, 3 rows, pixel n holding `first` + n. */
export function slice(z: number, first: number, changes: Elements = {}): Elements {
  return {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.4',
    SOPInstanceUID: `1.2.3.${Math.round((z + 1000) * 1000)}.${first}`,
    StudyInstanceUID: '1.2.3',
    SeriesInstanceUID: '1.2.3.4',
    SeriesNumber: 7,
    Modality: 'MR',
    ImageType: ['ORIGINAL', 'PRIMARY', 'M'],
    InstanceNumber: 1,
    ImagePositionPatient: [-10, -20, z],
    ImageOrientationPatient: [1, 0, 0, 0, 1, 0],
    PixelSpacing: [2, 1],
    SliceThickness: 3,
    SamplesPerPixel: 1,
    PhotometricInterpretation: 'MONOCHROME2',
    Rows: 3,
    Columns: 4,
    BitsAllocated: 16,
    BitsStored: 16,
    HighBit: 15,
    PixelRepresentation: 1,
    PixelData: pixels16(Array.from({ length: 12 }, (_, n) => first + n)),
    ...changes,
  }
}

export function pixels16(values: readonly number[]): Uint8Array {
  return new Uint8Array(Int16Array.from(values).buffer)
}
