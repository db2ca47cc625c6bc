import type { OnnxNode } from '../onnx-types.ts'
import { BadNode, integer, numbers, text } from '../operator.ts'

/** A sliding window over the spatial axes, one number an axis. */
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

/** The window that a Conv or pooling node describes, for an input of these spatial sizes (ONNX: auto_pad, pads). */
export function windowOf(node: OnnxNode, kernel: readonly number[], sizes: readonly number[]): Window {
  const ones = kernel.map(() => 1)
  const strides = numbers(node, 'strides') ?? ones
  const dilations = numbers(node, 'dilations') ?? ones
  const auto = text(node, 'auto_pad', 'NOTSET')
  const pads = numbers(node, 'pads') ?? kernel.flatMap(() => [0, 0])
  if (strides.length !== kernel.length || dilations.length !== kernel.length || pads.length !== 2 * kernel.length) {
    throw new BadNode(node, 'has strides, dilations or pads that do not fit its kernel')
  }
  if (auto === 'NOTSET') {
    const [before, after] = [pads.slice(0, kernel.length), pads.slice(kernel.length)]
    return { kernel, strides, dilations, before, after }
  }
  if (auto === 'VALID') return { kernel, strides, dilations, before: kernel.map(() => 0), after: kernel.map(() => 0) }
  const totals = kernel.map((k, axis) => {
    const [size, stride] = [sizes[axis]!, strides[axis]!]
    return Math.max((Math.ceil(size / stride) - 1) * stride + span(k, dilations[axis]!) - size, 0)
  })
  const [less, more] = [totals.map((total) => Math.floor(total / 2)), totals.map((total) => Math.ceil(total / 2))]
  if (auto === 'SAME_UPPER') return { kernel, strides, dilations, before: less, after: more }
  if (auto === 'SAME_LOWER') return { kernel, strides, dilations, before: more, after: less }
  throw new BadNode(node, `has the unknown auto_pad "${auto}"`)
}

/** TensorFlow's name for the window's padding, or undefined where only explicit padding gives the same result. */
export function paddingName(window: Window, sizes: readonly number[]): 'valid' | 'same' | undefined {
  const { kernel, strides, dilations, before, after } = window
  if ([...before, ...after].every((pad) => pad === 0)) return 'valid'
  const isSame = kernel.every((k, axis) => {
    const [size, stride] = [sizes[axis]!, strides[axis]!]
    const total = Math.max((Math.ceil(size / stride) - 1) * stride + span(k, dilations[axis]!) - size, 0)
    const first = Math.floor(total / 2)
    return (
      before[axis] === first &&
      outputSize(window, axis, size) === Math.ceil(size / stride) &&
      after[axis]! >= total - first
    )
  })
  return isSame ? 'same' : undefined
}

/** Steps that the window makes along an axis, the incomplete last one left out. */
export function outputSize({ kernel, strides, dilations, before, after }: Window, axis: number, size: number): number {
  const padded = size + before[axis]! + after[axis]!
  return Math.floor((padded - span(kernel[axis]!, dilations[axis]!)) / strides[axis]!) + 1
}

export function groupsOf(node: OnnxNode): number {
  return integer(node, 'group', 1)
}
