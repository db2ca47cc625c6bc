/** Libraries that ship no types: what we use of them. The cornerstone codecs are Emscripten modules. */
type CodecFrameInfo = {
  width: number
  height: number
  bitsPerSample: number
  componentCount: number
  isSigned?: boolean
}

interface CodecDecoder {
  getEncodedBuffer(length: number): Uint8Array
  getDecodedBuffer(): Uint8Array
  decode(): void
  getFrameInfo(): CodecFrameInfo
  delete(): void
}

type CodecFactory<Name extends string> = (options: {
  print: (text: string) => void
  printErr: (text: string) => void
}) => Promise<Record<Name, new () => CodecDecoder>>

declare module '@cornerstonejs/codec-charls/decodewasmjs' {
  const factory: CodecFactory<'JpegLSDecoder'>
  export default factory
}
declare module '@cornerstonejs/codec-libjpeg-turbo-8bit/decodewasmjs' {
  const factory: CodecFactory<'JPEGDecoder'>
  export default factory
}
declare module '@cornerstonejs/codec-openjpeg/decodewasmjs' {
  const factory: CodecFactory<'J2KDecoder'>
  export default factory
}
declare module '@cornerstonejs/codec-openjph/wasmjs' {
  const factory: CodecFactory<'HTJ2KDecoder'>
  export default factory
}
declare module 'jpeg-lossless-decoder-js' {
  export class Decoder {
    decompress(buffer: ArrayBuffer): ArrayBuffer
  }
}
declare module 'dcmjs' {
  type NaturalDataset = Record<string, unknown>
  type DicomDict = { dict: NaturalDataset; write(): ArrayBuffer }
  const dcmjs: {
    data: {
      DicomDict: new (meta: NaturalDataset) => DicomDict
      DicomMetaDictionary: { denaturalizeDataset(dataset: NaturalDataset): NaturalDataset }
    }
  }
  export default dcmjs
}
