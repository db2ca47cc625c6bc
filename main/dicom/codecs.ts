/** Compressed frames to samples, by the kept libraries. Each is loaded when the first frame needs it. */
import { type Codestream, readCodestream } from './codestream.ts'
import { decodeJpegExtended } from './jpeg-extended.ts'
import { Unreadable } from './unreadable.ts'

export type Samples = {
  /** Little endian, row by row. */
  readonly bytes: Uint8Array
  readonly bytesPerSample: 1 | 2
}

export type Codec = (bytes: Uint8Array) => Promise<Samples>

/** A new one each time: Emscripten makes its module out of the object it is given. */
const quiet = () => ({ print: () => undefined, printErr: () => undefined })

type Decoder = new () => CodecDecoder

/** A WebAssembly decoder; one that failed is not used again, since a fault may have left its memory in disorder. */
function wasm(load: () => Promise<Decoder>): (bytes: Uint8Array, stream: Codestream) => Promise<Samples> {
  let loaded: Promise<Decoder> | undefined
  return async (bytes, { rows, columns }) => {
    const Decoder = await (loaded ??= load())
    try {
      const decoder = new Decoder()
      decoder.getEncodedBuffer(bytes.length).set(bytes)
      decoder.decode()
      const { width, height, bitsPerSample, componentCount } = decoder.getFrameInfo()
      const decoded = decoder.getDecodedBuffer().slice()
      decoder.delete()
      const bytesPerSample = bitsPerSample > 8 ? 2 : 1
      if (
        width !== columns ||
        height !== rows ||
        componentCount !== 1 ||
        decoded.length < rows * columns * bytesPerSample
      )
        throw new Unreadable('its compressed pixels do not fit its header')
      return { bytes: decoded, bytesPerSample }
    } catch (error) {
      loaded = undefined
      if (error instanceof Unreadable) throw error
      throw new Unreadable('its compressed pixels are damaged', { cause: error })
    }
  }
}

const jpegLs = wasm(async () => {
  const { default: create } = await import('@cornerstonejs/codec-charls/decodewasmjs')
  return (await create(quiet())).JpegLSDecoder
})
const jpeg8 = wasm(async () => {
  const { default: create } = await import('@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs')
  return (await create(quiet())).JPEGDecoder
})
const jpeg2000 = wasm(async () => {
  const { default: create } = await import('@cornerstonejs/codec-openjpeg/decodewasmjs')
  return (await create(quiet())).J2KDecoder
})
const htJpeg2000 = wasm(async () => {
  const { default: create } = await import('@cornerstonejs/codec-openjph/wasmjs')
  return (await create(quiet())).HTJ2KDecoder
})

async function jpegLossless(bytes: Uint8Array, { precision, rows, columns }: Codestream): Promise<Samples> {
  const { Decoder } = await import('jpeg-lossless-decoder-js')
  try {
    const decoded = new Uint8Array(new Decoder().decompress(new Uint8Array(bytes).buffer))
    const bytesPerSample = precision > 8 ? 2 : 1
    if (decoded.length < rows * columns * bytesPerSample)
      throw new Unreadable('its compressed pixels do not fit its header')
    return { bytes: decoded, bytesPerSample }
  } catch (error) {
    if (error instanceof Unreadable) throw error
    throw new Unreadable('its compressed pixels are damaged', { cause: error })
  }
}

/** Lossy JPEG: 8 bits by libjpeg-turbo, 12 bits by jpeg-extended.ts. Data sets name the wrong one of the processes at times. */
async function jpeg(bytes: Uint8Array, stream: Codestream): Promise<Samples> {
  if (stream.marker === 0xc3) return jpegLossless(bytes, stream)
  if (stream.precision === 8) return jpeg8(bytes, stream)
  if (stream.marker !== 0xc1) throw new Unreadable('it is a progressive JPEG of 12 bits, which cannot be decoded')
  const { samples } = decodeJpegExtended(bytes)
  return Promise.resolve({ bytes: new Uint8Array(samples.buffer), bytesPerSample: 2 })
}

const decoders: Readonly<Record<string, (bytes: Uint8Array, stream: Codestream) => Promise<Samples>>> = {
  '1.2.840.10008.1.2.4.50': jpeg,
  '1.2.840.10008.1.2.4.51': jpeg,
  '1.2.840.10008.1.2.4.57': jpeg,
  '1.2.840.10008.1.2.4.70': jpeg,
  '1.2.840.10008.1.2.4.80': jpegLs,
  '1.2.840.10008.1.2.4.81': jpegLs,
  '1.2.840.10008.1.2.4.90': jpeg2000,
  '1.2.840.10008.1.2.4.91': jpeg2000,
  '1.2.840.10008.1.2.4.201': htJpeg2000,
  '1.2.840.10008.1.2.4.202': htJpeg2000,
  '1.2.840.10008.1.2.4.203': htJpeg2000,
}

/**
 * The decoder of a transfer syntax for frames of a known size; undefined where there is none. What the codestream claims
 * is compared with the header before anything is allocated.
 */
export function codecOf(transferSyntax: string, rows: number, columns: number): Codec | undefined {
  const decode = decoders[transferSyntax]
  if (!decode) return undefined
  return (bytes) => {
    const stream = readCodestream(bytes)
    if (stream.rows !== rows || stream.columns !== columns)
      throw new Unreadable(
        `its compressed pixels are ${stream.columns} x ${stream.rows} where its header says ${columns} x ${rows}`,
      )
    if (stream.components !== 1) throw new Unreadable('it is a colour picture, not a scan')
    if (stream.precision > 16) throw new Unreadable(`its compressed pixels have ${stream.precision} bits`)
    return decode(bytes, stream)
  }
}
