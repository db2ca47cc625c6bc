import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { dataTypes, elementCount } from './onnx-tensor.ts'

/**
 * How a tensor in flight is laid out, against its ONNX dims.
 * onnx: as ONNX says, [n, c, ...spatial]. last: channels last, [n, ...spatial, c]. filter: [...kernel, second, first],
 * which is tfjs's [kh, kw, in, out] for Conv and [kh, kw, out, in] for ConvTranspose.
 */
export type Layout = 'onnx' | 'last' | 'filter'

export type TensorValue = { readonly kind: 'tensor'; readonly tensor: Tensor; readonly layout: Layout }
/** Small numbers that steer the graph (shapes, axes, pads, scales): plain JavaScript, never on the engine. */
export type HostValue = {
  readonly kind: 'host'
  readonly dims: readonly number[]
  readonly dataType: number
  readonly data: readonly number[]
}
export type Value = TensorValue | HostValue

export function tensorValue(tensor: Tensor, layout: Layout): TensorValue {
  return { kind: 'tensor', tensor, layout }
}

export function hostValue(dims: readonly number[], data: readonly number[], dataType: number): HostValue {
  return { kind: 'host', dims, data, dataType }
}

/** A vector of 64-bit integers, as shapes and axes are. */
export function integers(data: readonly number[]): HostValue {
  return hostValue([data.length], data, dataTypes.int64)
}

export function isFloat(dataType: number): boolean {
  const floats: readonly number[] = [dataTypes.float32, dataTypes.float16, dataTypes.float64, dataTypes.bfloat16]
  return floats.includes(dataType)
}

/** The axes of the ONNX dims in the order in which the layout stores them. */
export function storageOrder(layout: Layout, rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis)
  if (layout === 'last' && rank > 2) return [0, ...axes.slice(2), 1]
  if (layout === 'filter') return [...axes.slice(2), 1, 0]
  return axes
}

/** Where axis `axis` of the ONNX dims lies in the stored tensor. Negative axes count from the end. */
export function storedAxis(axis: number, layout: Layout, rank: number): number {
  return storageOrder(layout, rank).indexOf(axis < 0 ? axis + rank : axis)
}

export function layoutOf(value: Value): Layout {
  return value.kind === 'tensor' ? value.layout : 'onnx'
}

export function dimsOf(value: Value): readonly number[] {
  if (value.kind === 'host') return value.dims
  const order = storageOrder(value.layout, value.tensor.rank)
  return order.map((_, axis) => value.tensor.shape[order.indexOf(axis)]!)
}

/** The value as a tensor in this layout; the same tensor where it already is. The caller's tidy disposes. */
export function inLayout(value: Value, layout: Layout): Tensor {
  if (value.kind === 'host') return inLayout(tensorValue(hostTensor(value), 'onnx'), layout)
  const { tensor } = value
  const from = storageOrder(value.layout, tensor.rank)
  return permute(
    tensor,
    storageOrder(layout, tensor.rank).map((axis) => from.indexOf(axis)),
  )
}

/** The numbers of a value in ONNX order. Waits for the engine where they are not host numbers already. */
export function numbersOf(value: Value): readonly number[] {
  return value.kind === 'host' ? value.data : Array.from(inLayout(value, 'onnx').dataSync())
}

/** The value with its axes in another order, left out or added: `links` has for each new ONNX axis the old one, or
 *  undefined for a new axis of size 1; left-out axes must have size 1. Copies only where no layout spares it. */
export function relabel(value: TensorValue, links: readonly (number | undefined)[]): TensorValue {
  const { tensor, layout } = value
  const dims = dimsOf(value)
  const newDims = links.map((link) => (link === undefined ? 1 : dims[link]!))
  const stored = storageOrder(layout, tensor.rank).filter((axis) => links.includes(axis))
  for (const candidate of new Set<Layout>([layout === 'filter' ? 'onnx' : layout, 'onnx', 'last'])) {
    const order = storageOrder(candidate, links.length)
    const kept = order.map((axis) => links[axis]).filter((link) => link !== undefined)
    if (kept.every((axis, index) => axis === stored[index])) {
      return tensorValue(
        tf.reshape(
          tensor,
          order.map((axis) => newDims[axis]!),
        ),
        candidate,
      )
    }
  }
  const kept = links.filter((link) => link !== undefined)
  const left = dims.map((_, axis) => axis).filter((axis) => !kept.includes(axis))
  const moved = permute(inLayout(value, 'onnx'), [...kept, ...left])
  return tensorValue(tf.reshape(moved, newDims), 'onnx')
}

/** A transpose, as a reshape where only axes of size 1 move. */
function permute(tensor: Tensor, permutation: readonly number[]): Tensor {
  if (permutation.every((axis, index) => axis === index)) return tensor
  const moving = permutation.filter((axis) => tensor.shape[axis] !== 1)
  const staysInOrder = moving.every((axis, index) => index === 0 || axis > moving[index - 1]!)
  if (staysInOrder)
    return tf.reshape(
      tensor,
      permutation.map((axis) => tensor.shape[axis]!),
    )
  return tf.transpose(tensor, [...permutation])
}

function hostTensor({ dims, dataType, data }: HostValue): Tensor {
  const kind = dataType === dataTypes.bool ? 'bool' : isFloat(dataType) ? 'float32' : 'int32'
  if (data.length !== elementCount(dims)) throw new Error(`${data.length} numbers for [${dims.join()}]`)
  return tf.tensor(kind === 'float32' ? Float32Array.from(data) : Int32Array.from(data), [...dims], kind)
}
