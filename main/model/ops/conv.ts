import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { BadNode, input, numbers } from '../operator.ts'
import type { Call } from '../operator.ts'
import { inLayout, tensorValue } from '../value.ts'
import type { Value } from '../value.ts'
import { groupsOf, outputSize, paddingName, span, windowOf } from './window.ts'
import type { Window } from './window.ts'

/** ONNX Conv for 1, 2 or 3 spatial axes: strides, dilations, any padding, groups. */
export function conv(call: Call): Value {
  const groups = groupsOf(call.node)
  const x = inLayout(input(call, 0), 'last')
  const filter = inLayout(input(call, 1), 'filter') // [...kernel, in / groups, out]
  const sizes = x.shape.slice(1, -1)
  const kernel = filter.shape.slice(0, -2)
  checkChannels(call, x.shape.at(-1)!, filter.shape.at(-2)! * groups)
  const y = convolve(x, filter, windowOf(call.node, kernel, sizes), groups)
  return tensorValue(withBias(call, y), 'last')
}

/** ONNX ConvTranspose: the gradient of Conv with respect to its input, cropped by pads, extended by output_padding. */
export function convTranspose(call: Call): Value {
  const groups = groupsOf(call.node)
  const x = inLayout(input(call, 0), 'last')
  const filter = inLayout(input(call, 1), 'filter') // [...kernel, out / groups, in]
  checkChannels(call, x.shape.at(-1)!, filter.shape.at(-1)!)
  const sizes = x.shape.slice(1, -1)
  const window = windowOf(call.node, filter.shape.slice(0, -2), sizes)
  const extra = numbers(call.node, 'output_padding') ?? sizes.map(() => 0)
  if (window.dilations.some((d) => d > 1)) throw new BadNode(call.node, 'is dilated, which is not supported')
  if (groups === 1) return tensorValue(withBias(call, deconvolve(x, filter, window, extra)), 'last')
  const parts = tf.split(x, groups, -1)
  const filters = tf.split(filter, groups, -1)
  const y = tf.concat(
    parts.map((part, g) => deconvolve(part, filters[g]!, window, extra)),
    -1,
  )
  return tensorValue(withBias(call, y), 'last')
}

function checkChannels(call: Call, has: number, wants: number): void {
  if (has !== wants) throw new BadNode(call.node, `wants ${wants} channels and gets ${has}`)
}

function withBias(call: Call, y: Tensor): Tensor {
  const bias = call.inputs[2]
  return bias ? tf.add(y, inLayout(bias, 'onnx')) : y
}

/** Convolution of [n, ...spatial, c] with [...kernel, c / groups, out]. */
function convolve(x: Tensor, filter: Tensor, window: Window, groups: number): Tensor {
  if (x.rank === 3) return squeezeSpatial(convolve(addSpatial(x), tf.expandDims(filter, 0), widen(window), groups))
  const sizes = x.shape.slice(1, -1)
  if (window.dilations.some((dilation) => dilation > 1)) return dilated(x, filter, window, groups)
  const padding = paddingName(window, sizes)
  if (!padding) return convolve(zeroPad(x, window), filter, unpadded(window), groups)
  const channels = x.shape.at(-1)!
  const strides = [...window.strides]
  if (groups > 1 && groups === channels && x.rank === 4 && strides.every((stride) => stride === strides[0])) {
    const [kh, kw, , out] = filter.shape as [number, number, number, number]
    const depthwise = tf.reshape(filter, [kh, kw, channels, out / channels])
    return tf.depthwiseConv2d(x as tf.Tensor4D, depthwise as tf.Tensor4D, strides as [number, number], padding)
  }
  if (groups > 1) {
    const parts = tf.split(x, groups, -1)
    const filters = tf.split(filter, groups, -1)
    return tf.concat(
      parts.map((part, g) => convolve(part, filters[g]!, window, 1)),
      -1,
    )
  }
  return x.rank === 4
    ? tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides as [number, number], padding)
    : tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, strides as [number, number, number], padding)
}

