import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { elementCount } from '../onnx-tensor.ts'
import { dimsOf, hostValue, inLayout, layoutOf, relabel } from '../value.ts'
import type { HostValue, Layout, Value } from '../value.ts'

/** The tensors of values that ONNX broadcasts against each other, with equal rank and layout. */
export function aligned(values: readonly Value[]): { tensors: Tensor[]; layout: Layout } {
  const rank = Math.max(...values.map((value) => dimsOf(value).length))
  const full = values.filter((value) => dimsOf(value).length === rank)
  const layout = full.some((value) => layoutOf(value) === 'last') ? 'last' : 'onnx'
  return { tensors: values.map((value) => inLayout(withRank(value, rank), layout)), layout }
}

/** Leading axes of size 1 added until the value has this rank. */
export function withRank(value: Value, rank: number): Value {
  const missing = rank - dimsOf(value).length
  if (missing <= 0) return value
  if (value.kind === 'host') return { ...value, dims: [...Array<number>(missing).fill(1), ...value.dims] }
  return relabel(
    value,
    Array.from({ length: rank }, (_, axis) => (axis < missing ? undefined : axis - missing)),
  )
}

/** Size of arrays that are broadcast against each other. */
export function broadcastDims(all: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...all.map((dims) => dims.length))
  return Array.from({ length: rank }, (_, axis) => {
    const sizes = all.map((dims) => dims[axis - rank + dims.length] ?? 1)
    return sizes.find((size) => size !== 1) ?? 1
  })
}

/** A function of numbers over host values that are broadcast against each other. */
export function mapHost(values: readonly HostValue[], dataType: number, map: (...x: number[]) => number): HostValue {
  const dims = broadcastDims(values.map((value) => value.dims))
  const expanded = values.map((value) => expandHost(value, dims).data)
  const data = Array.from({ length: elementCount(dims) }, (_, n) => map(...expanded.map((numbers) => numbers[n]!)))
  return hostValue(dims, data, dataType)
}

/** A host value repeated along its axes of size 1, and along new leading axes, until it has these dims. */
export function expandHost(value: HostValue, dims: readonly number[]): HostValue {
  const own = [...Array<number>(dims.length - value.dims.length).fill(1), ...value.dims]
  const data = Array.from({ length: elementCount(dims) }, (_, n) => {
    let [rest, index, step] = [n, 0, 1]
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      const position = rest % dims[axis]!
      rest = Math.floor(rest / dims[axis]!)
      if (own[axis] !== 1) index += position * step
      step *= own[axis]!
    }
    return value.data[index]!
  })
  return hostValue(dims, data, value.dataType)
}

/** A tensor repeated to this shape. As a product: tfjs's own broadcast has no gradient beyond rank 4. */
export function expand(x: Tensor, shape: readonly number[]): Tensor {
  if (x.shape.length === shape.length && x.shape.every((size, axis) => size === shape[axis])) return x
  return tf.mul(x, tf.ones([...shape], x.dtype === 'bool' ? 'int32' : x.dtype))
}
