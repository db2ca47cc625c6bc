import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { OnnxNode } from '../onnx-types.ts'
import { input, number, text } from '../operator.ts'
import type { Operator } from '../operator.ts'
import { inLayout, layoutOf, tensorValue } from '../value.ts'
import { withRank } from './broadcast.ts'

/** An activation function: maps each element by itself, in whatever layout it comes. */
function activation(apply: (x: Tensor, node: OnnxNode, opset: number) => Tensor): Operator {
  return (call) => {
    const x = input(call, 0)
    const layout = layoutOf(x)
    return tensorValue(apply(inLayout(x, layout), call.node, call.opset), layout)
  }
}

/** x where positive, else slope (e^x - 1). */
function exponentialLinear(x: Tensor, slope: number): Tensor {
  if (slope === 1) return tf.elu(x)
  // The exponential of the positive part would overflow.
  return tf.add(tf.relu(x), tf.mul(tf.expm1(tf.minimum(x, 0)), slope))
}

function gelu(x: Tensor, approximate: string): Tensor {
  const inner =
    approximate === 'tanh'
      ? tf.tanh(tf.mul(tf.add(x, tf.mul(tf.mul(tf.square(x), x), 0.044715)), Math.sqrt(2 / Math.PI)))
      : tf.erf(tf.mul(x, Math.SQRT1_2))
  return tf.mul(tf.mul(x, 0.5), tf.add(inner, 1))
}

function hardSigmoid(x: Tensor, alpha: number, beta: number): Tensor {
  return tf.clipByValue(tf.add(tf.mul(x, alpha), beta), 0, 1)
}

/** Formulas and default values: the operator pages of the ONNX standard. */
export const activations: Readonly<Record<string, Operator>> = {
  Relu: activation((x) => tf.relu(x)),
  LeakyRelu: activation((x, node) => tf.leakyRelu(x, number(node, 'alpha', 0.01))),
  Elu: activation((x, node) => exponentialLinear(x, number(node, 'alpha', 1))),
  Selu: activation((x, node) => {
    const alpha = number(node, 'alpha', 1.6732632423543772)
    return tf.mul(exponentialLinear(x, alpha), number(node, 'gamma', 1.0507009873554805))
  }),
  Gelu: activation((x, node) => gelu(x, text(node, 'approximate', 'none'))),
  HardSigmoid: activation((x, node) => hardSigmoid(x, number(node, 'alpha', 0.2), number(node, 'beta', 0.5))),
  HardSwish: activation((x) => tf.mul(x, hardSigmoid(x, 1 / 6, 0.5))),
  Mish: activation((x) => tf.mul(x, tf.tanh(tf.softplus(x)))),
  Sigmoid: activation((x) => tf.sigmoid(x)),
  Softplus: activation((x) => tf.softplus(x)),
  Softsign: activation((x) => tf.div(x, tf.add(tf.abs(x), 1))),
  Tanh: activation((x) => tf.tanh(x)),
  PRelu: (call) => {
    const x = input(call, 0)
    const layout = layoutOf(x)
    const tensor = inLayout(x, layout)
    // tfjs's own takes slopes along the last axis only, on wasm, and says nothing about others.
    const slope = inLayout(withRank(input(call, 1), tensor.rank), layout)
    return tensorValue(tf.add(tf.relu(tensor), tf.mul(tf.minimum(tensor, 0), slope)), layout)
  },
}
