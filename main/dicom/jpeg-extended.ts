/**
 * JPEG sequential DCT with 12 bits a sample (process 4), one component: what no kept library decodes.
 * Source: ITU-T T.81, sections B (markers), F.2 (decoding), A.3.3 (inverse DCT).
 */
import { Unreadable } from './unreadable.ts'

type HuffmanTable = {
  /** By code length 1..16: smallest code, largest code (-1: none), index of the first value. */
  readonly min: Int32Array
  readonly max: Int32Array
  readonly first: Int32Array
  readonly values: Uint8Array
}

const zigzag = [
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
  35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55,
  62, 63,
] // prettier-ignore

/** basis[x * 8 + u] = C(u) / 2 cos((2x + 1) u pi / 16). */
const basis = Float64Array.from({ length: 64 }, (_, n) => {
  const u = n % 8
  return ((u === 0 ? Math.SQRT1_2 : 1) / 2) * Math.cos(((2 * Math.floor(n / 8) + 1) * u * Math.PI) / 16)
})

const damaged = (): Unreadable => new Unreadable('its JPEG pixels are damaged')

/** Samples row by row, 0 to 2^precision - 1. Size and precision were checked by the caller. Throws Unreadable. */
export function decodeJpegExtended(bytes: Uint8Array): { samples: Uint16Array; rows: number; columns: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const quantization: Float64Array[] = []
  const dcTables: HuffmanTable[] = []
  const acTables: HuffmanTable[] = []
  let frame: { rows: number; columns: number; precision: number; table: number } | undefined
  let restartInterval = 0
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) throw damaged()
    const marker = bytes[at + 1]!
    if (marker === 0xff) {
      at++
      continue
    }
    const start = at + 4
    const end = at + 2 + view.getUint16(at + 2)
    if (end > bytes.length || end < start) throw damaged()
    if (marker === 0xdb) readQuantization(view, start, end, quantization)
    else if (marker === 0xc4) readHuffman(bytes, start, end, dcTables, acTables)
    else if (marker === 0xdd) restartInterval = view.getUint16(start)
    else if (marker === 0xc0 || marker === 0xc1) {
      if (end - start < 9 || bytes[start + 5] !== 1) throw damaged()
      frame = {
        precision: bytes[start]!,
        rows: view.getUint16(start + 1),
        columns: view.getUint16(start + 3),
        table: bytes[start + 8]!,
      }
    } else if (marker === 0xda) {
      const selectors = bytes[start + 2] ?? 0
      const dc = dcTables[selectors >> 4]
      const ac = acTables[selectors & 15]
      const table = frame && quantization[frame.table]
      if (!frame || !dc || !ac || !table) throw damaged()
      return { ...frame, samples: decodeScan(new Bits(bytes, end), frame, table, dc, ac, restartInterval) }
    }
    at = end
  }
  throw damaged()
}

function readQuantization(view: DataView, start: number, end: number, tables: Float64Array[]): void {
  for (let at = start; at < end;) {
    const head = view.getUint8(at++)
    const isWide = head >> 4 === 1
    if (at + (isWide ? 128 : 64) > end) throw damaged()
    tables[head & 15] = Float64Array.from({ length: 64 }, (_, n) =>
      isWide ? view.getUint16(at + 2 * n) : view.getUint8(at + n),
    )
    at += isWide ? 128 : 64
  }
}

function readHuffman(bytes: Uint8Array, start: number, end: number, dc: HuffmanTable[], ac: HuffmanTable[]): void {
  for (let at = start; at < end;) {
    const head = bytes[at++]!
    if (at + 16 > end) throw damaged()
    const counts = bytes.subarray(at, at + 16)
    at += 16
    const total = counts.reduce((sum, n) => sum + n, 0)
    if (at + total > end) throw damaged()
    const table = {
      min: new Int32Array(17),
      max: new Int32Array(17).fill(-1),
      first: new Int32Array(17),
      values: bytes.slice(at, at + total),
    }
    at += total
    let code = 0
    let index = 0
    for (let length = 1; length <= 16; length++) {
      const n = counts[length - 1]!
      table.min[length] = code
      table.first[length] = index
      if (n > 0) table.max[length] = code + n - 1
      code = (code + n) << 1
      index += n
    }
    ;(head >> 4 === 0 ? dc : ac)[head & 15] = table
  }
}

