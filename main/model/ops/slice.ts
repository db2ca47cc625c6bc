import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { elementCount } from '../onnx-tensor.ts'
import { BadNode, axisOf, input, number, setting } from '../operator.ts'
import type { Operator } from '../operator.ts'
import { dimsOf, hostValue, inLayout, layoutOf, numbersOf, relabel, storedAxis, tensorValue } from '../value.ts'
import type { HostValue, Value } from '../value.ts'
import { everyNth } from './window.ts'

/** ONNX Slice: any steps; bounds beyond the ends mean the ends. */
export const slice: Operator = (call) => {
  const starts = setting(call, 1, 'starts')
  const ends = setting(call, 2, 'ends')
  if (!starts || !ends) throw new BadNode(call.node, 'has no starts or ends')
  const axes = setting(call, 3, 'axes') ?? starts.map((_, axis) => axis)
  const steps = call.inputs[4] ? numbersOf(call.inputs[4]) : starts.map(() => 1)
  let value = input(call, 0)
  axes.forEach((axis, n) => {
    const dims = dimsOf(value)
    const at = axisOf(call, axis, dims.length)
    value = sliceAxis(value, at, range(dims[at]!, starts[n]!, ends[n]!, steps[n]!))
  })
  return value
}

type Range = { readonly start: number; readonly count: number; readonly step: number }

function range(size: number, start: number, end: number, step: number): Range {
  const fromFront = (index: number): number => (index < 0 ? index + size : index)
  const clamp = (index: number, low: number, high: number): number => Math.min(Math.max(index, low), high)
  const isForward = step > 0
  const first = isForward ? clamp(fromFront(start), 0, size) : clamp(fromFront(start), 0, size - 1)
  // Backwards, -1 is the end before the first element.
  const stop = isForward ? clamp(fromFront(end), 0, size) : clamp(fromFront(end), -1, size - 1)
  return { start: first, count: Math.max(Math.ceil((stop - first) / step), 0), step }
}

function sliceAxis(value: Value, axis: number, { start, count, step }: Range): Value {
  if (value.kind === 'host')
    return takeHost(
      value,
      axis,
      Array.from({ length: count }, (_, n) => start + n * step),
    )
  const { tensor, layout } = value
  const at = storedAxis(axis, layout, tensor.rank)
  if (step === 1 && count === tensor.shape[at]) return value
  const length = count === 0 ? 0 : (count - 1) * Math.abs(step) + 1
  const part = partOf(tensor, at, step > 0 ? start : start - length + 1, length)
  const forward = step > 0 ? part : tf.reverse(part, at)
  return tensorValue(everyNth(forward, at, Math.abs(step)), layout)
}

/** `length` elements along an axis, from `start` on. */
export function partOf(x: Tensor, axis: number, start: number, length: number): Tensor {
  const at = (value: number, others: readonly number[]): number[] =>
    others.map((other, n) => (n === axis ? value : other))
  return tf.slice(
    x,
    at(
      start,
      x.shape.map(() => 0),
    ),
    at(length, x.shape),
  )
}

/** ONNX Gather along one axis. */
export const gather: Operator = (call) => {
  const x = input(call, 0)
  const dims = dimsOf(x)
  const axis = axisOf(call, number(call.node, 'axis', 0), dims.length)
  const where = dimsOf(input(call, 1))
  const indices = numbersOf(input(call, 1)).map((index) => (index < 0 ? index + dims[axis]! : index))
  if (indices.some((index) => !(index >= 0 && index < dims[axis]!))) {
    throw new BadNode(call.node, `takes elements that axis ${axis} of ${dims[axis]} does not have`)
  }
  const newDims = [...dims.slice(0, axis), ...where, ...dims.slice(axis + 1)]
  if (x.kind === 'host') return { ...takeHost(x, axis, indices), dims: newDims }
  const layout = layoutOf(x)
  if (where.length === 0) {
    const part = partOf(x.tensor, storedAxis(axis, layout, dims.length), indices[0]!, 1)
    const kept = dims.map((_, index) => index).filter((index) => index !== axis)
    return relabel(tensorValue(part, layout), kept)
  }
  const taken = takeParts(inLayout(x, 'onnx'), axis, indices)
  return tensorValue(tf.reshape(taken, newDims), 'onnx')
}

/** A few elements by slices, whose gradient every engine has; many at once. */
function takeParts(x: Tensor, axis: number, indices: readonly number[]): Tensor {
  if (indices.length > 64) return tf.gather(x, tf.tensor1d([...indices], 'int32'), axis)
  return tf.concat(
    indices.map((index) => partOf(x, axis, index, 1)),
    axis,
  )
}

export function takeHost(value: HostValue, axis: number, indices: readonly number[]): HostValue {
  const inner = elementCount(value.dims.slice(axis + 1))
  const size = value.dims[axis]!
  const outer = elementCount(value.dims.slice(0, axis))
  const data: number[] = []
  for (let row = 0; row < outer; row++) {
    for (const index of indices) {
      const start = (row * size + index) * inner
      data.push(...value.data.slice(start, start + inner))
    }
  }
  const dims = value.dims.map((length, n) => (n === axis ? indices.length : length))
  return hostValue(dims, data, value.dataType)
}
