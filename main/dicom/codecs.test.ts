import { describe, expect, it } from 'vitest'
import { openBytes } from '../../tests/open-dicom.ts'
import { type Elements, encapsulate, slice, writeEncapsulated } from '../../tests/write-dicom.ts'

type Encoder = {
  getDecodedBuffer(info: object): Uint8Array
  getEncodedBuffer(): Uint8Array
  setQuality(reversible: boolean, quantization: number): void
  encode(): void
  delete(): void
}

/** The test data has no HTJ2K: the codec's own encoder makes some. */
async function encodeHtj2k(
  values: Uint16Array,
  columns: number,
  rows: number,
  isReversible: boolean,
): Promise<Uint8Array> {
  const { default: create } = await import('@cornerstonejs/codec-openjph/wasmjs')
  const module = (await create({ print: () => undefined, printErr: () => undefined })) as unknown as {
    HTJ2KEncoder: new () => Encoder
  }
  const encoder = new module.HTJ2KEncoder()
  const info = {
    width: columns,
    height: rows,
    bitsPerSample: 16,
    componentCount: 1,
    isSigned: false,
    isUsingColorTransform: false,
  }
  encoder.getDecodedBuffer(info).set(new Uint8Array(values.buffer))
  encoder.setQuality(isReversible, 0.001)
  encoder.encode()
  const encoded = encoder.getEncodedBuffer().slice()
  encoder.delete()
  return encoded
}

describe('HTJ2K', () => {
  const values = Uint16Array.from({ length: 64 * 48 }, (_, n) => 3000 + 2500 * Math.sin(n / 40) + (n % 7))
  it.each([
    ['lossless', '1.2.840.10008.1.2.4.201', true, 0],
    ['lossless RPCL', '1.2.840.10008.1.2.4.202', true, 0],
    ['lossy', '1.2.840.10008.1.2.4.203', false, 300],
  ])('%s', async (_, TransferSyntaxUID, isReversible, tolerance) => {
    const { PixelData: _pixels, ...elements }: Elements = slice(0, 0, {
      TransferSyntaxUID,
      Rows: 48,
      Columns: 64,
      PixelRepresentation: 0,
    })
    const frame = await encodeHtj2k(values, 64, 48, isReversible)
    const { volume } = await openBytes([writeEncapsulated(elements, encapsulate([frame]))]).load()
    const off = volume.data.map((value, n) => Math.abs(value - values[n]!))
    expect(Math.max(...off)).toBeLessThanOrEqual(tolerance)
  })
})
