import { fusedNorm } from '../../engine/kernels.ts'
import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { BadNode, axisOf, input, number } from '../operator.ts'
import type { Operator } from '../operator.ts'
import { inLayout, layoutOf, tensorValue } from '../value.ts'

/** ONNX BatchNormalization, with the statistics of the model's current norm mode in place of the stored ones. */
export const batchNormalization: Operator = (call) => {
  const x = inLayout(input(call, 0), 'last')
  const scale = inLayout(input(call, 1), 'onnx')
  const offset = inLayout(input(call, 2), 'onnx')
  return tensorValue(call.batchNorm(call.node.inputs[1]!, x, scale, offset), 'last')
}

/** ONNX InstanceNormalization: each channel of each picture by itself, which is batch norm of a batch of one. */
export const instanceNormalization: Operator = (call) => {
  const scale = inLayout(input(call, 1), 'onnx')
  const offset = inLayout(input(call, 2), 'onnx')
  const epsilon = number(call.node, 'epsilon', 1e-5)
  const value = input(call, 0)
  if (layoutOf(value) === 'onnx' && value.kind === 'tensor' && value.tensor.rank === 3) {
    // [n, c, l], as group norm is often exported: no need to move the channels.
    const y = standardized(value.tensor, [2], epsilon)
    return tensorValue(tf.add(tf.mul(y, tf.reshape(scale, [1, -1, 1])), tf.reshape(offset, [1, -1, 1])), 'onnx')
  }
  const x = inLayout(value, 'last')
  const stored = { mean: tf.zerosLike(scale), variance: tf.onesLike(scale) }
  const pictures = x.shape[0] === 1 ? [x] : tf.split(x, x.shape[0], 0)
  const normal = pictures.map((picture) => fusedNorm(picture, scale, offset, stored, epsilon, 1).y)
  return tensorValue(normal.length === 1 ? normal[0]! : tf.concat(normal, 0), 'last')
}

/** ONNX GroupNormalization: scales and shifts by group in operator sets 18 to 20, by channel since. */
export const groupNormalization: Operator = (call) => {
  const x = inLayout(input(call, 0), 'last')
  const channels = x.shape.at(-1)!
  const groups = number(call.node, 'num_groups', channels)
  if (channels % groups) throw new BadNode(call.node, `cannot part ${channels} channels into ${groups} groups`)
  const pixels = x.shape.slice(1, -1).reduce((a, b) => a * b, 1)
  const grouped = tf.reshape(x, [x.shape[0], pixels, groups, channels / groups])
  const y = standardized(grouped, [1, 3], number(call.node, 'epsilon', 1e-5))
  const [scale, offset] = [1, 2].map((index) => {
    const vector = inLayout(input(call, index), 'onnx')
    return tf.reshape(vector, vector.size === groups ? [1, 1, groups, 1] : [1, 1, groups, channels / groups])
  })
  return tensorValue(tf.reshape(tf.add(tf.mul(y, scale!), offset!), x.shape), 'last')
}

/** ONNX LayerNormalization over all axes from `axis` on. */
export const layerNormalization: Operator = (call) => {
  const x = inLayout(input(call, 0), 'onnx')
  const first = axisOf(call, number(call.node, 'axis', -1), x.rank)
  const axes = Array.from({ length: x.rank - first }, (_, n) => first + n)
  const y = tf.mul(standardized(x, axes, number(call.node, 'epsilon', 1e-5)), inLayout(input(call, 1), 'onnx'))
  return tensorValue(call.inputs[2] ? tf.add(y, inLayout(call.inputs[2], 'onnx')) : y, 'onnx')
}

/** Mean 0 and variance 1 (biased) over some axes. */
function standardized(x: Tensor, axes: number[], epsilon: number): Tensor {
  const centered = tf.sub(x, tf.mean(x, axes, true))
  const variance = tf.mean(tf.square(centered), axes, true)
  return tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon)))
}
