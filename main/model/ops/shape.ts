import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { dataTypes, elementCount } from '../onnx-tensor.ts'
import { BadNode, axisOf, input, number, numbers, setting, text } from '../operator.ts'
import type { Call, Operator } from '../operator.ts'
import { dimsOf, hostValue, inLayout, integers, layoutOf, numbersOf, relabel, tensorValue } from '../value.ts'
import type { TensorValue, Value } from '../value.ts'
import { broadcastDims, expand, expandHost, withRank } from './broadcast.ts'

const shape: Operator = (call) => {
  const dims = dimsOf(input(call, 0))
  const end = 'end' in call.node.attributes ? number(call.node, 'end', 0) : undefined
  return integers(dims.slice(number(call.node, 'start', 0), end))
}

const reshape: Operator = (call) => {
  const x = input(call, 0)
  const wanted = setting(call, 1, 'shape')
  if (!wanted) throw new BadNode(call.node, 'has no shape')
  const dims = dimsOf(x)
  const copiesZeros = number(call.node, 'allowzero', 0) === 0
  const known = wanted.map((size, axis) => (size === 0 && copiesZeros ? dims[axis]! : size))
  const rest = known.filter((size) => size !== -1)
  const newDims = known.map((size) => (size === -1 ? elementCount(dims) / elementCount(rest) : size))
  if (elementCount(newDims) !== elementCount(dims) || newDims.some((size) => !Number.isInteger(size))) {
    throw new BadNode(call.node, `makes [${wanted.join()}] of [${dims.join()}]`)
  }
  return withDims(x, newDims)
}

/** The same numbers in ONNX order under other dims. */
function withDims(x: Value, dims: readonly number[]): Value {
  if (x.kind === 'host') return { ...x, dims }
  return tensorValue(tf.reshape(inLayout(x, 'onnx'), [...dims]), 'onnx')
}

const flatten: Operator = (call) => {
  const dims = dimsOf(input(call, 0))
  const given = number(call.node, 'axis', 1)
  const axis = given < 0 ? given + dims.length : given
  return withDims(input(call, 0), [elementCount(dims.slice(0, axis)), elementCount(dims.slice(axis))])
}

const transpose: Operator = (call) => {
  const x = onEngine(input(call, 0))
  const axes = dimsOf(x).map((_, axis) => axis)
  return relabel(x, numbers(call.node, 'perm') ?? axes.reverse())
}

function onEngine(x: Value): TensorValue {
  return x.kind === 'tensor' ? x : tensorValue(inLayout(x, 'onnx'), 'onnx')
}

const squeeze: Operator = (call) => {
  const x = input(call, 0)
  const dims = dimsOf(x)
  const named = setting(call, 1, 'axes')?.map((axis) => axisOf(call, axis, dims.length))
  const gone = named ?? dims.flatMap((size, axis) => (size === 1 ? [axis] : []))
  if (gone.some((axis) => dims[axis] !== 1)) throw new BadNode(call.node, `squeezes [${dims.join()}]`)
  const kept = dims.map((_, axis) => axis).filter((axis) => !gone.includes(axis))
  if (x.kind === 'host') return { ...x, dims: kept.map((axis) => dims[axis]!) }
  return relabel(x, kept)
}

const unsqueeze: Operator = (call) => {
  const x = input(call, 0)
  const dims = dimsOf(x)
  const axes = setting(call, 1, 'axes') ?? []
  const rank = dims.length + axes.length
  const added = axes.map((axis) => axisOf(call, axis, rank))
  let next = 0
  const links = Array.from({ length: rank }, (_, axis) => (added.includes(axis) ? undefined : next++))
  if (x.kind === 'host') return { ...x, dims: links.map((link) => (link === undefined ? 1 : dims[link]!)) }
  return relabel(x, links)
}

const expandTo: Operator = (call) => {
  const x = input(call, 0)
  const dims = broadcastDims([dimsOf(x), numbersOf(input(call, 1))])
  if (x.kind === 'host') return expandHost(x, dims)
  const full = onEngine(withRank(x, dims.length))
  const layout = layoutOf(full)
  const shape = inLayout(tensorValue(tf.zeros(dims), 'onnx'), layout).shape
  return tensorValue(expand(full.tensor, shape), layout)
}

const tile: Operator = (call) => {
  const x = inLayout(input(call, 0), 'onnx')
  const repeats = numbersOf(input(call, 1))
  // tfjs's own tiling has no gradient beyond rank 4.
  const y = repeats.reduce(
    (part, times, axis) => (times === 1 ? part : tf.concat(Array<Tensor>(times).fill(part), axis)),
    x,
  )
  return tensorValue(y, 'onnx')
}

const constantOfShape: Operator = (call) => {
  const dims = numbersOf(input(call, 0))
  const value = call.node.attributes['value']
  const tensor = typeof value === 'object' && 'dataType' in value ? value : undefined
  const data = Array<number>(elementCount(dims)).fill(Number(tensor?.data[0] ?? 0))
  return hostValue(dims, data, tensor?.dataType ?? dataTypes.float32)
}

const range: Operator = (call) => {
  const [start, limit, step] = [0, 1, 2].map((index) => numbersOf(input(call, index))[0]!) as [number, number, number]
  const first = input(call, 0)
  const data = Array.from({ length: Math.max(Math.ceil((limit - start) / step), 0) }, (_, n) => start + n * step)
  return hostValue([data.length], data, first.kind === 'host' ? first.dataType : dataTypes.float32)
}

/** Channels to blocks of pixels, in two dimensions: [n, c b b, h, w] to [n, c, h b, w b]. */
const depthToSpace: Operator = (call) => {
  const block = number(call.node, 'blocksize', 1)
  const x = inLayout(input(call, 0), 'last')
  const [n, height, width, channels] = x.shape as [number, number, number, number]
  const depth = channels / (block * block)
  const isRowFirst = text(call.node, 'mode', 'DCR') === 'DCR'
  const parts = isRowFirst ? [block, block, depth] : [depth, block, block]
  const order = isRowFirst ? [0, 1, 3, 2, 4, 5] : [0, 1, 4, 2, 5, 3]
  const moved = tf.transpose(tf.reshape(x, [n, height, width, ...parts]), order)
  return tensorValue(tf.reshape(moved, [n, height * block, width * block, depth]), 'last')
}

const spaceToDepth: Operator = (call) => {
  const block = number(call.node, 'blocksize', 1)
  const x = inLayout(input(call, 0), 'last')
  const [n, height, width, depth] = x.shape as [number, number, number, number]
  const split = tf.reshape(x, [n, height / block, block, width / block, block, depth])
  const moved = tf.transpose(split, [0, 1, 3, 2, 4, 5])
  return tensorValue(tf.reshape(moved, [n, height / block, width / block, block * block * depth]), 'last')
}

/** In evaluation, dropout does nothing. Its mask output is not there. */
const unchanged: Operator = (call: Call) => input(call, 0)

export const shapes: Readonly<Record<string, Operator>> = {
  ConstantOfShape: constantOfShape,
  DepthToSpace: depthToSpace,
  Dropout: unchanged,
  Expand: expandTo,
  Flatten: flatten,
  Identity: unchanged,
  Range: range,
  Reshape: reshape,
  Shape: shape,
  Size: (call) => hostValue([], [elementCount(dimsOf(input(call, 0)))], dataTypes.int64),
  SpaceToDepth: spaceToDepth,
  Squeeze: squeeze,
  Tile: tile,
  Transpose: transpose,
  Unsqueeze: unsqueeze,
}
