import { UserError } from '../errors.ts'
import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { NormPlan } from './norm-state.ts'
import type { LiveGraph } from './live.ts'
import type { OnnxNode, OnnxTensor } from './onnx-types.ts'
import { BadNode, number } from './operator.ts'
import type { Call, Operator } from './operator.ts'
import { operators } from './ops.ts'
import { parameterRoles, stridesOf } from './parameters.ts'
import { dimsOf, inLayout, tensorValue } from './value.ts'
import type { Value } from './value.ts'

type Step = { readonly node: OnnxNode; readonly operator: Operator; readonly lastUses: readonly string[] }

/** Before it, broadcasting was written with attributes. */
const oldestOpset = 7

/** What has to run, in order, for the logits. */
export type Plan = {
  readonly modelName: string
  readonly opset: number
  readonly input: string
  readonly channels: number | string
  readonly output: string
  readonly steps: readonly Step[]
  readonly constants: ReadonlyMap<string, Value>
  readonly norms: readonly NormPlan[]
  readonly stride: number
}

/** Checks that the graph can run. Throws UserError('model-unsupported') that names the operator and the node. */
export function planRun(graph: LiveGraph, modelName: string): Plan {
  const refuse = (reason: string, remedy: string): UserError =>
    new UserError('model-unsupported', { path: modelName, reason, remedy })
  const [image, ...others] = graph.inputs
  if (!image || others.length > 0) {
    throw refuse(`it has ${graph.inputs.length} inputs`, 'Export a model that takes one image.')
  }
  if (graph.opset < oldestOpset) {
    throw refuse(`its operator set is ${graph.opset}`, `Export it with operator set ${oldestOpset} or later.`)
  }
  if (graph.nodes.length === 0) throw refuse('its output hangs on nothing', 'Export the model again.')
  const made = new Set([image.name, ...graph.initializers.keys(), ''])
  for (const node of graph.nodes) {
    if (!operators[node.opType] || (node.domain && node.domain !== 'ai.onnx')) {
      const remedy = 'Export it with standard operators, or write to us which model it is.'
      throw refuse(`its node "${node.name}" is the operator ${node.opType}, which is not there yet`, remedy)
    }
    const missing = node.inputs.find((name) => !made.has(name))
    if (missing) throw refuse(`its node "${node.name}" needs "${missing}", which nothing makes`, 'Export it again.')
    for (const name of node.outputs) made.add(name)
  }
  return {
    modelName,
    opset: graph.opset,
    input: image.name,
    channels: image.dims[1] ?? 'channels',
    output: graph.logits,
    steps: withLastUses(graph.nodes, graph.logits),
    constants: constantsOf(graph),
    norms: graph.nodes.filter(({ opType }) => opType === 'BatchNormalization').map(normPlan),
    stride: totalStride(graph.nodes),
  }
}

export type Surroundings = {
  /** A parameter's value, or undefined for what is none. */
  readonly weight: (name: string) => Value | undefined
  readonly batchNorm: Call['batchNorm']
}

/** Logits [n, ...spatial, class] of a batch [n, ...spatial, channel]; the caller disposes. */
export function run(plan: Plan, batch: Tensor, surroundings: Surroundings): Tensor {
  return runTo([], plan, batch, surroundings)[0]
}

/** The logits, then the values named `wanted`, channels last. Frees each other value after its last use: what the gradient
 *  needs is kept by the tape as clones. The caller disposes of the results. */
export function runTo(
  wanted: readonly string[],
  plan: Plan,
  batch: Tensor,
  surroundings: Surroundings,
): [Tensor, ...Tensor[]] {
  if (typeof plan.channels === 'number' && batch.shape.at(-1) !== plan.channels) {
    throw new Error(`${plan.modelName} takes ${plan.channels} channels, the batch is [${batch.shape.join()}]`)
  }
  return tf.tidy(() => {
    const values = new Map<string, Value>([[plan.input, tensorValue(batch, 'last')]])
    const owned = new Owners()
    const find = (name: string): Value | undefined =>
      name ? (values.get(name) ?? surroundings.weight(name) ?? plan.constants.get(name)) : undefined
    for (const { node, operator, lastUses } of plan.steps) {
      const inputs = node.inputs.map(find)
      const outputs = apply(operator, { node, inputs, opset: plan.opset, batchNorm: surroundings.batchNorm }, plan)
      node.outputs.forEach((name, index) => {
        const value = outputs[index]
        if (!value) return
        values.set(name, value)
        if (!inputs.some((other) => isSameTensor(value, other)) || owned.has(value)) owned.add(value)
      })
      for (const name of lastUses) {
        if (wanted.includes(name)) continue
        const value = values.get(name)
        values.delete(name)
        if (value) owned.release(value)
      }
    }
    const found = (name: string): Tensor => {
      const value = values.get(name)
      if (!value) throw new Error(`${plan.modelName} has no value ${name}`)
      return inLayout(value, 'last')
    }
    return [found(plan.output), ...wanted.map(found)]
  })
}

