import { dataTypes } from './onnx-tensor.ts'
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx-types.ts'

/** The graph with its filters stored in half precision, each cast back where the network begins: half the bytes, and
 *  still valid ONNX for everybody. Vectors (scales, shifts, statistics) stay as they are. Values beyond 65504 become
 *  infinite: check the network's results before it is given away. `prepare` takes the casts out again. */
export function toHalfPrecision(graph: OnnxGraph): OnnxGraph {
  const initializers = new Map<string, OnnxTensor>()
  const casts: OnnxNode[] = []
  const single = new Map<string, string>()
  for (const [name, tensor] of graph.initializers) {
    const isFilter = tensor.dataType === dataTypes.float32 && tensor.dims.length > 1
    initializers.set(name, isFilter ? { ...tensor, dataType: dataTypes.float16 } : tensor)
    if (!isFilter) continue
    const output = `${name}:float32`
    single.set(name, output)
    casts.push({
      name: `${name}:cast`,
      opType: 'Cast',
      domain: '',
      inputs: [name],
      outputs: [output],
      attributes: { to: dataTypes.float32 },
    })
  }
  const nodes = graph.nodes.map((node) => ({ ...node, inputs: node.inputs.map((name) => single.get(name) ?? name) }))
  return { ...graph, initializers, nodes: [...casts, ...nodes] }
}
