/** Bytes to attributes. The only import of dicom-parser, which trusts lengths: every value is bounded here. */
import dicomParser, { type DataSet, type Element } from 'dicom-parser'
import { Inflate } from 'fflate'
import { decodeText } from './character-set.ts'
import { type Keyword, tags } from './tags.ts'
import { Unreadable } from './unreadable.ts'

/** Values longer than this are data, not attributes that we read. */
const maxValueBytes = 4 * 2 ** 20
const maxInflatedBytes = 2 ** 31

export type Attributes = {
  has(keyword: Keyword): boolean
  /** The value as written: trimmed, all components, in the default character set. Empty: undefined. */
  string(keyword: Keyword): string | undefined
  strings(keyword: Keyword): string[]
  /** Decoded with SpecificCharacterSet. */
  text(keyword: Keyword): string | undefined
  number(keyword: Keyword, index?: number): number | undefined
  /** All components; [] where missing. A component that is no number is NaN. */
  numbers(keyword: Keyword): number[]
  items(keyword: Keyword): Attributes[]
  bytes(keyword: Keyword): Uint8Array | undefined
}

export type PixelElement = {
  readonly keyword: 'PixelData' | 'FloatPixelData' | 'DoubleFloatPixelData'
  readonly offset: number
  /** Absent: of undefined length, thus encapsulated. */
  readonly length?: number
}

export type Parsed = {
  readonly transferSyntax: string
  readonly bigEndian: boolean
  readonly attributes: Attributes
  readonly pixels: PixelElement | undefined
  /** What offsets count in: the file, or the file with its data set inflated. */
  readonly bytes: Uint8Array
}

const binarySizes: Readonly<Record<string, number>> = { US: 2, SS: 2, UL: 4, SL: 4, FL: 4, FD: 8, AT: 4 }

const latin1 = new TextDecoder('latin1')
const trim = (text: string): string => text.replace(/\0.*$/s, '').trim()

class ParsedAttributes implements Attributes {
  readonly #dataSet: DataSet
  readonly #characterSets: readonly string[]

  constructor(dataSet: DataSet, inherited: readonly string[] = []) {
    this.#dataSet = dataSet
    const own = this.#raw('SpecificCharacterSet')
    this.#characterSets = own ? latin1.decode(own).split('\\') : inherited
  }

