import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { input, integer } from '../operator.ts'
import type { Operator } from '../operator.ts'
import { inLayout, storedAxis, tensorValue } from '../value.ts'
import type { Value } from '../value.ts'

/** An operator that maps each element by itself, in whatever layout it comes. */
function elementwise(apply: (x: Tensor) => Tensor): Operator {
  return (call) => {
    const x = input(call, 0)
    const layout = x.kind === 'host' ? 'onnx' : x.layout
    return tensorValue(apply(inLayout(x, layout)), layout)
  }
}

export const relu = elementwise((x) => tf.relu(x))

/** ONNX Softmax; before opset 13 over all axes from `axis` on, which for pictures is the same when axis is the last. */
export const softmax: Operator = (call): Value => {
  const x = input(call, 0)
  const layout = x.kind === 'host' ? 'onnx' : x.layout
  const tensor = inLayout(x, layout)
  const axis = storedAxis(integer(call.node, 'axis', call.opset < 13 ? 1 : -1), layout, tensor.rank)
  if (axis === tensor.rank - 1) return tensorValue(tf.softmax(tensor), layout)
  const order = Array.from({ length: tensor.rank }, (_, index) => index)
  ;[order[axis], order[tensor.rank - 1]] = [tensor.rank - 1, axis]
  return tensorValue(tf.transpose(tf.softmax(tf.transpose(tensor, order)), order), layout)
}
