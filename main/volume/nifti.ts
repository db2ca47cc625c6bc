/** NIfTI bytes to Volume and back. The only place that knows RAS. */
import { Gunzip, gzipSync } from 'fflate'
import * as nifti from 'nifti-reader-js'
import { UserError } from '../errors.ts'
import { invert, spacing } from './affine.ts'
import { type Affine, type LabelMap, type Note, type Shape, type Volume, voxelCount } from './volume.ts'

type Header = nifti.NIFTI1 | nifti.NIFTI2

export type NiftiFacts = Readonly<{
  shape: Shape
  affine: Affine
  /** Volumes along dimensions 4 to 7. */ count: number
}>

/** Bytes of a file with its header read. `name` is for messages. */
export type OpenedNifti = NiftiFacts & {
  readonly name: string
  readonly header: Header
  readonly bytes: Uint8Array
  /** Value = stored * slope + intercept. */
  readonly scale: { readonly slope: number; readonly intercept: number }
  /** Values to show as black and as white (cal_min, cal_max), where the file says so. */
  readonly shown: readonly [number, number] | undefined
}

const maxVoxels = 400_000_000

type Reader = { readonly bytes: number; readonly get: (view: DataView, at: number, littleEndian: boolean) => number }

/** By datatype code of nifti1.h. Complex, RGB and 128-bit voxels are no scan. */
const readers: Readonly<Record<number, Reader>> = {
  2: { bytes: 1, get: (view, at) => view.getUint8(at) },
  4: { bytes: 2, get: (view, at, little) => view.getInt16(at, little) },
  8: { bytes: 4, get: (view, at, little) => view.getInt32(at, little) },
  16: { bytes: 4, get: (view, at, little) => view.getFloat32(at, little) },
  64: { bytes: 8, get: (view, at, little) => view.getFloat64(at, little) },
  256: { bytes: 1, get: (view, at) => view.getInt8(at) },
  512: { bytes: 2, get: (view, at, little) => view.getUint16(at, little) },
  768: { bytes: 4, get: (view, at, little) => view.getUint32(at, little) },
  1024: { bytes: 8, get: (view, at, little) => Number(view.getBigInt64(at, little)) },
  1280: { bytes: 8, get: (view, at, little) => Number(view.getBigUint64(at, little)) },
}

function refuse(path: string, reason: string, cause?: unknown): UserError {
  const remedy = 'Choose a NIfTI-1 or NIfTI-2 file of a scan.'
  return new UserError('input-unsupported', { path, reason, remedy }, { cause })
}

const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Whether these bytes start a NIfTI file, packed or not; looks at the name only to tell a packed one from other packed files. */
export function looksLikeNifti(head: Uint8Array, name: string): boolean {
  if (isGzip(head)) return /\.nii\.gz$/i.test(name)
  return nifti.isNIFTI(bufferOf(head.subarray(0, 600)))
}

function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer
}

/**
 * Header and bytes of a .nii or .nii.gz file. Unpacks no more than the header announces. Throws UserError where the file
 * is damaged, too short, of a kind of voxel that is no scan, or does not say where it lies in space.
 */
export function openNifti(file: Uint8Array, name: string): OpenedNifti {
  const bytes = isGzip(file) ? gunzip(file, name) : file
  const header = readHeader(bytes, name)
  const facts = readFacts(header, bytes, name)
  const size = dataEnd(header, facts)
  if (bytes.length < size) throw refuse(name, `it is cut off: ${bytes.length} of ${size} bytes are there`)
  return { ...facts, name, header, bytes, scale: readScale(header), shown: readShown(header) }
}

/** The library sees the header only: it reads extensions on its own, without end where one claims to be empty. */
function readHeader(bytes: Uint8Array, name: string): Header {
  const isVersion2 = [bytes[0], bytes[3]].includes(0x1c) // of 540, in either byte order
  const head = bufferOf(bytes.subarray(0, isVersion2 ? 540 : 348))
  if (bytes.length < 352 || !nifti.isNIFTI(head)) {
    const isPair = bytes.length >= 348 && nifti.isNIFTI(head, true)
    throw refuse(name, isPair ? 'it is one half of a .hdr/.img pair' : 'it is not a NIfTI file')
  }
  try {
    return nifti.readHeader(head)
  } catch (cause) {
    throw refuse(name, 'its header is damaged', cause)
  }
}

