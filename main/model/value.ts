import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { dataTypes } from './onnx-tensor.ts'

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

export function dimsOf(value: Value): readonly number[] {
  if (value.kind === 'host') return value.dims
  const order = storageOrder(value.layout, value.tensor.rank)
  return order.map((_, axis) => value.tensor.shape[order.indexOf(axis)]!)
}

/** The value as a tensor in this layout; the same tensor where it already is. The caller's tidy disposes. */
export function inLayout(value: Value, layout: Layout): Tensor {
  if (value.kind === 'host') {
    return inLayout({ kind: 'tensor', tensor: hostTensor(value), layout: 'onnx' }, layout)
  }
  const { tensor } = value
  const from = storageOrder(value.layout, tensor.rank)
  const permutation = storageOrder(layout, tensor.rank).map((axis) => from.indexOf(axis))
  return permutation.every((axis, index) => axis === index) ? tensor : tf.transpose(tensor, permutation)
}

function hostTensor({ dims, dataType, data }: HostValue): Tensor {
  const kind = dataType === dataTypes.bool ? 'bool' : isFloat(dataType) ? 'float32' : 'int32'
  return tf.tensor([...data], [...dims], kind)
}

export function isFloat(dataType: number): boolean {
  const floats: readonly number[] = [dataTypes.float32, dataTypes.float16, dataTypes.float64, dataTypes.bfloat16]
  return floats.includes(dataType)
}

export function tensorValue(tensor: Tensor, layout: Layout): TensorValue {
  return { kind: 'tensor', tensor, layout }
}
