import type { OnnxGraph, OnnxNode } from './onnx-types.ts'
import type { ParameterGroup } from './model.ts'
import { isFloat } from './value.ts'
import type { Layout } from './value.ts'

/** What an initializer is for. Everything that is neither a weight nor a statistic steers the graph and stays fixed. */
export type Role = {
  readonly name: string
  readonly kind: 'weight' | 'statistic'
  readonly layout: Layout
  /** The first node that uses it. */
  readonly node: OnnxNode
}

/** Inputs of operators that are trainable weights, by position. */
const weightInputs: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  BatchNormalization: [1, 2],
}
const normOperators = new Set(['BatchNormalization'])
const headOperators = new Set(['Conv', 'ConvTranspose'])

/** The roles of a graph's initializers, in the order in which its nodes use them. */
export function parameterRoles(graph: OnnxGraph): Role[] {
  const roles = new Map<string, Role>()
  for (const node of graph.nodes) {
    node.inputs.forEach((name, index) => {
      const tensor = graph.initializers.get(name)
      if (!tensor || !isFloat(tensor.dataType) || roles.has(name)) return
      const isStatistic = node.opType === 'BatchNormalization' && index >= 3
      if (!isStatistic && !weightInputs[node.opType]?.includes(index)) return
      const layout: Layout = headOperators.has(node.opType) && index === 1 ? 'filter' : 'onnx'
      roles.set(name, { name, kind: isStatistic ? 'statistic' : 'weight', layout, node })
    })
  }
  return [...roles.values()]
}

/** Names of the parameters of each group (methods.md 1.4), in the graph's order. Walks the graph: the decoder is what
 *  lies behind the first upsampling, the head the last convolution before `output`, the first block what lies before
 *  the first reduction in size. A first convolution that itself reduces belongs to the first block. */
export function parameterGroups(graph: OnnxGraph, output: string): ReadonlyMap<ParameterGroup, ReadonlySet<string>> {
  const roles = parameterRoles(graph)
  const weights = roles.filter(({ kind }) => kind === 'weight')
  const depths = walk(graph)
  const head = headNode(graph, output)
  const firstLevel = Math.min(...weights.map(({ node }) => depths.get(node)!.downs))
  const select = (isIn: (role: Role) => boolean, of = weights): ReadonlySet<string> =>
    new Set(of.filter(isIn).map(({ name }) => name))
  const isDecoder = (node: OnnxNode): boolean => depths.get(node)!.ups > 0
  return new Map([
    ['all', select(() => true)],
    ['norm-affine', select(({ node }) => normOperators.has(node.opType))],
    ['norm-stats', select(({ kind }) => kind === 'statistic', roles)],
    ['head', select(({ node }) => node === head)],
    ['decoder', select(({ node }) => node !== head && isDecoder(node))],
    ['encoder', select(({ node }) => node !== head && !isDecoder(node))],
    ['first-block', select(({ node }) => node !== head && !isDecoder(node) && depths.get(node)!.downs === firstLevel)],
  ] satisfies [ParameterGroup, ReadonlySet<string>][])
}

type Depth = { readonly downs: number; readonly ups: number }

/** How many reductions and enlargements lie on the way from the input to each node's output, itself included. */
function walk(graph: OnnxGraph): Map<OnnxNode, Depth> {
  const byOutput = new Map<string, Depth>()
  const depths = new Map<OnnxNode, Depth>()
  for (const node of graph.nodes) {
    const before = node.inputs.map((name) => byOutput.get(name) ?? { downs: 0, ups: 0 })
    const depth = {
      downs: Math.max(0, ...before.map(({ downs }) => downs)) + (isDown(node) ? 1 : 0),
      ups: Math.max(0, ...before.map(({ ups }) => ups)) + (isUp(node) ? 1 : 0),
    }
    depths.set(node, depth)
    for (const name of node.outputs) byOutput.set(name, depth)
  }
  return depths
}

export function stridesOf(node: OnnxNode): readonly number[] {
  const strides = node.attributes['strides']
  return Array.isArray(strides) ? strides.map(Number) : []
}

function isDown(node: OnnxNode): boolean {
  return ['Conv', 'MaxPool', 'AveragePool'].includes(node.opType) && stridesOf(node).some((stride) => stride > 1)
}

function isUp(node: OnnxNode): boolean {
  if (node.opType === 'ConvTranspose') return stridesOf(node).some((stride) => stride > 1)
  return ['Resize', 'Upsample', 'DepthToSpace'].includes(node.opType)
}

function headNode(graph: OnnxGraph, output: string): OnnxNode | undefined {
  const producers = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)))
  let node = producers.get(output)
  while (node && !headOperators.has(node.opType)) node = producers.get(node.inputs[0] ?? '')
  return node
}
