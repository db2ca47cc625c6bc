import { isNative } from '../../engine/native.ts'
import { tf } from '../../engine/tf.ts'
import type { Tensor, Tensor4D } from '../../engine/tf.ts'
import { BadNode, input, number, numbers, text } from '../operator.ts'
import type { Call } from '../operator.ts'
import { inLayout, tensorValue } from '../value.ts'
import type { Value } from '../value.ts'
import { composedTransposedConv, convGradient, depthwiseGradient, spreadOut, withGradient } from './composed.ts'
import { conv3dTranspose } from './conv3d-transpose.ts'
import { dilated, padded, paddingName, span, unpadded, widen, windowOf } from './window.ts'
import type { Window } from './window.ts'

type Two = [number, number]
type Three = [number, number, number]

/** ONNX Conv for 1, 2 or 3 spatial axes: strides, dilations, any padding, groups. */
export function conv(call: Call): Value {
  const groups = number(call.node, 'group', 1)
  const x = inLayout(input(call, 0), 'last')
  const filter = inLayout(input(call, 1), 'filter') // [...kernel, in / groups, out]
  checkChannels(call, x.shape.at(-1)!, filter.shape.at(-2)! * groups)
  const window = windowOf(call.node, filter.shape.slice(0, -2), x.shape.slice(1, -1))
  return tensorValue(withBias(call, convolve(x, filter, window, groups)), 'last')
}

/** ONNX ConvTranspose: the gradient of Conv with respect to its input, cropped by pads, extended by output_padding. */
export function convTranspose(call: Call): Value {
  const groups = number(call.node, 'group', 1)
  const x = inLayout(input(call, 0), 'last')
  const filter = inLayout(input(call, 1), 'filter') // [...kernel, out / groups, in]
  checkChannels(call, x.shape.at(-1)!, filter.shape.at(-1)!)
  const { window, extra } = transposedWindow(call, filter.shape.slice(0, -2), x.shape.slice(1, -1))
  const filters = groups === 1 ? [filter] : tf.split(filter, groups, -1)
  const parts = groups === 1 ? [x] : tf.split(x, groups, -1)
  const y = parts.map((part, group) => deconvolve(part, filters[group]!, window, extra))
  return tensorValue(withBias(call, y.length === 1 ? y[0]! : tf.concat(y, -1)), 'last')
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
  if (x.rank === 3) {
    return tf.squeeze(convolve(tf.expandDims(x, 1), tf.expandDims(filter, 0), widen(window), groups), [1])
  }
  if (window.dilations.some((dilation) => dilation > 1)) {
    return dilated(x, window, (part, plain) => convolve(part, filter, plain, groups))
  }
  const padding = paddingName(window, x.shape.slice(1, -1))
  if (!padding) return convolve(padded(x, window), filter, unpadded(window), groups)
  const { strides } = window
  if (groups > 1) {
    const channels = x.shape.at(-1)!
    if (groups === channels && x.rank === 4 && strides[0] === strides[1]) {
      const shape = [...filter.shape.slice(0, 2), channels, filter.shape[3]! / channels] as [...Three, number]
      return withGradient(
        [x, tf.reshape(filter, shape)],
        (image, taps) => tf.depthwiseConv2d(image as Tensor4D, taps as Tensor4D, strides as Two, padding),
        depthwiseGradient(window),
      )
    }
    const filters = tf.split(filter, groups, -1)
    const parts = tf.split(x, groups, -1)
    return tf.concat(
      parts.map((part, group) => convolve(part, filters[group]!, window, 1)),
      -1,
    )
  }
  if (x.rank === 4) return tf.conv2d(x as Tensor4D, filter as Tensor4D, strides as Two, padding)
  return withGradient(
    [x, filter],
    (image, taps) => tf.conv3d(image as tf.Tensor5D, taps as tf.Tensor5D, strides as Three, padding),
    convGradient(window),
  )
}

/** Pads of a transposed convolution are what is cut off its result, and output_padding is added behind. */
function transposedWindow(
  call: Call,
  kernel: readonly number[],
  sizes: readonly number[],
): { window: Window; extra: readonly number[] } {
  const auto = text(call.node, 'auto_pad', 'NOTSET')
  const given = windowOf({ ...call.node, attributes: { ...call.node.attributes, auto_pad: 'NOTSET' } }, kernel, sizes)
  const extra = numbers(call.node, 'output_padding') ?? sizes.map(() => 0)
  const full = sizes.map(
    (size, axis) => (size - 1) * given.strides[axis]! + span(kernel[axis]!, given.dilations[axis]!) + extra[axis]!,
  )
  const wanted =
    numbers(call.node, 'output_shape') ??
    (auto.startsWith('SAME') ? sizes.map((size, axis) => size * given.strides[axis]!) : undefined)
  if (!wanted) return { window: auto === 'VALID' ? unpadded(given) : given, extra }
  const cut = full.map((size, axis) => size - wanted[axis]!)
  const half = cut.map((total) => Math.floor(total / 2))
  const rest = cut.map((total, axis) => total - half[axis]!)
  const isUpper = auto === 'SAME_UPPER'
  return { window: { ...given, before: isUpper ? half : rest, after: isUpper ? rest : half }, extra }
}

/** Transposed convolution of [n, ...spatial, in] with [...kernel, out, in]. */
function deconvolve(x: Tensor, filter: Tensor, window: Window, extra: readonly number[]): Tensor {
  if (x.rank === 3) {
    return tf.squeeze(deconvolve(tf.expandDims(x, 1), tf.expandDims(filter, 0), widen(window), [0, ...extra]), [1])
  }
  if (window.dilations.some((dilation) => dilation > 1)) {
    const spread = window.dilations.reduce((wide, dilation, axis) => spreadOut(wide, axis, dilation), filter)
    const ones = window.dilations.map(() => 1)
    return deconvolve(x, spread, { ...window, kernel: spread.shape.slice(0, -2), dilations: ones }, extra)
  }
  const { strides, kernel, before, after } = window
  const full = x.shape.slice(1, -1).map((size, axis) => (size - 1) * strides[axis]! + kernel[axis]!)
  const [n, out] = [x.shape[0], filter.shape.at(-2)!]
  const y =
    x.rank === 4
      ? tf.conv2dTranspose(
          x as Tensor4D,
          filter as Tensor4D,
          [n, ...full, out] as [number, ...Three],
          strides as Two,
          'valid',
        )
      : isNative()
        ? conv3dTranspose(x as tf.Tensor5D, filter as tf.Tensor5D, full, strides)
        : composedTransposedConv(x, filter, window, full)
  // output_padding takes back what pads would cut; where they cut less, there is nothing to take back but zeros.
  const behind = full.map((_, axis) => after[axis]! - extra[axis]!)
  const kept = full.map((size, axis) => size - before[axis]! - Math.max(behind[axis]!, 0))
  const cropped = kept.every((size, axis) => size === full[axis])
    ? y
    : tf.slice(y, [0, ...before, 0], [n, ...kept, out])
  const none = full.map(() => 0)
  return padded(cropped, { ...window, before: none, after: behind.map((size) => Math.max(-size, 0)) })
}
