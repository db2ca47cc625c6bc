import type { OnnxGraph, OnnxNode } from './onnx-types.ts'

/** The part of a graph that the logits hang on. What else the file holds (heads of deep supervision, a final softmax)
 *  is kept for export, but neither runs nor trains. */
export type LiveGraph = OnnxGraph & {
  /** The value that holds the logits: the graph's first output, before a final softmax, sigmoid or arg max. */
  readonly logits: string
}

export function liveGraph(graph: OnnxGraph, wanted?: string): LiveGraph {
  const producers = producersOf(graph)
  const logits = wanted ?? beforeSoftmax(graph.outputs[0]?.name ?? '', producers)
  const needed = new Set<OnnxNode>()
  const open = [logits]
  while (open.length > 0) {
    const node = producers.get(open.pop()!)
    if (!node || needed.has(node)) continue
    needed.add(node)
    open.push(...node.inputs)
  }
  // The standard demands that nodes are listed in an order in which they can run.
  const nodes = graph.nodes.filter((node) => needed.has(node))
  const used = new Set(nodes.flatMap(({ inputs }) => inputs))
  const initializers = new Map([...graph.initializers].filter(([name]) => used.has(name)))
  return { ...graph, nodes, initializers, logits }
}

export function producersOf(graph: OnnxGraph): ReadonlyMap<string, OnnxNode> {
  return new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
}

function beforeSoftmax(output: string, producers: ReadonlyMap<string, OnnxNode>): string {
  const node = producers.get(output)
  const isLast = node && ['Softmax', 'LogSoftmax', 'Sigmoid', 'Identity', 'ArgMax'].includes(node.opType)
  return isLast && producers.has(node.inputs[0]!) ? beforeSoftmax(node.inputs[0]!, producers) : output
}
