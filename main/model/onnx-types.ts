/** An ONNX model in memory, as onnx.ts reads and writes it. Layouts are ONNX's (NCHW, weights [out, in, kh, kw]). */
export type OnnxData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | Int8Array
export type OnnxTensor = {
  readonly name: string
  readonly dims: readonly number[]
  readonly dataType: number
  readonly data: OnnxData
}
export type OnnxAttribute = number | string | readonly number[] | readonly string[] | OnnxTensor
export type OnnxNode = {
  readonly name: string
  readonly opType: string
  readonly domain: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}
/** A dimension is a number, or the name of a free one. */
export type OnnxValue = {
  readonly name: string
  readonly dataType: number
  readonly dims: readonly (number | string)[]
}
export type OnnxGraph = {
  readonly name: string
  readonly opset: number
  readonly nodes: readonly OnnxNode[]
  readonly initializers: ReadonlyMap<string, OnnxTensor>
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly metadata: Readonly<Record<string, string>>
}
