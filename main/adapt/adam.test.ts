import { beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import { Adam } from './adam.ts'

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
})

describe('Adam', () => {
  function step(optimizer: Adam, variable: tf.Variable, gradient: number, rate: number): number {
    tf.tidy(() => optimizer.apply({ [variable.name]: tf.tensor1d([gradient]) }, rate))
    return variable.dataSync()[0]!
  }

  it('takes the steps of methods.md 1.9, which are those of PyTorch', () => {
    const variable = tf.variable(tf.tensor1d([1]))
    const optimizer = new Adam([variable])
    expect(step(optimizer, variable, 0.2, 1e-3)).toBeCloseTo(0.999, 7)
    expect(step(optimizer, variable, -0.1, 1e-3)).toBeCloseTo(0.998733663, 6)
    optimizer.dispose()
    variable.dispose()
  })

  it('has epsilon 1e-8 outside the root: a gradient as small as that moves by half the rate', () => {
    const variable = tf.variable(tf.tensor1d([0]))
    const optimizer = new Adam([variable])
    expect(step(optimizer, variable, 1e-8, 1e-3)).toBeCloseTo(-0.0005, 6)
    optimizer.dispose()
    variable.dispose()
  })

  it('starts anew after a reset, and leaves no tensor', () => {
    const before = tf.memory().numTensors
    const variable = tf.tidy(() => tf.variable(tf.tensor1d([1])))
    const optimizer = new Adam([variable])
    step(optimizer, variable, 0.2, 1e-3)
    optimizer.reset()
    const from = variable.dataSync()[0]!
    // Whatever its size, the first gradient moves by the rate.
    expect(step(optimizer, variable, 7, 1e-2)).toBeCloseTo(from - 1e-2, 6)
    optimizer.dispose()
    variable.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
