import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { BadNode, input, number, numbers } from '../operator.ts'
import type { Call, Operator } from '../operator.ts'
import { inLayout, tensorValue } from '../value.ts'
import { maxGradient, withGradient } from './composed.ts'
import { dilated, padded, paddingName, unpadded, widen, windowOf } from './window.ts'
import type { Window } from './window.ts'

type Slide = (x: Tensor, window: Window, padding: 'valid' | 'same') => Tensor

/** ONNX MaxPool for 1, 2 or 3 spatial axes. Padding never wins. */
export const maxPool: Operator = (call) => {
  const x = inLayout(input(call, 0), 'last')
  return tensorValue(inTwoOrMore(x, poolWindow(call, x), maxima), 'last')
}

function maxima(x: Tensor, window: Window): Tensor {
  const lowest = -3.4e38
  if (window.dilations.some((dilation) => dilation > 1)) return dilated(x, window, maxima, lowest)
  const padding = paddingName(window, x.shape.slice(1, -1))
  if (!padding) return maxima(padded(x, window, lowest), unpadded(window))
  return withGradient([x], (image) => slideMax(image, window, padding), maxGradient(window, lowest))
}

const slideMax: Slide = (x, { kernel, strides }, padding) =>
  x.rank === 4
    ? tf.maxPool(x as tf.Tensor4D, kernel as [number, number], strides as [number, number], padding)
    : tf.maxPool3d(x as tf.Tensor5D, kernel as [number, number, number], strides as [number, number, number], padding)

const slideMean: Slide = (x, { kernel, strides }, padding) =>
  x.rank === 4
    ? tf.avgPool(x as tf.Tensor4D, kernel as [number, number], strides as [number, number], padding)
    : tf.avgPool3d(x as tf.Tensor5D, kernel as [number, number, number], strides as [number, number, number], padding)

/** ONNX AveragePool. With count_include_pad, padding counts as zeros; what only ceil_mode adds never counts. */
export const averagePool: Operator = (call) => {
  const x = inLayout(input(call, 0), 'last')
  const window = poolWindow(call, x)
  const countsPads = number(call.node, 'count_include_pad', 0) === 1
  const floored = windowOf(
    { ...call.node, attributes: { ...call.node.attributes, ceil_mode: 0 } },
    window.kernel,
    x.shape.slice(1, -1),
  )
  const means = (image: Tensor, window: Window): Tensor => {
    if (window.dilations.some((dilation) => dilation > 1)) return dilated(image, window, means)
    const isBare = [...window.before, ...window.after].every((pad) => pad === 0)
    if (isBare) return slideMean(image, window, 'valid')
    const sums = slideMean(padded(image, window), unpadded(window), 'valid')
    const counted = tf.ones([1, ...image.shape.slice(1, -1), 1])
    const rest = floored.after.map((pad, axis) => window.after[axis]! - pad)
    const none = rest.map(() => 0)
    const covered = countsPads
      ? padded(padded(counted, floored, 1), { ...window, before: none, after: rest })
      : padded(counted, window)
    return tf.div(sums, slideMean(covered, unpadded(window), 'valid'))
  }
  return tensorValue(inTwoOrMore(x, window, means), 'last')
}

export const globalAveragePool: Operator = (call) => {
  const x = inLayout(input(call, 0), 'last')
  return tensorValue(tf.mean(x, spatialAxes(x), true), 'last')
}

export const globalMaxPool: Operator = (call) => {
  const x = inLayout(input(call, 0), 'last')
  return tensorValue(tf.max(x, spatialAxes(x), true), 'last')
}

function spatialAxes(x: Tensor): number[] {
  return Array.from({ length: x.rank - 2 }, (_, axis) => axis + 1)
}

function poolWindow(call: Call, x: Tensor): Window {
  const kernel = numbers(call.node, 'kernel_shape')
  if (!kernel) throw new BadNode(call.node, 'has no kernel_shape')
  return windowOf(call.node, kernel, x.shape.slice(1, -1))
}

function inTwoOrMore(x: Tensor, window: Window, pool: (x: Tensor, window: Window) => Tensor): Tensor {
  return x.rank > 3 ? pool(x, window) : tf.squeeze(pool(tf.expandDims(x, 1), widen(window)), [1])
}
