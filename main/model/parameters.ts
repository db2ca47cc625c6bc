import { producersOf } from './live.ts'
import type { LiveGraph } from './live.ts'
import { elementCount } from './onnx-tensor.ts'
import type { OnnxGraph, OnnxNode, OnnxTensor } from './onnx-types.ts'
import type { ParameterGroup, Places } from './model.ts'
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
  InstanceNormalization: [1, 2],
  GroupNormalization: [1, 2],
  LayerNormalization: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  PRelu: [1],
  // Scales and shifts that exporters write out; single numbers among them are part of a formula.
  Add: [0, 1],
  Mul: [0, 1],
}
const vectorOperators = new Set(['Add', 'Mul'])
const normOperators = new Set([
  'BatchNormalization',
  'InstanceNormalization',
  'GroupNormalization',
  'LayerNormalization',
])
const headOperators = new Set(['Conv', 'ConvTranspose', 'Gemm', 'MatMul'])
/** Operators that only hand a weight on in another form. */
const passingOperators = new Set([
  'Identity',
  'Cast',
  'CastLike',
  'Reshape',
  'Transpose',
  'Unsqueeze',
  'Squeeze',
  'Expand',
])

/** The roles of a graph's initializers, in the order in which its nodes use them. */
export function parameterRoles(graph: LiveGraph): Role[] {
  const roles = new Map<string, Role>()
  const passedOn = new Map<string, string>()
  for (const node of graph.nodes) {
    const from = node.inputs[0] ?? ''
    const source = passedOn.get(from) ?? (graph.initializers.has(from) ? from : undefined)
    if (source !== undefined && passingOperators.has(node.opType)) {
      for (const name of node.outputs) passedOn.set(name, source)
    }
    node.inputs.forEach((input, index) => {
      const name = passedOn.get(input) ?? input
      const tensor = graph.initializers.get(name)
      if (!tensor || !isFloat(tensor.dataType) || roles.has(name)) return
      const kind = kindOf(node, index, tensor)
      if (!kind) return
      const isFilter = input === name && index === 1 && ['Conv', 'ConvTranspose'].includes(node.opType)
      roles.set(name, { name, kind, layout: isFilter ? 'filter' : 'onnx', node })
    })
  }
  return [...roles.values()]
}

function kindOf(node: OnnxNode, index: number, tensor: OnnxTensor): Role['kind'] | undefined {
  if (node.opType === 'BatchNormalization' && index >= 3) return 'statistic'
  if (!weightInputs[node.opType]?.includes(index)) return undefined
  return vectorOperators.has(node.opType) && elementCount(tensor.dims) === 1 ? undefined : 'weight'
}

/** Names of the parameters of each group (methods.md 1.4), in the graph's order. Walks the graph: the decoder is what
 *  lies behind the first upsampling, the head the last convolution before `output`, the first block what lies before
 *  the first reduction in size. A first convolution that itself reduces belongs to the first block. */
export function parameterGroups(graph: LiveGraph): ReadonlyMap<ParameterGroup, ReadonlySet<string>> {
  const roles = parameterRoles(graph)
  const weights = roles.filter(({ kind }) => kind === 'weight')
  const depths = walk(graph)
  const head = headNode(graph)
  const firstLevel = Math.min(...weights.map(({ node }) => depths.get(node)!.downs))
  const select = (isIn: (role: Role) => boolean, of = weights): ReadonlySet<string> =>
    new Set(of.filter(isIn).map(({ name }) => name))
  const isDecoder = (node: OnnxNode): boolean => depths.get(node)!.ups > 0
  return new Map([
    ['all', select(() => true)],
    ['norm-affine', select(({ node }) => depths.get(node)!.isNorm)],
    ['norm-stats', select(({ kind }) => kind === 'statistic', roles)],
    ['head', select(({ node }) => node === head)],
    ['decoder', select(({ node }) => node !== head && isDecoder(node))],
    ['encoder', select(({ node }) => node !== head && !isDecoder(node))],
    ['first-block', select(({ node }) => node !== head && !isDecoder(node) && depths.get(node)!.downs === firstLevel)],
  ] satisfies [ParameterGroup, ReadonlySet<string>][])
}

/** Where methods look into the network (Model.places). */
export function placesOf(graph: LiveGraph): Places {
  const depths = walk(graph)
  const head = headNode(graph)
  const before = graph.nodes.filter((node) => node !== head && depths.get(node)!.ups === 0)
  const deepest = Math.max(...before.map((node) => depths.get(node)!.downs))
  const norms = graph.nodes.filter(({ opType }) => opType === 'BatchNormalization')
  return {
    normInputs: new Map(norms.map(({ inputs }) => [inputs[1]!, inputs[0]!])),
    bottleneck: before.findLast((node) => depths.get(node)!.downs === deepest)?.outputs[0] ?? graph.logits,
    beforeHead: head?.inputs[0] ?? graph.logits,
  }
}

type Depth = {
  /** How many reductions and enlargements lie on the way from the input to the node's output, itself included. */
  readonly downs: number
  readonly ups: number
  /** A norm, or the scale or shift behind one: group norm is exported in such parts. */
  readonly isNorm: boolean
}

function walk(graph: OnnxGraph): Map<OnnxNode, Depth> {
  const byOutput = new Map<string, Depth>()
  const depths = new Map<OnnxNode, Depth>()
  for (const node of graph.nodes) {
    const before = node.inputs.flatMap((name) => byOutput.get(name) ?? [])
    const isAfterNorm = ['Reshape', 'Mul', 'Add'].includes(node.opType) && before.length === 1 && before[0]!.isNorm
    const depth = {
      downs: Math.max(0, ...before.map(({ downs }) => downs)) + (isDown(node) ? 1 : 0),
      ups: Math.max(0, ...before.map(({ ups }) => ups)) + (isUp(node) ? 1 : 0),
      isNorm: normOperators.has(node.opType) || isAfterNorm,
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

function headNode(graph: LiveGraph): OnnxNode | undefined {
  const producers = producersOf(graph)
  let node = producers.get(graph.logits)
  while (node && !headOperators.has(node.opType)) node = producers.get(node.inputs[0] ?? '')
  return node
}
