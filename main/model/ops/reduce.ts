import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { axisOf, input, number, setting } from '../operator.ts'
import type { Call, Operator } from '../operator.ts'
import { dimsOf, inLayout, layoutOf, relabel, storedAxis, tensorValue } from '../value.ts'
import type { Value } from '../value.ts'

/** A reduction of some axes: attribute before operator sets 13 and 18, input since; all axes where none are named. */
function reduction(reduce: (x: Tensor, axes: number[]) => Tensor): Operator {
  return (call) => {
    const x = input(call, 0)
    const rank = dimsOf(x).length
    const named = setting(call, 1, 'axes') ?? []
    if (named.length === 0 && number(call.node, 'noop_with_empty_axes', 0)) return x
    const axes = named.length ? named.map((axis) => axisOf(call, axis, rank)) : dimsOf(x).map((_, axis) => axis)
    return reduced(call, x, axes, reduce)
  }
}

function reduced(call: Call, x: Value, axes: readonly number[], reduce: (x: Tensor, axes: number[]) => Tensor): Value {
  const layout = layoutOf(x)
  const tensor = inLayout(x, layout)
  const stored = axes.map((axis) => storedAxis(axis, layout, tensor.rank))
  const y = tensorValue(reduce(tensor, stored), layout)
  if (number(call.node, 'keepdims', 1)) return y
  const kept = dimsOf(x)
    .map((_, axis) => axis)
    .filter((axis) => !axes.includes(axis))
  return relabel(y, kept)
}

const argMax: Operator = (call) => {
  const x = input(call, 0)
  const axis = axisOf(call, number(call.node, 'axis', 0), dimsOf(x).length)
  // tfjs drops the axis.
  return reduced(call, x, [axis], (tensor, [stored]) => tf.expandDims(tf.argMax(tensor, stored), stored))
}

export const reductions: Readonly<Record<string, Operator>> = {
  ReduceMean: reduction((x, axes) => tf.mean(x, axes, true)),
  ReduceSum: reduction((x, axes) => tf.sum(x, axes, true)),
  ReduceMax: reduction((x, axes) => tf.max(x, axes, true)),
  ReduceMin: reduction((x, axes) => tf.min(x, axes, true)),
  ReduceProd: reduction((x, axes) => tf.prod(x, axes, true)),
  ReduceL1: reduction((x, axes) => tf.sum(tf.abs(x), axes, true)),
  ReduceL2: reduction((x, axes) => tf.sqrt(tf.sum(tf.square(x), axes, true))),
  ReduceSumSquare: reduction((x, axes) => tf.sum(tf.square(x), axes, true)),
  ReduceLogSumExp: reduction((x, axes) => tf.logSumExp(x, axes, true)),
  ArgMax: argMax,
}
