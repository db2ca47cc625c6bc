import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { OnnxNode } from '../onnx-types.ts'
import { BadNode, number, numbers, text } from '../operator.ts'

/** A sliding window over the spatial axes, one number an axis; pads before and after. */
export type Window = {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** Span of a dilated kernel. */
export function span(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1
}

/** The window that a convolution or pooling node describes, for an input of these spatial sizes. */
export function windowOf(node: OnnxNode, kernel: readonly number[], sizes: readonly number[]): Window {
  const ones = kernel.map(() => 1)
  const strides = numbers(node, 'strides') ?? ones
  const dilations = numbers(node, 'dilations') ?? ones
  const pads = numbers(node, 'pads') ?? kernel.flatMap(() => [0, 0])
  const wanted = [sizes.length, strides.length, dilations.length, pads.length / 2]
  if (wanted.some((length) => length !== kernel.length)) {
    throw new BadNode(node, 'has a kernel, strides, dilations or pads that do not fit each other')
  }
  const window = {
    kernel,
    strides,
    dilations,
    before: pads.slice(0, kernel.length),
    after: pads.slice(kernel.length),
  }
  const auto = text(node, 'auto_pad', 'NOTSET')
  if (auto === 'NOTSET') return number(node, 'ceil_mode', 0) ? withLastStep(window, sizes) : window
  if (auto === 'VALID') return unpadded(window)
  const totals = sizes.map((size, axis) => samePadding(window, axis, size))
  const [less, more] = [totals.map((total) => Math.floor(total / 2)), totals.map((total) => Math.ceil(total / 2))]
  if (auto === 'SAME_UPPER') return { ...window, before: less, after: more }
  if (auto === 'SAME_LOWER') return { ...window, before: more, after: less }
  throw new BadNode(node, `has the unknown auto_pad "${auto}"`)
}

/** ceil_mode: one more, incomplete step, unless it would lie in the padding altogether. */
function withLastStep(window: Window, sizes: readonly number[]): Window {
  const { kernel, strides, dilations, before, after } = window
  const extended = sizes.map((size, axis) => {
    const reach = span(kernel[axis]!, dilations[axis]!)
    const steps = Math.ceil((size + before[axis]! + after[axis]! - reach) / strides[axis]!)
    const lastStep = steps * strides[axis]! >= size + before[axis]! ? steps - 1 : steps
    return Math.max(lastStep * strides[axis]! + reach - size - before[axis]!, after[axis]!)
  })
  return { ...window, after: extended }
}

/** Padding, both sides together, that TensorFlow's 'same' adds. */
function samePadding({ kernel, strides, dilations }: Window, axis: number, size: number): number {
  const stride = strides[axis]!
  return Math.max((Math.ceil(size / stride) - 1) * stride + span(kernel[axis]!, dilations[axis]!) - size, 0)
}

/** TensorFlow's name for the window's padding, or undefined where only explicit padding gives the same result. */
export function paddingName(window: Window, sizes: readonly number[]): 'valid' | 'same' | undefined {
  const { strides, before, after } = window
  if ([...before, ...after].every((pad) => pad === 0)) return 'valid'
  const isSame = sizes.every((size, axis) => {
    const total = samePadding(window, axis, size)
    const first = Math.floor(total / 2)
    // What is padded behind the last step does not matter.
    const reachesAsFar = outputSize(window, axis, size) === Math.ceil(size / strides[axis]!)
    return before[axis] === first && after[axis]! >= total - first && reachesAsFar
  })
  return isSame ? 'same' : undefined
}

/** Steps that the window makes along an axis, an incomplete last one left out. */
export function outputSize({ kernel, strides, dilations, before, after }: Window, axis: number, size: number): number {
  const padded = size + before[axis]! + after[axis]!
  return Math.floor((padded - span(kernel[axis]!, dilations[axis]!)) / strides[axis]!) + 1
}

export function unpadded(window: Window): Window {
  const none = window.kernel.map(() => 0)
  return { ...window, before: none, after: none }
}

/** [n, ...spatial, c] with the window's padding around it. */
export function padded(x: Tensor, { before, after }: Window, value = 0): Tensor {
  if ([...before, ...after].every((pad) => pad === 0)) return x
  return tf.pad(x, [[0, 0], ...before.map((pad, axis): [number, number] => [pad, after[axis]!]), [0, 0]], value)
}

/** A dilated window as an undilated one on interleaved sub-images, since tfjs has no gradient for dilations.
 *  `slide` gets those sub-images and a window without dilations, strides or padding. */
export function dilated(x: Tensor, window: Window, slide: (x: Tensor, window: Window) => Tensor, fill = 0): Tensor {
  const { dilations, strides, kernel } = window
  const ones = kernel.map(() => 1)
  const whole = padded(x, window, fill)
  const sizes = whole.shape.slice(1, -1)
  // Each axis is extended to a multiple of its dilation; what the surplus yields is cropped again.
  const surplus = sizes.map((size, axis): [number, number] => [
    0,
    (dilations[axis]! - (size % dilations[axis]!)) % dilations[axis]!,
  ])
  const interleaved = tf.spaceToBatchND(whole, [...dilations], surplus)
  const part = slide(interleaved, { ...unpadded(window), strides: ones, dilations: ones })
  const crops = sizes.map((size, axis): [number, number] => {
    const wanted = size - span(kernel[axis]!, dilations[axis]!) + 1
    return [0, part.shape[axis + 1]! * dilations[axis]! - wanted]
  })
  const y = tf.batchToSpaceND(part, [...dilations], crops)
  return strides.reduce((kept, stride, axis) => everyNth(kept, axis + 1, stride), y)
}

/** Each n-th element along an axis, from the first. By reshaping: tfjs's strided slice has no gradient. */
export function everyNth(x: Tensor, axis: number, n: number): Tensor {
  if (n === 1) return x
  const { shape } = x
  const size = shape[axis]!
  const count = Math.ceil(size / n)
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1)
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1)
  const flat = tf.pad(tf.reshape(x, [outer, size, inner]), [
    [0, 0],
    [0, count * n - size],
    [0, 0],
  ])
  const first = tf.slice(tf.reshape(flat, [outer, count, n * inner]), [0, 0, 0], [outer, count, inner])
  return tf.reshape(first, [...shape.slice(0, axis), count, ...shape.slice(axis + 1)])
}

/** A one-dimensional window and picture as two-dimensional ones of height 1. */
export function widen({ kernel, strides, dilations, before, after }: Window): Window {
  return {
    kernel: [1, ...kernel],
    strides: [1, ...strides],
    dilations: [1, ...dilations],
    before: [0, ...before],
    after: [0, ...after],
  }
}