/** Bits of entropy-coded data: stuffed zeros removed, zeros after a marker. */
class Bits {
  readonly #bytes: Uint8Array
  #at: number
  #buffer = 0
  #left = 0

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  bit(): number {
    if (this.#left === 0) {
      this.#buffer = this.#byte()
      this.#left = 8
    }
    return (this.#buffer >> --this.#left) & 1
  }

  bits(count: number): number {
    let value = 0
    for (let n = 0; n < count; n++) value = (value << 1) | this.bit()
    return value
  }

  #byte(): number {
    const byte = this.#bytes[this.#at]
    if (byte === undefined) throw damaged()
    if (byte !== 0xff) return this.#bytes[this.#at++]!
    if (this.#bytes[this.#at + 1] === 0) {
      this.#at += 2
      return 0xff
    }
    throw damaged()
  }

  /** Skips to after the next restart marker. */
  restart(): void {
    this.#left = 0
    const [a, b] = [this.#bytes[this.#at], this.#bytes[this.#at + 1]]
    if (a !== 0xff || b === undefined || b < 0xd0 || b > 0xd7) throw damaged()
    this.#at += 2
  }
}

function decodeScan(
  bits: Bits,
  { rows, columns, precision }: { rows: number; columns: number; precision: number },
  quantization: Float64Array,
  dc: HuffmanTable,
  ac: HuffmanTable,
  restartInterval: number,
): Uint16Array {
  const samples = new Uint16Array(rows * columns)
  const across = Math.ceil(columns / 8)
  const blocks = across * Math.ceil(rows / 8)
  const block = new Float64Array(64)
  const pixels = new Float64Array(64)
  const top = 2 ** precision - 1
  const middle = 2 ** (precision - 1)
  let predictor = 0
  for (let n = 0; n < blocks; n++) {
    if (restartInterval && n > 0 && n % restartInterval === 0) {
      bits.restart()
      predictor = 0
    }
    predictor += readBlock(bits, block, quantization, dc, ac, predictor)
    inverseDct(block, pixels)
    const left = (n % across) * 8
    const above = Math.floor(n / across) * 8
    for (let y = 0; y < 8 && above + y < rows; y++)
      for (let x = 0; x < 8 && left + x < columns; x++)
        samples[(above + y) * columns + left + x] = Math.min(top, Math.max(0, Math.round(pixels[y * 8 + x]! + middle)))
  }
  return samples
}

/** Fills `block` with dequantized coefficients in natural order; returns the step of the DC predictor. */
function readBlock(
  bits: Bits,
  block: Float64Array,
  quantization: Float64Array,
  dc: HuffmanTable,
  ac: HuffmanTable,
  predictor: number,
): number {
  block.fill(0)
  const step = extended(bits, symbol(bits, dc))
  block[0] = (predictor + step) * quantization[0]!
  for (let k = 1; k < 64; k++) {
    const code = symbol(bits, ac)
    const size = code & 15
    const run = code >> 4
    if (size === 0) {
      if (run !== 15) break
      k += 15
      continue
    }
    k += run
    if (k > 63) throw damaged()
    block[zigzag[k]!] = extended(bits, size) * quantization[k]!
  }
  return step
}

function symbol(bits: Bits, table: HuffmanTable): number {
  let code = 0
  for (let length = 1; length <= 16; length++) {
    code = (code << 1) | bits.bit()
    if (code <= table.max[length]!) return table.values[table.first[length]! + code - table.min[length]!]!
  }
  throw damaged()
}

/** A signed number of `size` bits (T.81 F.2.2.1). */
function extended(bits: Bits, size: number): number {
  if (size === 0) return 0
  if (size > 16) throw damaged()
  const value = bits.bits(size)
  return value < 2 ** (size - 1) ? value - 2 ** size + 1 : value
}

const rowsDone = new Float64Array(64)

function inverseDct(block: Float64Array, out: Float64Array): void {
  for (let v = 0; v < 8; v++)
    for (let x = 0; x < 8; x++) {
      let sum = 0
      for (let u = 0; u < 8; u++) sum += block[v * 8 + u]! * basis[x * 8 + u]!
      rowsDone[v * 8 + x] = sum
    }
  for (let y = 0; y < 8; y++)
    for (let x = 0; x < 8; x++) {
      let sum = 0
      for (let v = 0; v < 8; v++) sum += rowsDone[v * 8 + x]! * basis[y * 8 + v]!
      out[y * 8 + x] = sum
    }
}
