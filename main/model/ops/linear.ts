import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { elementCount } from '../onnx-tensor.ts'
import { BadNode, input, number, text } from '../operator.ts'
import type { Operator } from '../operator.ts'
import { inLayout, tensorValue } from '../value.ts'
import { broadcastDims, expand } from './broadcast.ts'

/** ONNX Gemm: alpha · A B + beta · C, either factor transposed on demand. */
export const gemm: Operator = (call) => {
  const { node } = call
  const [a, b] = [inLayout(input(call, 0), 'onnx'), inLayout(input(call, 1), 'onnx')]
  const alpha = number(node, 'alpha', 1)
  const beta = number(node, 'beta', 1)
  const product = tf.matMul(a, b, number(node, 'transA', 0) === 1, number(node, 'transB', 0) === 1)
  const scaled = alpha === 1 ? product : tf.mul(product, alpha)
  if (!call.inputs[2]) return tensorValue(scaled, 'onnx')
  const c = inLayout(call.inputs[2], 'onnx')
  return tensorValue(tf.add(scaled, beta === 1 ? c : tf.mul(c, beta)), 'onnx')
}

/** ONNX MatMul, as numpy's: vectors are promoted, leading axes broadcast. */
export const matMul: Operator = (call) => {
  const [a, b] = [inLayout(input(call, 0), 'onnx'), inLayout(input(call, 1), 'onnx')]
  const [left, right] = [a.rank === 1 ? tf.expandDims(a, 0) : a, b.rank === 1 ? tf.expandDims(b, 1) : b]
  const y = batchProduct(left, right)
  const dropped = [...(a.rank === 1 ? [y.rank - 2] : []), ...(b.rank === 1 ? [y.rank - 1] : [])]
  return tensorValue(dropped.length ? tf.squeeze(y, dropped) : y, 'onnx')
}

/** [..., m, k] times [..., k, n]. Broadcast by hand: tfjs's product does not sum the gradient over what it broadcasts. */
function batchProduct(a: Tensor, b: Tensor): Tensor {
  const [m, k] = a.shape.slice(-2) as [number, number]
  const n = b.shape.at(-1)!
  if (b.rank === 2) {
    const rows = elementCount(a.shape.slice(0, -1))
    return tf.reshape(tf.matMul(tf.reshape(a, [rows, k]), b), [...a.shape.slice(0, -1), n])
  }
  const batch = broadcastDims([a.shape.slice(0, -2), b.shape.slice(0, -2)])
  const count = elementCount(batch)
  const spread = (x: Tensor): Tensor => {
    const own = x.shape.slice(0, -2)
    const full = tf.reshape(x, [...Array<number>(batch.length - own.length).fill(1), ...x.shape])
    return tf.reshape(expand(full, [...batch, ...x.shape.slice(-2)]), [count, ...x.shape.slice(-2)])
  }
  return tf.reshape(tf.matMul(spread(a), spread(b)), [...batch, m, n])
}

/** ONNX Einsum of one or two factors in which no letter stands twice: a transpose, a sum or a product of matrices. */
export const einsum: Operator = (call) => {
  const equation = text(call.node, 'equation', '').replaceAll(' ', '')
  const [left = '', out = ''] = equation.split('->')
  const terms = left.split(',').map((term) => [...term])
  const isSimple = /^[a-zA-Z]+(,[a-zA-Z]+)?->[a-zA-Z]*$/.test(equation)
  if (!isSimple || [...terms, [...out]].some((term) => new Set(term).size < term.length)) {
    throw new BadNode(call.node, `computes "${equation}", which is not there yet`)
  }
  const factors = terms.map((term, index) => {
    const elsewhere = [...out, ...terms.flatMap((other, n) => (n === index ? [] : other))]
    return withoutLonely(inLayout(input(call, index), 'onnx'), term, elsewhere)
  })
  const [a, b] = factors
  return tensorValue(b ? contraction(a!, b, [...out]) : arranged(a!, [...out]), 'onnx')
}

type Labelled = { readonly tensor: Tensor; readonly labels: readonly string[] }

/** Sums over the axes whose letter nobody else has. */
function withoutLonely(tensor: Tensor, labels: readonly string[], elsewhere: readonly string[]): Labelled {
  const axes = labels.flatMap((label, axis) => (elsewhere.includes(label) ? [] : [axis]))
  const kept = labels.filter((label) => elsewhere.includes(label))
  return { tensor: axes.length ? tf.sum(tensor, axes) : tensor, labels: kept }
}

function arranged({ tensor, labels }: Labelled, order: readonly string[]): Tensor {
  const permutation = order.map((label) => labels.indexOf(label))
  return permutation.every((axis, index) => axis === index) ? tensor : tf.transpose(tensor, permutation)
}

function contraction(a: Labelled, b: Labelled, out: readonly string[]): Tensor {
  const batch = a.labels.filter((label) => b.labels.includes(label) && out.includes(label))
  const summed = a.labels.filter((label) => b.labels.includes(label) && !out.includes(label))
  const [rows, columns] = [a, b].map(({ labels }) => labels.filter((label) => ![...batch, ...summed].includes(label)))
  const sizes = new Map(
    [a, b].flatMap(({ tensor, labels }) => labels.map((label, n) => [label, tensor.shape[n]!] as const)),
  )
  const count = (labels: readonly string[]): number => elementCount(labels.map((label) => sizes.get(label)!))
  const left = tf.reshape(arranged(a, [...batch, ...rows!, ...summed]), [count(batch), count(rows!), count(summed)])
  const right = tf.reshape(arranged(b, [...batch, ...summed, ...columns!]), [
    count(batch),
    count(summed),
    count(columns!),
  ])
  const labels = [...batch, ...rows!, ...columns!]
  const tensor = tf.reshape(
    tf.matMul(left, right),
    labels.map((label) => sizes.get(label)!),
  )
  return arranged({ tensor, labels }, out)
}
