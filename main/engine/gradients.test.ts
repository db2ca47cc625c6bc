import { beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from './pick-files.ts'
import { tf } from './tf.ts'

const cases: [string, (x: tf.Tensor) => tf.Tensor, (x: number) => number][] = [
  ['relu', (x) => tf.relu(x), (x) => (x > 0 ? 1 : 0)],
  ['relu6', (x) => tf.relu6(x), (x) => (x > 0 && x < 6 ? 1 : 0)],
  ['leaky relu', (x) => tf.leakyRelu(x, 0.1), (x) => (x > 0 ? 1 : 0.1)],
  ['leaky relu with a negative slope', (x) => tf.leakyRelu(x, -0.5), (x) => (x > 0 ? 1 : -0.5)],
  ['elu', (x) => tf.elu(x), (x) => (x > 0 ? 1 : Math.exp(x))],
  ['sigmoid', (x) => tf.sigmoid(x), (x) => Math.exp(-x) / (1 + Math.exp(-x)) ** 2],
]

beforeAll(async () => {
  await startEngine()
})

describe('gradients of activations', () => {
  it.each(cases)('%s: the derivative in closed form, times what comes from above', (_, activation, derivative) => {
    const x = [-3, -0.25, 0, 0.25, 3, 7]
    const before = tf.memory().numTensors
    const gradient = tf.tidy(() =>
      tf
        .grad((x) => tf.sum(tf.mul(activation(x), tf.tensor1d([1, 2, 3, 4, 5, 6]))))(tf.tensor1d(x))
        .arraySync(),
    )
    expect(gradient).toEqual(x.map((value, n): unknown => expect.closeTo(derivative(value) * (n + 1), 5)))
    expect(tf.memory().numTensors).toBe(before)
  })
})