  #element(keyword: Keyword): Element | undefined {
    return this.#dataSet.elements[tags[keyword][0]]
  }

  #raw(keyword: Keyword): Uint8Array | undefined {
    const element = this.#element(keyword)
    if (!element || element.length === 0 || element.items) return undefined
    const { byteArray } = this.#dataSet
    if (element.length > maxValueBytes || element.dataOffset + element.length > byteArray.length) return undefined
    return byteArray.subarray(element.dataOffset, element.dataOffset + element.length)
  }

  has(keyword: Keyword): boolean {
    return this.#element(keyword) !== undefined
  }

  string(keyword: Keyword): string | undefined {
    const raw = this.#raw(keyword)
    return (raw && trim(latin1.decode(raw))) || undefined
  }

  strings(keyword: Keyword): string[] {
    return (this.string(keyword) ?? '').split('\\').flatMap((part) => (part.trim() ? [part.trim()] : []))
  }

  text(keyword: Keyword): string | undefined {
    const raw = this.#raw(keyword)
    return (raw && trim(decodeText(raw, this.#characterSets))) || undefined
  }

  numbers(keyword: Keyword): number[] {
    const raw = this.#raw(keyword)
    if (!raw) return []
    const declared = this.#element(keyword)?.vr
    const vr = declared && declared !== 'UN' && declared !== 'OB' && declared !== 'OW' ? declared : tags[keyword][1]
    const size = binarySizes[vr]
    if (size === undefined) {
      const text = trim(latin1.decode(raw))
      return text ? text.split('\\').map((part) => (part.trim() ? Number(part) : NaN)) : []
    }
    const bigEndian = this.#dataSet.byteArrayParser === dicomParser.bigEndianByteArrayParser
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength)
    const values: number[] = []
    for (let at = 0; at + size <= raw.length; at += size) {
      if (vr === 'US') values.push(view.getUint16(at, !bigEndian))
      else if (vr === 'SS') values.push(view.getInt16(at, !bigEndian))
      else if (vr === 'SL') values.push(view.getInt32(at, !bigEndian))
      else if (vr === 'FL') values.push(view.getFloat32(at, !bigEndian))
      else if (vr === 'FD') values.push(view.getFloat64(at, !bigEndian))
      else values.push(view.getUint32(at, !bigEndian))
    }
    return values
  }

  number(keyword: Keyword, index = 0): number | undefined {
    const value = this.numbers(keyword)[index]
    return value !== undefined && Number.isFinite(value) ? value : undefined
  }

  items(keyword: Keyword): Attributes[] {
    const items = this.#element(keyword)?.items ?? []
    return items.flatMap((item) => (item.dataSet ? [new ParsedAttributes(item.dataSet, this.#characterSets)] : []))
  }

  bytes(keyword: Keyword): Uint8Array | undefined {
    return this.#raw(keyword)
  }
}

const implicitLittle = '1.2.840.10008.1.2'
const explicitLittle = '1.2.840.10008.1.2.1'
const explicitBig = '1.2.840.10008.1.2.2'
export const deflated = '1.2.840.10008.1.2.1.99'

const isLetters = (bytes: Uint8Array, at: number): boolean =>
  bytes[at]! >= 0x41 && bytes[at]! <= 0x5a && bytes[at + 1]! >= 0x41 && bytes[at + 1]! <= 0x5a

/** Where the data set starts, and in which encoding: from the file meta information, or where that is missing from how it begins. */
function findDataSet(bytes: Uint8Array): { bytes: Uint8Array; position: number; transferSyntax: string } {
  const isPart10 = bytes.length > 132 && latin1.decode(bytes.subarray(128, 132)) === 'DICM'
  if (isPart10 || (bytes[0] === 2 && bytes[1] === 0 && isLetters(bytes, 4))) {
    const file = isPart10 ? bytes : new Uint8Array([...new Uint8Array(128), 0x44, 0x49, 0x43, 0x4d, ...bytes])
    const meta = dicomParser.readPart10Header(file) as DataSet & { position: number }
    return { bytes: file, position: meta.position, transferSyntax: transferSyntaxOf(meta, file) }
  }
  const explicit = isLetters(bytes, 4)
  if (bytes[0] === 8 && bytes[1] === 0 && bytes[3] === 0) {
    const length = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(4, true)
    if (explicit) return { bytes, position: 0, transferSyntax: explicitLittle }
    if (length < bytes.length) return { bytes, position: 0, transferSyntax: implicitLittle }
  }
  if (bytes[0] === 0 && bytes[1] === 8 && bytes[2] === 0 && explicit)
    return { bytes, position: 0, transferSyntax: explicitBig }
  throw new Unreadable('it is not a DICOM file')
}

function transferSyntaxOf(meta: DataSet & { position: number }, file: Uint8Array): string {
  const declared = new ParsedAttributes(meta).string('TransferSyntaxUID')
  const explicit = isLetters(file, meta.position + 4)
  if (declared === implicitLittle && explicit) return explicitLittle
  if (declared === explicitLittle && !explicit) return implicitLittle
  if (declared) return declared
  return explicit ? explicitLittle : implicitLittle
}

function inflate(bytes: Uint8Array, position: number): Uint8Array {
  const chunks: Uint8Array[] = []
  let length = 0
  let ended = false
  const stream = new Inflate((chunk, final) => {
    chunks.push(chunk)
    length += chunk.length
    ended = final
    if (length > maxInflatedBytes) throw new Unreadable('it inflates to more than 2 GiB')
  })
  const step = 65536
  for (let at = position; at < bytes.length && !ended; at += step)
    stream.push(bytes.subarray(at, at + step), at + step >= bytes.length)
  const out = new Uint8Array(position + length)
  out.set(bytes.subarray(0, position))
  for (let at = position, n = 0; n < chunks.length; n++) {
    out.set(chunks[n]!, at)
    at += chunks[n]!.length
  }
  return out
}

/** The parser throws strings, errors and wrapped ones; none names the file or a patient. */
function reasonOf(thrown: unknown): string {
  if (thrown instanceof RangeError) return 'its sequences are nested too deeply'
  return 'its header is damaged, or the file is cut off'
}

/**
 * The attributes of a DICOM file before its pixel data, and where that lies. `bytes` may be only the head of a file, as
 * long as it reaches the pixel data. Reads Part 10 files, files without preamble or meta information, all four encodings.
 * Throws Unreadable.
 */
export function parse(bytes: Uint8Array): Parsed {
  try {
    const found = findDataSet(bytes)
    const inflated = found.transferSyntax === deflated ? inflate(found.bytes, found.position) : found.bytes
    const bigEndian = found.transferSyntax === explicitBig
    const parser = bigEndian ? dicomParser.bigEndianByteArrayParser : dicomParser.littleEndianByteArrayParser
    const stream = new dicomParser.ByteStream(parser, inflated, found.position)
    const dataSet = newDataSet(parser, inflated)
    dataSet.warnings = stream.warnings
    const options = { untilTag: tags.PixelData[0] }
    if (found.transferSyntax === implicitLittle)
      dicomParser.parseDicomDataSetImplicit(dataSet, stream, inflated.length, options)
    else dicomParser.parseDicomDataSetExplicit(dataSet, stream, inflated.length, options)
    return {
      transferSyntax: found.transferSyntax,
      bigEndian,
      attributes: new ParsedAttributes(dataSet),
      pixels: pixelElement(dataSet),
      bytes: inflated,
    }
  } catch (thrown) {
    if (thrown instanceof Unreadable) throw thrown
    throw new Unreadable(reasonOf(thrown), { cause: thrown })
  }
}

/** dicom-parser exports the class at run time but its types declare an interface only. */
function newDataSet(parser: dicomParser.ByteArrayParser, bytes: Uint8Array): DataSet {
  const { DataSet: Constructor } = dicomParser as unknown as {
    DataSet: new (parser: dicomParser.ByteArrayParser, bytes: Uint8Array, elements: DataSet['elements']) => DataSet
  }
  return new Constructor(parser, bytes, {})
}

function pixelElement(dataSet: DataSet): PixelElement | undefined {
  for (const keyword of ['PixelData', 'FloatPixelData', 'DoubleFloatPixelData'] as const) {
    const element = dataSet.elements[tags[keyword][0]]
    if (!element) continue
    const { dataOffset: offset, length, hadUndefinedLength } = element
    return hadUndefinedLength ? { keyword, offset } : { keyword, offset, length }
  }
  return undefined
}