function readFacts(header: Header, bytes: Uint8Array, name: string): NiftiFacts {
  const dims = Array.from(header.dims, Number)
  const rank = dims[0]!
  const size = (n: number): number => (n <= rank ? dims[n]! : 1)
  const sizes = [1, 2, 3, 4, 5, 6, 7].map(size)
  if (!(rank >= 1 && rank <= 7) || sizes.some((n) => !Number.isInteger(n) || n < 1))
    throw refuse(name, 'its dimensions make no sense')
  const shape: Shape = [sizes[0]!, sizes[1]!, sizes[2]!]
  if (voxelCount(shape) > maxVoxels)
    throw refuse(name, `it claims ${shape.join(' x ')} voxels, more than can be opened`)
  if (!readers[header.datatypeCode])
    throw refuse(name, `its voxels are of a kind (datatype ${header.datatypeCode}) that is no scan`)
  if (!(header.vox_offset >= 0)) throw refuse(name, 'its header is damaged')
  return { shape, affine: readAffine(header, bytes, name), count: sizes.slice(3).reduce((a, b) => a * b, 1) }
}

const dataEnd = (header: Header, { shape, count }: NiftiFacts): number =>
  dataStart(header) + voxelCount(shape) * count * readers[header.datatypeCode]!.bytes

/** A single file has its data after the header whatever the offset says. */
const dataStart = (header: Header): number =>
  Math.max(Math.floor(header.vox_offset), header instanceof nifti.NIFTI1 ? 352 : 544)

function readScale({ scl_slope: slope, scl_inter: intercept }: Header): OpenedNifti['scale'] {
  const hasScale = Number.isFinite(slope) && slope !== 0
  return { slope: hasScale ? slope : 1, intercept: hasScale && Number.isFinite(intercept) ? intercept : 0 }
}

function readShown({ cal_min: low, cal_max: high }: Header): OpenedNifti['shown'] {
  return Number.isFinite(low) && Number.isFinite(high) && high > low ? [low, high] : undefined
}

const unitsMm: Readonly<Record<number, number>> = { 0: 1, 1: 1000, 2: 1, 3: 0.001 }

/** sform where it is set, else qform, as nibabel does; RAS to LPS; to millimetres. */
function readAffine(header: Header, bytes: Uint8Array, name: string): Affine {
  const unit = unitsMm[header.xyzt_units & 7] ?? 1
  const rows =
    header.sform_code > 0 ? readSform(header, bytes) : header.qform_code > 0 ? header.getQformMat() : undefined
  if (!rows) throw refuse(name, 'it does not say how it lies in space (no sform, no qform)')
  const row = (n: number, sign: number): number[] => rows[n]!.slice(0, 4).map((x) => sign * unit * x)
  const affine = [...row(0, -1), ...row(1, -1), ...row(2, 1), 0, 0, 0, 1]
  try {
    if (affine.every(Number.isFinite)) {
      invert(affine)
      return affine
    }
  } catch {
    // Singular: refused below.
  }
  throw refuse(name, 'its position in space makes no sense')
}

function readSform(header: Header, bytes: Uint8Array): number[][] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const little = header.littleEndian
  const isVersion1 = header instanceof nifti.NIFTI1
  const value = (n: number): number =>
    isVersion1 ? view.getFloat32(280 + 4 * n, little) : view.getFloat64(400 + 8 * n, little)
  return [0, 4, 8].map((start) => [0, 1, 2, 3].map((column) => value(start + column)))
}

/**
 * Unpacks until the end that the unpacked header announces, and no byte more. The file's checksum is compared (RFC 1952
 * 2.3.1), unless it was packed in several parts, each with its own.
 */
