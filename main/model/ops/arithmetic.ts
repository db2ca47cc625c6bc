import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { dataTypes } from '../onnx-tensor.ts'
import { BadNode, input, number } from '../operator.ts'
import type { Operator } from '../operator.ts'
import { hostValue, inLayout, isFloat, layoutOf, numbersOf, tensorValue } from '../value.ts'
import type { HostValue, Value } from '../value.ts'
import { aligned, mapHost } from './broadcast.ts'

/** One input, element by element. Host numbers stay on the host: exporters compute sizes with these operators. */
function unary(onTensor: (x: Tensor) => Tensor, onHost: (x: number) => number): Operator {
  return (call) => {
    const x = input(call, 0)
    if (x.kind === 'host') return mapHost([x], x.dataType, onHost)
    return tensorValue(onTensor(x.tensor), x.layout)
  }
}

/** Two or more inputs, broadcast against each other, from the left. */
function folded(
  onTensor: (a: Tensor, b: Tensor) => Tensor,
  onHost: (a: number, b: number, isFloat: boolean) => number,
): Operator {
  return (call) => {
    const values = call.inputs.filter((value) => value !== undefined)
    if (areHost(values)) {
      const { dataType } = values[0]!
      return mapHost(values, dataType, (...x) => x.reduce((a, b) => onHost(a, b, isFloat(dataType))))
    }
    const { tensors, layout } = aligned(values)
    return tensorValue(
      tensors.reduce((a, b) => onTensor(a, b)),
      layout,
    )
  }
}

function comparison(onTensor: (a: Tensor, b: Tensor) => Tensor, onHost: (a: number, b: number) => boolean): Operator {
  return (call) => {
    const values = [input(call, 0), input(call, 1)]
    if (areHost(values)) return mapHost(values, dataTypes.bool, (a, b) => Number(onHost(a, b)))
    const { tensors, layout } = aligned(values)
    return tensorValue(onTensor(tensors[0]!, tensors[1]!), layout)
  }
}

function areHost(values: readonly Value[]): values is readonly HostValue[] {
  return values.every(({ kind }) => kind === 'host')
}

const add = folded(
  (a, b) => tf.add(a, b),
  (a, b) => a + b,
)

const where: Operator = (call) => {
  const values = [input(call, 0), input(call, 1), input(call, 2)]
  if (areHost(values)) return mapHost(values, values[1]!.dataType, (choice, a, b) => (choice ? a : b))
  const { tensors, layout } = aligned(values)
  const [choice, a, b] = tensors as [Tensor, Tensor, Tensor]
  return tensorValue(tf.where(tf.cast(choice, 'bool'), a, b), layout)
}

/** Bounds as attributes before operator set 11. A bound left out is none. */
const clip: Operator = (call) => {
  const x = input(call, 0)
  const bound = (index: number, name: string): number | undefined => {
    const value = call.inputs[index]
    return value ? numbersOf(value)[0] : name in call.node.attributes ? number(call.node, name, 0) : undefined
  }
  const [low, high] = [bound(1, 'min') ?? -Infinity, bound(2, 'max') ?? Infinity]
  if (x.kind === 'host') return mapHost([x], x.dataType, (value) => Math.min(Math.max(value, low), high))
  return tensorValue(tf.clipByValue(x.tensor, low, high), x.layout)
}

const cast: Operator = (call) => converted(input(call, 0), number(call.node, 'to', 0))

function converted(x: Value, to: number): Value {
  const toBool = to === dataTypes.bool
  if (x.kind === 'host') {
    const convert = toBool ? (value: number) => Number(value !== 0) : isFloat(to) ? Math.fround : Math.trunc
    return hostValue(x.dims, x.data.map(convert), to)
  }
  return tensorValue(tf.cast(x.tensor, toBool ? 'bool' : isFloat(to) ? 'float32' : 'int32'), x.layout)
}

/** The type of another value, as PyTorch's exporter writes it where it does not simplify. */
const castLike: Operator = (call) => {
  const [x, like] = [input(call, 0), input(call, 1)]
  const to =
    like.kind === 'host' ? like.dataType : like.tensor.dtype === 'float32' ? dataTypes.float32 : dataTypes.int64
  return converted(x, to)
}

