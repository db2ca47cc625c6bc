import { tf } from '../../engine/tf.ts'
import { elementCount } from '../onnx-tensor.ts'
import { BadNode, axisOf, input, number, setting } from '../operator.ts'
import type { Operator } from '../operator.ts'
import { dimsOf, hostValue, inLayout, layoutOf, storedAxis, tensorValue } from '../value.ts'
import type { HostValue } from '../value.ts'
import { takeHost } from './slice.ts'

/** ONNX Concat. Channels last wherever one of its inputs is. */
export const concat: Operator = (call) => {
  const values = call.inputs.filter((value) => value !== undefined)
  const rank = dimsOf(values[0]!).length
  const axis = axisOf(call, number(call.node, 'axis', 1), rank)
  if (values.every((value) => value.kind === 'host')) return concatHost(values, axis)
  const layout = values.some((value) => layoutOf(value) === 'last') ? 'last' : 'onnx'
  const tensors = values.map((value) => inLayout(value, layout))
  return tensorValue(tf.concat(tensors, storedAxis(axis, layout, rank)), layout)
}

function concatHost(values: readonly HostValue[], axis: number): HostValue {
  const [first] = values
  const dims = first!.dims.map((size, index) =>
    index === axis ? values.reduce((sum, value) => sum + value.dims[axis]!, 0) : size,
  )
  const outer = elementCount(first!.dims.slice(0, axis))
  const data = Array.from({ length: outer }, (_, row) =>
    values.flatMap((value) => {
      const length = elementCount(value.dims.slice(axis))
      return value.data.slice(row * length, (row + 1) * length)
    }),
  ).flat()
  return hostValue(dims, data, first!.dataType)
}

/** ONNX Split: by sizes, or into equal parts of which the last may be smaller. */
export const split: Operator = (call) => {
  const x = input(call, 0)
  const dims = dimsOf(x)
  const axis = axisOf(call, number(call.node, 'axis', 0), dims.length)
  const count = number(call.node, 'num_outputs', call.node.outputs.length)
  const part = Math.ceil(dims[axis]! / count)
  const sizes =
    setting(call, 1, 'split') ?? Array.from({ length: count }, (_, n) => Math.min(part, dims[axis]! - n * part))
  if (sizes.reduce((sum, size) => sum + size, 0) !== dims[axis]) {
    throw new BadNode(call.node, `splits ${dims[axis]} into ${sizes.join(' + ')}`)
  }
  if (x.kind === 'host') {
    let start = 0
    return sizes.map((size) => {
      const indices = Array.from({ length: size }, (_, n) => start + n)
      start += size
      return takeHost(x, axis, indices)
    })
  }
  const parts = tf.split(x.tensor, [...sizes], storedAxis(axis, x.layout, dims.length))
  return parts.map((tensor) => tensorValue(tensor, x.layout))
}