function gunzip(file: Uint8Array, name: string): Uint8Array {
  let out = new Uint8Array(65536 * 2)
  let length = 0
  let limit = Infinity
  let parts = 1
  const stream = new Gunzip((chunk) => {
    if (length + chunk.length > limit) throw refuse(name, 'it unpacks to more than its header says')
    if (length + chunk.length > out.length) {
      const grown = new Uint8Array(Math.max(length + chunk.length, Math.min(limit, 2 * out.length)))
      grown.set(out.subarray(0, length))
      out = grown
    }
    out.set(chunk, length)
    length += chunk.length
    if (limit === Infinity && length >= 544) {
      const header = readHeader(out.subarray(0, length), name)
      limit = dataEnd(header, readFacts(header, out, name)) + slack
    }
  })
  stream.onmember = () => parts++
  const step = 65536
  try {
    for (let at = 0; at < file.length; at += step) stream.push(file.subarray(at, at + step), at + step >= file.length)
  } catch (error) {
    if (error instanceof UserError) throw error
    throw refuse(name, 'its compression is damaged, or the file is cut off', error)
  }
  const unpacked = out.subarray(0, length)
  const checksum = new DataView(file.buffer, file.byteOffset, file.length).getUint32(file.length - 8, true)
  if (parts === 1 && checksum !== crc32(unpacked))
    throw refuse(name, 'its compression is damaged, or the file is cut off')
  return unpacked
}

/** Some writers pad the data; more than this is something else. */
const slack = 65536

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1
  return n
})

function crc32(bytes: Uint8Array): number {
  let crc = -1
  for (let n = 0; n < bytes.length; n++) crc = crcTable[(crc ^ bytes[n]!) & 255]! ^ (crc >>> 8)
  return ~crc >>> 0
}

/**
 * One volume of an opened file, intensities scaled by scl_slope and scl_inter. Index: position along dimensions 4 to 7.
 * Voxels that are not finite become 0, with a note.
 */
export function readVolume(opened: OpenedNifti, index = 0): { volume: Volume; notes: Note[] } {
  const { header, shape, affine, bytes } = opened
  const size = voxelCount(shape)
  const data = new Float32Array(size)
  const { slope, intercept } = opened.scale
  const { bytes: width, get } = readers[header.datatypeCode]!
  const start = dataStart(header) + index * size * width
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, size * width)
  let odd = 0
  for (let n = 0; n < size; n++) {
    const value = get(view, n * width, header.littleEndian) * slope + intercept
    if (Number.isFinite(value)) data[n] = value
    else odd++
  }
  const notes: Note[] = []
  if (odd) notes.push({ code: 'not-finite', message: `${odd} voxels are not numbers; they were set to 0.` })
  if ((header.xyzt_units & 7) === 0)
    notes.push({ code: 'unit-unknown', message: 'The file names no unit of length; millimetres were taken.' })
  return { volume: { shape, affine, data }, notes }
}

/** A mask or label map: whole numbers 0 to 255. */
export function readLabelMap(opened: OpenedNifti, index = 0): LabelMap {
  const { volume } = readVolume(opened, index)
  const data = new Uint8Array(volume.data)
  for (let n = 0; n < data.length; n++)
    if (volume.data[n] !== data[n])
      throw refuse(opened.name, 'it is no label map: it holds values other than 0, 1, ... 255')
  return { ...volume, data }
}

/**
 * A volume (float32) or a label map (uint8) as NIfTI-1, packed unless told not to. The same image gives the same bytes
 * on every machine: no time, no name, one compressor. sform always, qform where the axes are orthogonal.
 */
