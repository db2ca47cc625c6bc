import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { elementCount } from '../onnx-tensor.ts'
import { BadNode, axisOf, input, number, numbers, setting, text } from '../operator.ts'
import type { Call, Operator } from '../operator.ts'
import { dimsOf, inLayout, layoutOf, numbersOf, storedAxis, tensorValue } from '../value.ts'
import type { Value } from '../value.ts'
import { resizeWeights } from './resize-weights.ts'
import type { AxisSampling } from './resize-weights.ts'

/** ONNX Resize: nearest, linear and cubic along any axes, by sizes or scales. Differentiable on every engine, since
 *  each axis is a copy (whole nearest factors) or a product with a matrix. */
export const resize: Operator = (call) => {
  const { node } = call
  if (call.opset < 11) return upsample(call)
  if (number(node, 'antialias', 0))
    throw new BadNode(node, 'smooths before it samples (antialias), which is not there yet')
  const sampling = {
    mode: text(node, 'mode', 'nearest'),
    coordinates: text(node, 'coordinate_transformation_mode', 'half_pixel'),
    nearest: text(node, 'nearest_mode', 'round_prefer_floor'),
    cubic: number(node, 'cubic_coeff_a', -0.75),
    excludesOutside: number(node, 'exclude_outside', 0) === 1,
  }
  const dims = dimsOf(input(call, 0))
  const axes = (numbers(node, 'axes') ?? dims.map((_, axis) => axis)).map((axis) => axisOf(call, axis, dims.length))
  return sampled(
    call,
    axes,
    requested(
      call,
      axes.map((axis) => dims[axis]!),
    ),
    sampling,
  )
}

/** ONNX Upsample, and Resize as it was before operator set 11: positions counted from the first corner. */
export const upsample: Operator = (call) => {
  const scales = setting(call, 1, 'scales')
  if (!scales) throw new BadNode(call.node, 'has no scales')
  const dims = dimsOf(input(call, 0))
  const sizes = dims.map((size, axis) => ({ scale: scales[axis]!, out: Math.floor(size * scales[axis]!) }))
  const mode = text(call.node, 'mode', 'nearest')
  const sampling = { mode, coordinates: 'asymmetric', nearest: 'floor', cubic: -0.75, excludesOutside: false }
  return sampled(
    call,
    dims.map((_, axis) => axis),
    sizes,
    sampling,
  )
}

type Request = { readonly out: number; readonly scale: number }

function requested(call: Call, sizes: readonly number[]): Request[] {
  const scales = call.inputs[2] ? numbersOf(call.inputs[2]) : []
  if (scales.length) return sizes.map((size, n) => ({ scale: scales[n]!, out: Math.floor(size * scales[n]!) }))
  const wanted = call.inputs[3] ? numbersOf(call.inputs[3]) : []
  if (wanted.length !== sizes.length) throw new BadNode(call.node, 'has neither scales nor sizes')
  const policy = text(call.node, 'keep_aspect_ratio_policy', 'stretch')
  if (policy === 'stretch') return sizes.map((size, n) => ({ scale: wanted[n]! / size, out: wanted[n]! }))
  const ratios = sizes.map((size, n) => wanted[n]! / size)
  const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios)
  return sizes.map((size) => ({ scale, out: Math.floor(scale * size + 0.5) }))
}

function sampled(call: Call, axes: readonly number[], requests: readonly Request[], sampling: AxisSampling): Value {
  const x = input(call, 0)
  const layout = layoutOf(x)
  let tensor = inLayout(x, layout)
  axes.forEach((axis, n) => {
    const { out, scale } = requests[n]!
    const at = storedAxis(axis, layout, tensor.rank)
    const size = tensor.shape[at]!
    if (out === size && scale === 1) return
    if (isRepetition(sampling, size, out, scale)) {
      tensor = repeated(tensor, at, scale)
      return
    }
    const weights = resizeWeights(size, out, scale, sampling)
    if (!weights) {
      const { mode, coordinates, nearest } = sampling
      throw new BadNode(call.node, `resizes by "${mode}", "${coordinates}", "${nearest}", which is not there yet`)
    }
    tensor = product(tf.tensor2d(weights, [out, size]), tensor, at)
  })
  return tensorValue(tensor, layout)
}

/** Nearest neighbours at whole factors: every value as often as the factor says, whichever way halves are rounded. */
function isRepetition({ mode, coordinates, nearest }: AxisSampling, size: number, out: number, scale: number): boolean {
  if (mode !== 'nearest' || !Number.isInteger(scale) || out !== size * scale) return false
  if (coordinates === 'asymmetric') return nearest === 'floor'
  return ['half_pixel', 'pytorch_half_pixel'].includes(coordinates) && nearest.startsWith('round_') && out > 1
}

function repeated(x: Tensor, axis: number, times: number): Tensor {
  const { shape } = x
  const outer = elementCount(shape.slice(0, axis + 1))
  const inner = elementCount(shape.slice(axis + 1))
  const flat = tf.reshape(x, [outer, 1, inner])
  const copies = tf.concat(Array<Tensor>(times).fill(flat), 1)
  return tf.reshape(copies, [...shape.slice(0, axis), shape[axis]! * times, ...shape.slice(axis + 1)])
}

/** weights [out, in] applied along an axis of x. */
function product(weights: tf.Tensor2D, x: Tensor, axis: number): Tensor {
  const { shape } = x
  const [out, size] = weights.shape
  const outer = elementCount(shape.slice(0, axis))
  const inner = elementCount(shape.slice(axis + 1))
  const newShape = [...shape.slice(0, axis), out, ...shape.slice(axis + 1)]
  if (inner === 1) return tf.reshape(tf.matMul(tf.reshape(x, [outer, size]), weights, false, true), newShape)
  if (outer === 1) return tf.reshape(tf.matMul(weights, tf.reshape(x, [size, inner])), newShape)
  const batches = tf.reshape(x, [outer, size, inner])
  const each = tf.tile(tf.expandDims(weights, 0), [outer, 1, 1])
  return tf.reshape(tf.matMul(each, batches), newShape)
}
