import { dataTypes } from './onnx-tensor.ts'
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor, OnnxValue } from './onnx-types.ts'
import { isFloat } from './value.ts'

/**
 * The same network in the form that runs and trains: all floats in single precision; constants as initializers; casts
 * of weights gone; a weight that layers share only because the exporter found equal values as one each. Weights keep
 * their names, and the result is valid ONNX.
 */
export function prepare(graph: OnnxGraph): OnnxGraph {
  return withOwnVectors(withoutCopies(graph))
}

function withoutCopies(graph: OnnxGraph): OnnxGraph {
  const initializers = new Map(Array.from(graph.initializers, ([name, tensor]) => [name, inSingle(tensor)]))
  const uses = countUses(graph)
  const outputs = new Set(graph.outputs.map(({ name }) => name))
  const renamed = new Map<string, string>()
  const nodes: OnnxNode[] = []
  for (const original of graph.nodes) {
    const node = singlePrecisionNode(original, renamed)
    const [source = '', output = ''] = [node.inputs[0], node.outputs[0]]
    const constant = node.opType === 'Constant' ? constantOf(node) : undefined
    const weight = initializers.get(source)
    if (constant) {
      initializers.set(output, constant)
    } else if (weight && !outputs.has(output) && isCopy(node, weight)) {
      if (node.opType === 'Cast' || uses.get(original.inputs[0]!) === 1) renamed.set(output, source)
      else initializers.set(output, { ...weight, name: output })
    } else {
      nodes.push(node)
    }
  }
  const used = new Set([...nodes.flatMap(({ inputs }) => inputs), ...outputs])
  for (const name of initializers.keys()) if (!used.has(name)) initializers.delete(name)
  return {
    ...graph,
    nodes,
    initializers,
    inputs: graph.inputs.map(singleValue),
    outputs: graph.outputs.map(singleValue),
  }
}

/** Exporters store equal vectors once: after training they are no longer equal. Filters shared by two layers are shared
 *  on purpose, and stay so. */
function withOwnVectors(graph: OnnxGraph): OnnxGraph {
  const initializers = new Map(graph.initializers)
  const seen = new Map<string, number>()
  const nodes = graph.nodes.map((node) => {
    const inputs = node.inputs.map((name, index) => {
      const tensor = graph.initializers.get(name)
      if (!tensor || !isVectorOf(node, index) || !isFloat(tensor.dataType)) return name
      const count = (seen.get(name) ?? 0) + 1
      seen.set(name, count)
      if (count === 1) return name
      const own = `${name}#${count}`
      initializers.set(own, { ...tensor, name: own })
      return own
    })
    return { ...node, inputs }
  })
  return { ...graph, nodes, initializers }
}

/** Scales, shifts and statistics of norm layers, and the biases of convolutions. */
function isVectorOf({ opType }: OnnxNode, index: number): boolean {
  if (opType.endsWith('Normalization')) return index >= 1
  return ['Conv', 'ConvTranspose', 'Gemm'].includes(opType) && index === 2
}

function singlePrecisionNode(node: OnnxNode, renamed: ReadonlyMap<string, string>): OnnxNode {
  const inputs = node.inputs.map((name) => renamed.get(name) ?? name)
  const attributes: Record<string, OnnxAttribute> = {}
  for (const [name, value] of Object.entries(node.attributes)) {
    if (typeof value === 'object' && 'dataType' in value) attributes[name] = inSingle(value)
    else if (node.opType === 'Cast' && name === 'to' && isFloat(Number(value))) attributes[name] = dataTypes.float32
    else attributes[name] = value
  }
  return { ...node, inputs, attributes }
}

function inSingle(tensor: OnnxTensor): OnnxTensor {
  if (!isFloat(tensor.dataType) || tensor.dataType === dataTypes.float32) return tensor
  return { ...tensor, dataType: dataTypes.float32, data: Float32Array.from(tensor.data as Float32Array) }
}

function singleValue(value: OnnxValue): OnnxValue {
  return isFloat(value.dataType) ? { ...value, dataType: dataTypes.float32 } : value
}

function isCopy(node: OnnxNode, weight: OnnxTensor): boolean {
  if (node.opType === 'Identity') return true
  return node.opType === 'Cast' && isFloat(weight.dataType) && node.attributes['to'] === dataTypes.float32
}

function countUses(graph: OnnxGraph): Map<string, number> {
  const uses = new Map<string, number>()
  for (const name of graph.nodes.flatMap(({ inputs }) => inputs)) uses.set(name, (uses.get(name) ?? 0) + 1)
  return uses
}

/** The tensor of a Constant node in any of the forms that hold numbers. */
function constantOf({ outputs, attributes }: OnnxNode): OnnxTensor | undefined {
  const name = outputs[0]!
  const { value, value_float: float, value_floats: floats, value_int: int, value_ints: ints } = attributes
  if (typeof value === 'object' && 'dataType' in value) return { ...value, name }
  const integers = (list: readonly number[]): BigInt64Array => BigInt64Array.from(list, BigInt)
  if (typeof float === 'number') return { name, dims: [], dataType: dataTypes.float32, data: Float32Array.of(float) }
  if (typeof int === 'number') return { name, dims: [], dataType: dataTypes.int64, data: integers([int]) }
  if (Array.isArray(floats)) {
    return { name, dims: [floats.length], dataType: dataTypes.float32, data: Float32Array.from(floats, Number) }
  }
  if (Array.isArray(ints)) {
    return { name, dims: [ints.length], dataType: dataTypes.int64, data: integers(ints.map(Number)) }
  }
  return undefined
}