export function writeNifti(image: Volume | LabelMap, { gzip = true } = {}): Uint8Array {
  const isLabels = image.data instanceof Uint8Array
  const out = new Uint8Array(352 + image.data.byteLength)
  const view = new DataView(out.buffer)
  const ras = image.affine.map((x, n) => (n < 8 ? -x : x))
  view.setInt32(0, 348, true)
  ;[3, ...image.shape, 1, 1, 1, 1].forEach((x, n) => view.setInt16(40 + 2 * n, x, true))
  view.setInt16(68, isLabels ? 1002 : 0, true)
  view.setInt16(70, isLabels ? 2 : 16, true)
  view.setInt16(72, isLabels ? 8 : 32, true)
  const { qfac, quaternion } = toQuaternion(ras)
  ;[qfac, ...spacing(ras), 0, 0, 0, 0].forEach((x, n) => view.setFloat32(76 + 4 * n, x, true))
  view.setFloat32(108, 352, true)
  view.setFloat32(112, 1, true)
  view.setUint8(123, 2)
  out.set(new TextEncoder().encode('Scanbridge'), 148)
  view.setInt16(252, quaternion ? 1 : 0, true)
  view.setInt16(254, 1, true)
  ;[...(quaternion ?? [0, 0, 0]), ras[3]!, ras[7]!, ras[11]!].forEach((x, n) => view.setFloat32(256 + 4 * n, x, true))
  ras.slice(0, 12).forEach((x, n) => view.setFloat32(280 + 4 * n, x, true))
  out.set([0x6e, 0x2b, 0x31, 0], 344)
  out.set(new Uint8Array(image.data.buffer, image.data.byteOffset, image.data.byteLength), 352)
  return gzip ? gzipSync(out, { level: 3, mtime: 0 }) : out
}

/** Rotation of an affine as nifti1.h stores it (b, c, d of a unit quaternion); absent where the axes are not orthogonal. */
function toQuaternion(ras: Affine): { qfac: number; quaternion: readonly [number, number, number] | undefined } {
  const size = spacing(ras)
  const r = [0, 1, 2].map((row) => [0, 1, 2].map((column) => ras[row * 4 + column]! / size[column]!))
  const [x, y, z] = [0, 1, 2].map((column) => r.map((row) => row[column]!)) as [number[], number[], number[]]
  const dot = (a: number[], b: number[]): number => a[0]! * b[0]! + a[1]! * b[1]! + a[2]! * b[2]!
  const isOrthogonal = Math.abs(dot(x, y)) < 1e-4 && Math.abs(dot(x, z)) < 1e-4 && Math.abs(dot(y, z)) < 1e-4
  const turn = [x[1]! * y[2]! - x[2]! * y[1]!, x[2]! * y[0]! - x[0]! * y[2]!, x[0]! * y[1]! - x[1]! * y[0]!]
  const qfac = dot(turn, z) < 0 ? -1 : 1
  if (!isOrthogonal) return { qfac, quaternion: undefined }
  const m = r.map((row) => [row[0]!, row[1]!, qfac * row[2]!])
  return { qfac, quaternion: quaternionOf(m) }
}

/** Shepperd's method: divides by the largest component, which is at least one half. */
function quaternionOf(m: readonly (readonly number[])[]): readonly [number, number, number] {
  const [m00, m11, m22] = [m[0]![0]!, m[1]![1]!, m[2]![2]!]
  const squares = [1 + m00 + m11 + m22, 1 + m00 - m11 - m22, 1 - m00 + m11 - m22, 1 - m00 - m11 + m22]
  const largest = squares.indexOf(Math.max(...squares))
  const double = Math.sqrt(squares[largest]!) // twice the largest component
  const sum = (p: number, q: number): number => (m[p]![q]! + m[q]![p]!) / (2 * double)
  const difference = (p: number, q: number): number => (m[p]![q]! - m[q]![p]!) / (2 * double)
  if (largest === 0) return [difference(2, 1), difference(0, 2), difference(1, 0)]
  const components = [[double / 2, sum(0, 1), sum(0, 2)], [sum(0, 1), double / 2, sum(1, 2)], [sum(0, 2), sum(1, 2), double / 2]][largest - 1]! // prettier-ignore
  // a must not be negative, since only b, c, d are stored.
  const a = [difference(2, 1), difference(0, 2), difference(1, 0)][largest - 1]!
  const sign = a < 0 ? -1 : 1
  return [sign * components[0]!, sign * components[1]!, sign * components[2]!]
}
