import type { Tensor } from '../engine/tf.ts'
import type { OnnxNode } from './onnx-types.ts'
import { numbersOf } from './value.ts'
import type { Value } from './value.ts'

/** One use of an operator: its node, its inputs (undefined where left out) and what it may ask of the model. */
export type Call = {
  readonly node: OnnxNode
  readonly inputs: readonly (Value | undefined)[]
  readonly opset: number
  /** Normalises [n, ..., channel] with the statistics of the model's current mode. */
  readonly batchNorm: (layer: string, x: Tensor, scale: Tensor, offset: Tensor) => Tensor
}

/** Differentiable where its tensors are. Returns the node's outputs in order; the executor's tidy disposes the rest. */
export type Operator = (call: Call) => Value | readonly Value[]

/** An input that the standard requires. A missing one is a broken file. */
export function input(call: Call, index: number): Value {
  const value = call.inputs[index]
  if (!value) throw new BadNode(call.node, `has no input ${index}`)
  return value
}

/** Numbers that newer operator sets take as an input and older ones as an attribute. */
export function setting(call: Call, index: number, attribute: string): readonly number[] | undefined {
  const value = call.inputs[index]
  return value ? numbersOf(value) : numbers(call.node, attribute)
}

export function number(node: OnnxNode, name: string, otherwise: number): number {
  const value = node.attributes[name]
  return typeof value === 'number' ? value : otherwise
}

export function text(node: OnnxNode, name: string, otherwise: string): string {
  const value = node.attributes[name]
  return typeof value === 'string' ? value : otherwise
}

export function numbers(node: OnnxNode, name: string): number[] | undefined {
  const value = node.attributes[name]
  return Array.isArray(value) ? value.map(Number) : undefined
}

/** An axis as a count from the front. */
export function axisOf(call: Call, axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis
  if (!(positive >= 0 && positive < rank)) throw new BadNode(call.node, `asks for axis ${axis} of ${rank}`)
  return positive
}

/** A node that cannot run as it stands; run.ts turns it into a sentence for the user. */
export class BadNode extends Error {
  readonly node: OnnxNode
  readonly reason: string

  constructor(node: OnnxNode, reason: string) {
    super(`the node "${node.name}" (${node.opType}) ${reason}`)
    this.name = 'BadNode'
    this.node = node
    this.reason = reason
  }
}
