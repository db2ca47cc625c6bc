import { UserError } from '../errors.ts'
import { onnx } from './onnx-schema.js'
import type { AttributeProto, GraphProto, Int64, ModelProto, ValueInfoProto } from './onnx-schema.js'
import { readTensor, toNumber, writeTensor } from './onnx-tensor.ts'
import type { ExternalData } from './onnx-tensor.ts'
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './onnx-types.ts'

/** AttributeProto.AttributeType of the standard. */
const kinds = { float: 1, int: 2, string: 3, tensor: 4, graph: 5, floats: 6, ints: 7, strings: 8 } as const

/** Attributes that are floats even where the value is whole; all other whole numbers are integers in the standard. */
const floatAttributes = new Set([
  ...[
    'alpha',
    'beta',
    'gamma',
    'epsilon',
    'momentum',
    'ratio',
    'lambd',
    'value',
    'value_float',
    'value_floats',
    'scale',
  ],
  ...['scales', 'high', 'low', 'mean', 'seed', 'max', 'min', 'extrapolation_value', 'cubic_coeff_a', 'spatial_scale'],
])

const utf8 = new TextDecoder()

/** An ONNX file in memory. `path` names it in messages; `external` gives the files that hold its weights, if any do.
 *  Throws UserError('model-unsupported') for bytes that are not ONNX, sub-graphs, and element types other than
 *  float16/32/64, bfloat16, int8/32/64, uint8 and bool. Half precision comes as single, marked by its dataType. */
export function readOnnx(bytes: Uint8Array, path = 'The file', external?: ExternalData): OnnxGraph {
  const model = decode(bytes, path)
  const graph = model.graph
  if (!graph?.node?.length) {
    throw new UserError('model-unsupported', { path, reason: 'it holds no ONNX graph', remedy: 'Choose an ONNX file.' })
  }
  if (graph.sparse_initializer?.length) {
    throw new UserError('model-unsupported', {
      path,
      reason: 'its weights are sparse',
      remedy: 'Export dense weights.',
    })
  }
  const initializers = new Map<string, OnnxTensor>()
  for (const proto of graph.initializer ?? []) initializers.set(proto.name ?? '', readTensor(proto, path, external))
  const standard = model.opset_import?.find(({ domain }) => !domain || domain === 'ai.onnx')
  return {
    name: graph.name ?? '',
    opset: toNumber(standard?.version ?? 0),
    nodes: readNodes(graph, path),
    initializers,
    // Before IR version 4, initializers were listed as inputs as well.
    inputs: (graph.input ?? []).map(readValue).filter(({ name }) => !initializers.has(name)),
    outputs: (graph.output ?? []).map(readValue),
    metadata: Object.fromEntries((model.metadata_props ?? []).map(({ key = '', value = '' }) => [key, value])),
  }
}

/** The graph as the bytes of an ONNX file; weights as they are, to the bit. */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const domains = new Set(graph.nodes.map(({ domain }) => domain).filter((domain) => domain && domain !== 'ai.onnx'))
  const model: ModelProto = {
    // The IR version that came with the operator set: opset 18 with 8, 20 with 9, 22 with 10.
    ir_version: graph.opset <= 18 ? 8 : graph.opset <= 20 ? 9 : 10,
    producer_name: 'scanbridge',
    opset_import: [{ domain: '', version: graph.opset }, ...Array.from(domains, (domain) => ({ domain, version: 1 }))],
    metadata_props: Object.entries(graph.metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: graph.name,
      node: graph.nodes.map((node) => ({
        name: node.name,
        op_type: node.opType,
        domain: node.domain,
        input: [...node.inputs],
        output: [...node.outputs],
        attribute: Object.entries(node.attributes).map(([name, value]) => writeAttribute(name, value)),
      })),
      initializer: Array.from(graph.initializers.values(), writeTensor),
      input: graph.inputs.map(writeValue),
      output: graph.outputs.map(writeValue),
    },
  }
  return onnx.ModelProto.encode(model).finish()
}