/** A dilated convolution as a plain one on interleaved sub-images: tfjs has no gradient for dilations. */
function dilated(x: Tensor, filter: Tensor, window: Window, groups: number): Tensor {
  const { dilations, strides } = window
  const sizes = x.shape.slice(1, -1)
  const out = sizes.map((size, axis) => outputSize({ ...window, strides: strides.map(() => 1) }, axis, size))
  // Each axis is padded to a multiple of its dilation; what the surplus yields is cropped again.
  const padding = sizes.map((size, axis): [number, number] => {
    const padded = size + window.before[axis]! + window.after[axis]!
    const surplus = (dilations[axis]! - (padded % dilations[axis]!)) % dilations[axis]!
    return [window.before[axis]!, window.after[axis]! + surplus]
  })
  const interleaved = tf.spaceToBatchND(x, [...dilations], padding)
  const one = strides.map(() => 1)
  const plain = convolve(interleaved, filter, unpadded({ ...window, dilations: one, strides: one }), groups)
  const crops = sizes.map((_, axis): [number, number] => [0, plain.shape[axis + 1]! * dilations[axis]! - out[axis]!])
  const y = tf.batchToSpaceND(plain, [...dilations], crops)
  if (strides.every((stride) => stride === 1)) return y
  return tf.stridedSlice(
    y,
    y.shape.map(() => 0),
    y.shape,
    [1, ...strides, 1],
  )
}

/** Transposed convolution of [n, ...spatial, in] with [...kernel, out, in]. */
function deconvolve(x: Tensor, filter: Tensor, window: Window, extra: readonly number[]): Tensor {
  if (x.rank === 3) {
    return squeezeSpatial(deconvolve(addSpatial(x), tf.expandDims(filter, 0), widen(window), [0, ...extra]))
  }
  const sizes = x.shape.slice(1, -1)
  const { strides, kernel, before, after } = window
  // The whole result first; its pads are cut off, and output_padding takes back from the cut, or adds zeros.
  const full = sizes.map((size, axis) => (size - 1) * strides[axis]! + Math.max(span(kernel[axis]!, 1), 1))
  const filled = full.map((size, axis) => size + Math.max(extra[axis]! - after[axis]!, 0))
  const shape = [x.shape[0], ...filled, filter.shape.at(-2)!]
  const y =
    x.rank === 4
      ? tf.conv2dTranspose(
          x as tf.Tensor4D,
          filter as tf.Tensor4D,
          shape as [number, number, number, number],
          [...strides] as [number, number],
          'valid',
        )
      : tf.conv3dTranspose(
          x as tf.Tensor5D,
          filter as tf.Tensor5D,
          shape as [number, number, number, number, number],
          [...strides] as [number, number, number],
          'valid',
        )
  const kept = full.map((size, axis) => size - before[axis]! - after[axis]! + extra[axis]!)
  if (kept.every((size, axis) => size === filled[axis])) return y
  return tf.slice(y, [0, ...before, 0], [shape[0]!, ...kept, shape.at(-1)!])
}

function zeroPad(x: Tensor, { before, after }: Window): Tensor {
  return tf.pad(x, [[0, 0], ...before.map((pad, axis): [number, number] => [pad, after[axis]!]), [0, 0]])
}

function unpadded(window: Window): Window {
  const none = window.kernel.map(() => 0)
  return { ...window, before: none, after: none }
}

function addSpatial(x: Tensor): Tensor {
  return tf.expandDims(x, 1)
}

function squeezeSpatial(x: Tensor): Tensor {
  return tf.squeeze(x, [1])
}

function widen({ kernel, strides, dilations, before, after }: Window): Window {
  return {
    kernel: [1, ...kernel],
    strides: [1, ...strides],
    dilations: [1, ...dilations],
    before: [0, ...before],
    after: [0, ...after],
  }
}
