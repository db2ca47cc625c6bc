import { UserError } from '../errors.ts'
import { fromBfloat16, fromFloat16, toFloat16 } from './float16.ts'
import type { Int64, TensorProto } from './onnx-schema.js'
import type { OnnxData, OnnxTensor } from './onnx-types.ts'

/** Element types of the ONNX standard (TensorProto.DataType). float16 and bfloat16 are held as single precision. */
export const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
} as const

type ElementType = { readonly bytes: number; decode(raw: ArrayBuffer): OnnxData }

const elementTypes: Readonly<Record<number, ElementType>> = {
  [dataTypes.float32]: { bytes: 4, decode: (raw) => new Float32Array(raw) },
  [dataTypes.uint8]: { bytes: 1, decode: (raw) => new Uint8Array(raw) },
  [dataTypes.int8]: { bytes: 1, decode: (raw) => new Int8Array(raw) },
  [dataTypes.int32]: { bytes: 4, decode: (raw) => new Int32Array(raw) },
  [dataTypes.int64]: { bytes: 8, decode: (raw) => new BigInt64Array(raw) },
  [dataTypes.bool]: { bytes: 1, decode: (raw) => new Uint8Array(raw) },
  [dataTypes.float16]: { bytes: 2, decode: (raw) => fromFloat16(new Uint16Array(raw)) },
  [dataTypes.float64]: { bytes: 8, decode: (raw) => new Float64Array(raw) },
  [dataTypes.bfloat16]: { bytes: 2, decode: (raw) => fromBfloat16(new Uint16Array(raw)) },
}

/** Bytes of a file beside the model that holds weights, if the caller has it. */
export type ExternalData = (location: string) => Uint8Array | undefined

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1)
}

/** A tensor of the file in memory. Refuses what is not a number, does not have as many values as its dims say, or lies
 *  in a file that `external` does not give. */
export function readTensor(proto: TensorProto, path: string, external?: ExternalData): OnnxTensor {
  const name = proto.name ?? ''
  const refuse = (reason: string, remedy = ''): UserError =>
    new UserError('model-unsupported', { path, reason: `the weight "${name}" ${reason}`, remedy })
  const dims = (proto.dims ?? []).map(toNumber)
  const dataType = proto.data_type ?? 0
  const type = elementTypes[dataType]
  if (!type) throw refuse(`has the ONNX element type ${dataType}, which is not read`, 'Export it in float32.')
  if (dims.some((dim) => !Number.isSafeInteger(dim) || dim < 0)) throw refuse('has an impossible size')
  const count = elementCount(dims)
  const data =
    proto.data_location === 1
      ? type.decode(copy(externalBytes(proto, external, refuse), count * type.bytes, refuse))
      : proto.raw_data?.length
        ? type.decode(copy(proto.raw_data, count * type.bytes, refuse))
        : typedData(proto, dataType, count, refuse)
  return { name, dims, dataType, data }
}

/** The tensor with its values as little-endian bytes. */
export function writeTensor(tensor: OnnxTensor): TensorProto {
  const { name, dims, dataType, data } = tensor
  return { name, dims: [...dims], data_type: dataType, raw_data: encode(data, dataType) }
}

function encode(data: OnnxData, dataType: number): Uint8Array {
  if (dataType === dataTypes.float16) return bytesOf(toFloat16(data as Float32Array))
  // Values that came from bfloat16 have their lower half empty.
  if (dataType === dataTypes.bfloat16) {
    const words = new Uint32Array(data.buffer, data.byteOffset, data.length)
    return bytesOf(Uint16Array.from(words, (word) => word >>> 16))
  }
  return bytesOf(data)
}

function bytesOf(data: OnnxData | Uint16Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

export function toNumber(value: Int64): number {
  return typeof value === 'number' ? value : value.high * 2 ** 32 + (value.low >>> 0)
}

type Refuse = (reason: string, remedy?: string) => UserError

/** A copy of its own, so that the view is aligned and the file's bytes can go. */
function copy(raw: Uint8Array, bytes: number, refuse: Refuse): ArrayBuffer {
  if (raw.length !== bytes) throw refuse(`has ${raw.length} bytes of data instead of ${bytes}`)
  return new Uint8Array(raw).buffer
}

function externalBytes(proto: TensorProto, external: ExternalData | undefined, refuse: Refuse): Uint8Array {
  const entries = new Map((proto.external_data ?? []).map(({ key = '', value = '' }) => [key, value]))
  const location = entries.get('location') ?? ''
  const file = external?.(location)
  const remedy =
    'Export the model as one file (torch.onnx.export with external_data=False), or put that file beside it.'
  if (!file) throw refuse(`lies in another file, ${JSON.stringify(location)}, which is not there`, remedy)
  const offset = Number(entries.get('offset') ?? 0)
  const length = Number(entries.get('length') ?? file.length - offset)
  if (!(offset >= 0 && length >= 0 && offset + length <= file.length)) throw refuse('lies outside of its file', remedy)
  return file.subarray(offset, offset + length)
}

function typedData(proto: TensorProto, dataType: number, count: number, refuse: Refuse): OnnxData {
  const integers = proto.int32_data ?? []
  const check = <T extends readonly unknown[]>(values: T): T => {
    if (values.length !== count) throw refuse(`has ${values.length} values instead of ${count}`)
    return values
  }
  switch (dataType) {
    case dataTypes.float32:
      return Float32Array.from(check(proto.float_data ?? []))
    case dataTypes.float64:
      return Float64Array.from(check(proto.double_data ?? []))
    case dataTypes.int64:
      return BigInt64Array.from(check(proto.int64_data ?? []), toBigInt)
    case dataTypes.int32:
      return Int32Array.from(check(integers))
    case dataTypes.int8:
      return Int8Array.from(check(integers))
    case dataTypes.float16:
      return fromFloat16(Uint16Array.from(check(integers)))
    case dataTypes.bfloat16:
      return fromBfloat16(Uint16Array.from(check(integers)))
    default:
      return Uint8Array.from(check(integers))
  }
}

function toBigInt(value: Int64): bigint {
  if (typeof value === 'number') return BigInt(value)
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0)
}