const pow: Operator = (call) => {
  const [base, exponent] = [input(call, 0), input(call, 1)]
  if (base.kind === 'host' && exponent.kind === 'host') return mapHost([base, exponent], base.dataType, Math.pow)
  const isSquare = exponent.kind === 'host' && exponent.data.length === 1 && exponent.data[0] === 2
  if (isSquare) return tensorValue(tf.square(inLayout(base, layoutOf(base))), layoutOf(base))
  const { tensors, layout } = aligned([base, exponent])
  return tensorValue(tf.pow(tensors[0]!, tf.cast(tensors[1]!, tensors[0]!.dtype)), layout)
}

const mean: Operator = (call) => {
  const sum = add(call) as Value
  const count = call.inputs.length
  if (sum.kind === 'host') return mapHost([sum], sum.dataType, (value) => value / count)
  return tensorValue(tf.div(sum.tensor, count), sum.layout)
}

const mod: Operator = (call) => {
  const [a, b] = [input(call, 0), input(call, 1)]
  if (a.kind !== 'host' || b.kind !== 'host')
    throw new BadNode(call.node, 'takes numbers that are not known before the run')
  const isC = number(call.node, 'fmod', 0) === 1
  return mapHost([a, b], a.dataType, (x, y) => (isC ? x % y : x - y * Math.floor(x / y)))
}

export const arithmetic: Readonly<Record<string, Operator>> = {
  Abs: unary((x) => tf.abs(x), Math.abs),
  Ceil: unary((x) => tf.ceil(x), Math.ceil),
  Erf: (call) => {
    const x = input(call, 0)
    return tensorValue(tf.erf(inLayout(x, layoutOf(x))), layoutOf(x))
  },
  Exp: unary((x) => tf.exp(x), Math.exp),
  Floor: unary((x) => tf.floor(x), Math.floor),
  Log: unary((x) => tf.log(x), Math.log),
  Neg: unary(
    (x) => tf.neg(x),
    (x) => -x,
  ),
  Not: unary(
    (x) => tf.logicalNot(tf.cast(x, 'bool')),
    (x) => Number(!x),
  ),
  Reciprocal: unary(
    (x) => tf.reciprocal(x),
    (x) => 1 / x,
  ),
  Round: unary((x) => tf.round(x), roundHalfToEven),
  Sqrt: unary((x) => tf.sqrt(x), Math.sqrt),
  Add: add,
  Sum: add,
  Sub: folded(
    (a, b) => tf.sub(a, b),
    (a, b) => a - b,
  ),
  Mul: folded(
    (a, b) => tf.mul(a, b),
    (a, b) => a * b,
  ),
  Div: folded(
    (a, b) => tf.div(a, b),
    (a, b, isFloat) => (isFloat ? a / b : Math.trunc(a / b)),
  ),
  Max: folded(
    (a, b) => tf.maximum(a, b),
    (a, b) => Math.max(a, b),
  ),
  Min: folded(
    (a, b) => tf.minimum(a, b),
    (a, b) => Math.min(a, b),
  ),
  Mean: mean,
  Mod: mod,
  Pow: pow,
  Clip: clip,
  Cast: cast,
  CastLike: castLike,
  Where: where,
  And: comparison(
    (a, b) => tf.logicalAnd(tf.cast(a, 'bool'), tf.cast(b, 'bool')),
    (a, b) => Boolean(a) && Boolean(b),
  ),
  Or: comparison(
    (a, b) => tf.logicalOr(tf.cast(a, 'bool'), tf.cast(b, 'bool')),
    (a, b) => Boolean(a) || Boolean(b),
  ),
  Equal: comparison(
    (a, b) => tf.equal(a, b),
    (a, b) => a === b,
  ),
  Greater: comparison(
    (a, b) => tf.greater(a, b),
    (a, b) => a > b,
  ),
  GreaterOrEqual: comparison(
    (a, b) => tf.greaterEqual(a, b),
    (a, b) => a >= b,
  ),
  Less: comparison(
    (a, b) => tf.less(a, b),
    (a, b) => a < b,
  ),
  LessOrEqual: comparison(
    (a, b) => tf.lessEqual(a, b),
    (a, b) => a <= b,
  ),
}

function roundHalfToEven(x: number): number {
  return Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)
}
