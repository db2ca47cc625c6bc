/** Types of onnx-schema.js, which is generated from onnx.proto. 64-bit integers are Long's on reading. */
export type Int64 = number | { readonly low: number; readonly high: number; readonly unsigned: boolean }

export interface StringStringEntryProto {
  key?: string
  value?: string
}
export interface TensorProto {
  dims?: Int64[]
  data_type?: number
  float_data?: number[]
  int32_data?: number[]
  int64_data?: Int64[]
  double_data?: number[]
  name?: string
  raw_data?: Uint8Array
  external_data?: StringStringEntryProto[]
  data_location?: number
}
export interface AttributeProto {
  name?: string
  f?: number
  i?: Int64
  s?: Uint8Array
  t?: TensorProto | null
  g?: Uint8Array
  floats?: number[]
  ints?: Int64[]
  strings?: Uint8Array[]
  type?: number
  ref_attr_name?: string
}
export interface NodeProto {
  input?: string[]
  output?: string[]
  name?: string
  op_type?: string
  attribute?: AttributeProto[]
  domain?: string
}
export interface ValueInfoProto {
  name?: string
  type?: {
    tensor_type?: { elem_type?: number; shape?: { dim?: { dim_value?: Int64; dim_param?: string }[] } | null } | null
  } | null
}
export interface GraphProto {
  node?: NodeProto[]
  name?: string
  initializer?: TensorProto[]
  input?: ValueInfoProto[]
  output?: ValueInfoProto[]
  sparse_initializer?: Uint8Array[]
}
export interface ModelProto {
  ir_version?: Int64
  producer_name?: string
  producer_version?: string
  graph?: GraphProto | null
  opset_import?: { domain?: string; version?: Int64 }[]
  metadata_props?: StringStringEntryProto[]
}

export const onnx: {
  ModelProto: {
    encode(message: ModelProto): { finish(): Uint8Array }
    decode(bytes: Uint8Array): ModelProto
  }
}
