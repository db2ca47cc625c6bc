import { tf } from '../engine/tf.ts'
import type { Tensor, Tensor4D, Variable } from '../engine/tf.ts'
import type { Random } from '../volume/random.ts'
import { scoped } from './scope.ts'
import type { Slices } from './spectrum.ts'

/**
 * A small network in front of the frozen one: x' = x + N(x), N = 0 before training. Two kinds, told apart by their arrays:
 * decorator: 1x1 convolution, instance norm, ReLU, 1x1 convolution (PASS, Zhang et al., TMI 2024);
 * normaliser: 3x3 convolutions with exp(-u^2 / s^2) between them, s learned by channel (Karani et al., MedIA 2021).
 */
export type AdapterVariables = Readonly<Record<string, Variable>>
/** tfjs layouts: filters [kh, kw, in, out]. */
export type AdapterValues = Readonly<Record<string, { readonly dims: readonly number[]; readonly data: Float32Array }>>

const normEpsilon = 1e-5

export function createDecorator(channels: number, random: Random): AdapterVariables {
  return variables({
    // Without an offset: the instance norm would take it away again, and Adam would only amplify its rounding errors.
    'filter.0': [[1, 1, 1, channels], () => random.normal()],
    'filter.1': [[1, 1, channels, 1], () => 0],
    'offset.1': [[1], () => 0],
  })
}

export function createNormaliser(channels: number, random: Random): AdapterVariables {
  const he = (inputs: number) => (): number => random.normal() * Math.sqrt(1 / (9 * inputs))
  const width = (): number => 0.2 + 0.05 * random.normal()
  return variables({
    'filter.0': [[3, 3, 1, channels], he(1)],
    'offset.0': [[channels], () => 0],
    'width.0': [[channels], width],
    'filter.1': [[3, 3, channels, channels], he(channels)],
    'offset.1': [[channels], () => 0],
    'width.1': [[channels], width],
    'filter.2': [[3, 3, channels, 1], () => 0],
    'offset.2': [[1], () => 0],
  })
}

function variables(table: Record<string, readonly [number[], () => number]>): AdapterVariables {
  return Object.fromEntries(
    Object.entries(table).map(([name, [dims, draw]]) => {
      const size = dims.reduce((a, b) => a * b)
      return [name, tf.tidy(() => tf.variable(tf.tensor(Float32Array.from({ length: size }, draw), dims)))]
    }),
  )
}

/** x + N(x) of [n, j, i, 1]. Differentiable; the caller disposes. */
export function adaptInput(x: Tensor, adapter: Readonly<Record<string, Tensor>>): Tensor {
  return tf.tidy(() => {
    let y = x as Tensor4D
    for (let layer = 0; ; layer++) {
      const filter = adapter[`filter.${layer}`]
      if (!filter) return tf.add(x, y)
      const offset = adapter[`offset.${layer}`]
      y = tf.conv2d(y, filter as Tensor4D, 1, 'same')
      if (offset) y = tf.add(y, offset)
      const isLast = !adapter[`filter.${layer + 1}`]
      if (!isLast) y = activate(y, adapter[`width.${layer}`]) as Tensor4D
    }
  })
}

function activate(u: Tensor, width: Tensor | undefined): Tensor {
  if (width) return tf.exp(tf.neg(tf.square(tf.div(u, width))))
  const { mean, variance } = tf.moments(u, [1, 2], true)
  return tf.relu(tf.mul(tf.sub(u, mean), tf.rsqrt(tf.add(variance, normEpsilon))))
}

export function adapterValues(adapter: AdapterVariables): AdapterValues {
  return Object.fromEntries(
    Object.entries(adapter).map(([name, variable]) => [
      name,
      { dims: [...variable.shape], data: Float32Array.from(variable.dataSync()) },
    ]),
  )
}

/** The slices as an adapter hands them on, a few at a time; in a new array. */
export function adaptSlices({ data, ni, nj }: Slices, adapter: AdapterValues): Float32Array {
  const out = new Float32Array(data.length)
  const size = 4 * ni * nj
  for (let start = 0; start < data.length; start += size) {
    scoped(() => {
      const some = data.slice(start, start + size)
      const tensors = Object.fromEntries(
        Object.entries(adapter).map(([name, { dims, data: values }]) => [name, tf.tensor(values, [...dims])]),
      )
      out.set(adaptInput(tf.tensor4d(some, [some.length / (ni * nj), nj, ni, 1]), tensors).dataSync(), start)
    })
  }
  return out
}