function decode(bytes: Uint8Array, path: string): ModelProto {
  try {
    return onnx.ModelProto.decode(bytes)
  } catch (cause) {
    const detail = { path, reason: 'it is not an ONNX file, or it is cut off', remedy: 'Export the model again.' }
    throw new UserError('model-unsupported', detail, { cause })
  }
}

function readNodes(graph: GraphProto, path: string): OnnxNode[] {
  return (graph.node ?? []).map((node, index) => {
    const opType = node.op_type ?? ''
    const name = node.name || `${opType}_${index}`
    const attributes = (node.attribute ?? []).map((attribute) => {
      const value = readAttribute(attribute, path)
      if (value === undefined) {
        const reason = `the node "${name}" (${opType}) holds "${attribute.name}", a sub-graph or a type that is not read`
        throw new UserError('model-unsupported', { path, reason, remedy: 'Export the model without control flow.' })
      }
      return [attribute.name ?? '', value] as const
    })
    return {
      name,
      opType,
      domain: node.domain ?? '',
      inputs: node.input ?? [],
      outputs: node.output ?? [],
      attributes: Object.fromEntries(attributes),
    }
  })
}

function readAttribute(attribute: AttributeProto, path: string): OnnxAttribute | undefined {
  switch (attribute.type) {
    case kinds.float:
      return attribute.f ?? 0
    case kinds.int:
      return toNumber(attribute.i ?? 0)
    case kinds.string:
      return utf8.decode(attribute.s)
    case kinds.tensor:
      return readTensor(attribute.t ?? {}, path)
    case kinds.floats:
      return attribute.floats ?? []
    case kinds.ints:
      return (attribute.ints ?? []).map(toNumber)
    case kinds.strings:
      return (attribute.strings ?? []).map((bytes) => utf8.decode(bytes))
    default:
      return undefined
  }
}

function writeAttribute(name: string, value: OnnxAttribute): AttributeProto {
  const encoder = new TextEncoder()
  const isFloat = (x: number): boolean => floatAttributes.has(name) || !Number.isInteger(x)
  if (typeof value === 'number') {
    return isFloat(value) ? { name, type: kinds.float, f: value } : { name, type: kinds.int, i: toInt64(value) }
  }
  if (typeof value === 'string') return { name, type: kinds.string, s: encoder.encode(value) }
  if ('dataType' in value) return { name, type: kinds.tensor, t: writeTensor(value) }
  if (value.some((x) => typeof x === 'string')) {
    return { name, type: kinds.strings, strings: value.map((x) => encoder.encode(String(x))) }
  }
  const numbers = value.map(Number)
  if (floatAttributes.has(name) || numbers.some(isFloat)) return { name, type: kinds.floats, floats: numbers }
  return { name, type: kinds.ints, ints: numbers.map(toInt64) }
}

/** Slices use the largest 64-bit integer for "to the end": as a double it is one too much. */
function toInt64(value: number): Int64 {
  const clamped = value >= 2 ** 63 ? 2n ** 63n - 1n : value <= -(2 ** 63) ? -(2n ** 63n) : BigInt(value)
  return { low: Number(BigInt.asIntN(32, clamped)), high: Number(BigInt.asIntN(32, clamped >> 32n)), unsigned: false }
}

function readValue(value: ValueInfoProto): OnnxValue {
  const tensor = value.type?.tensor_type
  const dims = (tensor?.shape?.dim ?? []).map(({ dim_value: size, dim_param: name }, axis) => {
    const fixed = toNumber(size ?? 0)
    return fixed > 0 && !name ? fixed : name || `${value.name}_dim_${axis}`
  })
  return { name: value.name ?? '', dataType: tensor?.elem_type ?? 0, dims }
}

function writeValue({ name, dataType, dims }: OnnxValue): ValueInfoProto {
  const dim = dims.map((size) => (typeof size === 'number' ? { dim_value: size } : { dim_param: size }))
  // No dims were read where the file gives no shape: pictures are never scalars.
  return { name, type: { tensor_type: { elem_type: dataType, ...(dim.length ? { shape: { dim } } : {}) } } }
}