/** Tensors that the run itself made, with the number of names they go by: weights and the batch are not its own. */
class Owners {
  private readonly counts = new Map<number, number>()

  has(value: Value): boolean {
    return value.kind === 'tensor' && this.counts.has(value.tensor.id)
  }

  add(value: Value): void {
    if (value.kind === 'tensor') this.counts.set(value.tensor.id, (this.counts.get(value.tensor.id) ?? 0) + 1)
  }

  release(value: Value): void {
    if (value.kind !== 'tensor') return
    const count = this.counts.get(value.tensor.id)
    if (count === undefined) return
    if (count > 1) this.counts.set(value.tensor.id, count - 1)
    else {
      this.counts.delete(value.tensor.id)
      value.tensor.dispose()
    }
  }
}

function isSameTensor(a: Value, b: Value | undefined): boolean {
  return a.kind === 'tensor' && b?.kind === 'tensor' && a.tensor.id === b.tensor.id
}

/** Runs one node and frees what it made on the way to its outputs. */
function apply(operator: Operator, call: Call, plan: Plan): readonly Value[] {
  let outputs: readonly Value[] = []
  try {
    tf.tidy(() => {
      const result = operator(call)
      outputs = Array.isArray(result) ? (result as readonly Value[]) : [result as Value]
      return outputs.flatMap((value) => (value.kind === 'tensor' ? [value.tensor] : []))
    })
  } catch (cause) {
    const { node, inputs } = call
    const shapes = inputs.map((value) => (value ? `[${dimsOf(value).join()}]` : '-')).join(' ')
    const why = cause instanceof BadNode ? cause.reason : `cannot take inputs of the sizes ${shapes}`
    const reason = `its node "${node.name}" (${node.opType}) ${why}`
    throw new UserError('model-unsupported', { path: plan.modelName, reason, remedy: '' }, { cause })
  }
  return outputs
}

function withLastUses(nodes: readonly OnnxNode[], output: string): Step[] {
  const seen = new Set([output])
  const steps: Step[] = []
  for (const node of nodes.toReversed()) {
    const lastUses = [...new Set([...node.inputs, ...node.outputs])].filter((name) => name && !seen.has(name))
    for (const name of lastUses) seen.add(name)
    steps.push({ node, operator: operators[node.opType]!, lastUses })
  }
  return steps.reverse()
}

/** Everything that is no parameter: sizes, axes, scales. */
function constantsOf(graph: LiveGraph): Map<string, Value> {
  const parameters = new Set(parameterRoles(graph).map(({ name }) => name))
  const others = [...graph.initializers.values()].filter(({ name }) => !parameters.has(name))
  return new Map(others.map((tensor) => [tensor.name, hostValue(tensor)]))
}

function hostValue(tensor: OnnxTensor): Value {
  return { kind: 'host', dims: tensor.dims, dataType: tensor.dataType, data: Array.from(tensor.data, Number) }
}

function normPlan(node: OnnxNode): NormPlan {
  const [, scale, , mean, variance] = node.inputs
  return { name: scale!, epsilon: number(node, 'epsilon', 1e-5), meanName: mean!, varianceName: variance! }
}

/** Product of the strides on the way down, along the deepest path; transposed convolutions divide. */
function totalStride(nodes: readonly OnnxNode[]): number {
  const factors = new Map<string, number>()
  let deepest = 1
  for (const node of nodes) {
    const before = Math.max(1, ...node.inputs.map((name) => factors.get(name) ?? 1))
    const stride = Math.max(1, ...stridesOf(node))
    const factor = node.opType === 'ConvTranspose' ? before / stride : before * stride
    deepest = Math.max(deepest, factor)
    for (const name of node.outputs) factors.set(name, factor)
  }
  return deepest
}
