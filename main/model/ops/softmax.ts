import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { elementCount } from '../onnx-tensor.ts'
import { axisOf, input, number } from '../operator.ts'
import type { Operator } from '../operator.ts'
import { inLayout, layoutOf, storedAxis, tensorValue } from '../value.ts'

/** Softmax or its logarithm along one axis; before operator set 13 over all axes from `axis` on, taken together. */
function alongAxis(apply: (x: Tensor) => Tensor): Operator {
  return (call) => {
    const x = input(call, 0)
    if (call.opset < 13) {
      const tensor = inLayout(x, 'onnx')
      const axis = axisOf(call, number(call.node, 'axis', 1), tensor.rank)
      const rows = elementCount(tensor.shape.slice(0, axis))
      return tensorValue(tf.reshape(apply(tf.reshape(tensor, [rows, -1])), tensor.shape), 'onnx')
    }
    const layout = layoutOf(x)
    const tensor = inLayout(x, layout)
    const axis = storedAxis(axisOf(call, number(call.node, 'axis', -1), tensor.rank), layout, tensor.rank)
    if (axis === tensor.rank - 1) return tensorValue(apply(tensor), layout)
    // tfjs takes the last axis only.
    const order = Array.from({ length: tensor.rank }, (_, index) => index)
    ;[order[axis], order[tensor.rank - 1]] = [tensor.rank - 1, axis]
    return tensorValue(tf.transpose(apply(tf.transpose(tensor, order)), order), layout)
  }
}

export const softmax = alongAxis((x) => tf.softmax(x))
export const logSoftmax = alongAxis((x) => tf.logSoftmax(x))
