import { beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { createRandom } from '../volume/random.ts'
import { drawAffine, invertAffine, warp } from './warp.ts'
import type { Affine2 } from './warp.ts'

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
})

const random = createRandom(5)
const values = Float32Array.from({ length: 2 * 7 * 9 * 3 }, () => random.normal())
const x = (): Tensor => tf.tensor4d(values, [2, 7, 9, 3])
const numbers = (f: () => Tensor): number[] => tf.tidy(() => Array.from(f().dataSync()))

describe('warp', () => {
  it('leaves a slice as it is under the identity, and moves it by whole pixels', () => {
    const same: Affine2 = [1, 0, 0, 0, 1, 0]
    numbers(() => tf.sub(warp(x(), [same, same]), x())).forEach((value) => expect(Math.abs(value)).toBeLessThan(1e-5))
    // One pixel along i is 2 / 9 of the way from edge to edge.
    const moved = numbers(() => warp(x(), [[1, 0, 2 / 9, 0, 1, 0], same], 'zero'))
    const from = (i: number, j: number): number => values[(j * 9 + i) * 3]!
    expect(moved[(3 * 9 + 4) * 3]).toBeCloseTo(from(5, 3), 5)
    expect(moved[(3 * 9 + 8) * 3]).toBeCloseTo(0, 5)
  })

  it('has the transposed map as its gradient', () => {
    const affines = [drawAffine(random, 0.2), drawAffine(random, 0.2)]
    const y = Float32Array.from({ length: values.length }, () => random.normal())
    for (const outside of ['edge', 'zero'] as const) {
      const gradient = numbers(() =>
        tf.grad((t) => tf.sum(tf.mul(warp(t, affines, outside), tf.tensor(y, t.shape))))(x()),
      )
      // Linear: <W x, y> = <x, W' y>.
      const there = numbers(() => warp(x(), affines, outside)).reduce((sum, value, n) => sum + value * y[n]!, 0)
      const back = gradient.reduce((sum, value, n) => sum + value * values[n]!, 0)
      expect(back).toBeCloseTo(there, 3)
    }
  })

  it('is undone by the inverse map', () => {
    const affine = drawAffine(random, 0.1)
    const [a, b, c, d, e, f] = invertAffine(affine)
    const [p, q, r, s, t, u] = affine
    const product = [a * p + b * s, a * q + b * t, a * r + b * u + c, d * p + e * s, d * q + e * t, d * r + e * u + f]
    product.forEach((value, n) => expect(value).toBeCloseTo([1, 0, 0, 0, 1, 0][n]!, 9))
  })
})
