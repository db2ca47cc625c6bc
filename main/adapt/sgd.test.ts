import { beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import { Adam } from './adam.ts'
import type { Optimizer } from './optimizer.ts'
import { Sgd } from './sgd.ts'

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
})

/** Where 1 goes under these gradients. */
function walk(make: (variable: tf.Variable) => Optimizer, gradients: readonly number[], rate: number): number[] {
  const before = tf.memory().numTensors
  const variable = tf.tidy(() => tf.variable(tf.tensor1d([1])))
  const optimizer = make(variable)
  const places = gradients.map((gradient) => {
    tf.tidy(() => optimizer.apply({ [variable.name]: tf.tensor1d([gradient]) }, rate))
    return variable.dataSync()[0]!
  })
  optimizer.dispose()
  variable.dispose()
  expect(tf.memory().numTensors).toBe(before)
  return places
}

describe('gradient descent', () => {
  it.each([
    ['plain', {}, [0.9998, 0.9999]],
    ['momentum .9 (methods.md 1.9)', { momentum: 0.9 }, [0.9998, 0.99972]],
    ['Nesterov (methods.md 1.9)', { momentum: 0.9, nesterov: true }, [0.99962, 0.999648]],
    ['weight decay .1', { weightDecay: 0.1 }, [0.9997, 0.9997 - 1e-3 * (-0.1 + 0.09997)]],
  ] as const)('%s', (_, settings, expected) => {
    const places = walk((variable) => new Sgd([variable], settings), [0.2, -0.1], 1e-3)
    places.forEach((place, n) => expect(place).toBeCloseTo(expected[n]!, 6))
  })

  it('starts anew after a reset', () => {
    let optimizer: Sgd | undefined
    const places = walk((variable) => (optimizer = new Sgd([variable], { momentum: 0.9 })), [1], 0.1)
    expect(places[0]).toBeCloseTo(0.9, 6)
    const again = walk(
      (variable) => {
        optimizer = new Sgd([variable], { momentum: 0.9 })
        tf.tidy(() => optimizer!.apply({ [variable.name]: tf.tensor1d([5]) }, 0))
        optimizer.reset()
        return optimizer
      },
      [1],
      0.1,
    )
    expect(again).toEqual(places)
  })
})

it('AdamW shrinks the weight by rate times decay before the step of Adam', () => {
  const [plain, decayed] = [0, 0.5].map((weightDecay) =>
    walk((variable) => new Adam([variable], { weightDecay }), [0.2], 1e-2),
  )
  expect(plain![0]! - decayed![0]!).toBeCloseTo(1e-2 * 0.5, 6)
})
