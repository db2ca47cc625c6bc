import { beforeAll, describe, expect, it } from 'vitest'
import { fusedNorm } from './kernels.ts'
import { startEngine } from './pick-files.ts'
import { tf } from './tf.ts'

const epsilon = 1e-3
const near = (values: number[], digits: number): unknown[] =>
  values.map((value): unknown => expect.closeTo(value, digits))

/** The definition, in double precision and plain loops. */
function definition(x: Float32Array, channels: number, stored: { mean: number[]; variance: number[] }, alpha: number) {
  const count = x.length / channels
  const each = (f: (channel: number) => number): number[] => Array.from({ length: channels }, (_, c) => f(c))
  const values = (c: number): number[] => Array.from({ length: count }, (_, n) => x[n * channels + c]!)
  const mean = each((c) => values(c).reduce((a, b) => a + b) / count)
  const variance = each((c) => values(c).reduce((a, b) => a + (b - mean[c]!) ** 2, 0) / count)
  const m = each((c) => (1 - alpha) * stored.mean[c]! + alpha * mean[c]!)
  const v = each((c) => (1 - alpha) * stored.variance[c]! + alpha * variance[c]!)
  const normalized = Array.from(x, (value, n) => (value - m[n % channels]!) / Math.sqrt(v[n % channels]! + epsilon))
  return { mean, variance, normalized }
}

const shapes: [string, number[]][] = [
  ['[n, j, i, c]', [2, 3, 4, 2]],
  ['[n, k, j, i, c]', [2, 2, 3, 2, 2]],
  ['[n, c]', [7, 2]],
]
const alphas: [string, number][] = [
  ['source', 0],
  ['blended', 0.3],
  ['batch', 1],
]
const stored = { mean: [0.4, -0.7], variance: [1.8, 0.6] }

function setUp(shape: number[]) {
  return {
    x: tf.randomNormal(shape, 1, 2, 'float32', 1),
    scale: tf.tensor1d([1.5, -0.5]),
    offset: tf.tensor1d([0.2, 3]),
    moments: { mean: tf.tensor1d(stored.mean), variance: tf.tensor1d(stored.variance) },
    weights: tf.randomNormal(shape, 0, 1, 'float32', 2),
  }
}

beforeAll(async () => {
  await startEngine()
})

describe.each(['tensorflow', 'cpu'])('fusedNorm on the %s backend', (backend) => {
  beforeAll(async () => {
    await tf.setBackend(backend)
  })

  describe.each(shapes)('%s', (_, shape) => {
    it.each(alphas)('normalizes by the definition in %s mode and gives the moments', (_, alpha) => {
      const { x, scale, offset, moments } = setUp(shape)
      const { y, batchMean, batchVariance } = fusedNorm(x, scale, offset, moments, epsilon, alpha, { moments: true })
      const { mean, variance, normalized } = definition(x.dataSync() as Float32Array, 2, stored, alpha)
      expect(y.shape).toEqual(shape)
      expect(batchMean!.arraySync()).toEqual(near(mean, 5))
      expect(batchVariance!.arraySync()).toEqual(near(variance, 5))
      const expected = normalized.map((value, n) => value * [1.5, -0.5][n % 2]! + [0.2, 3][n % 2]!)
      expect(Array.from(y.dataSync())).toEqual(near(expected, 4))
    })

    it.each(alphas)('has the gradients that finite differences give in %s mode', (_, alpha) => {
      const { x, scale, offset, moments, weights } = setUp(shape)
      const loss = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Scalar =>
        tf.sum(tf.mul(fusedNorm(x, scale, offset, moments, epsilon, alpha).y, weights))
      const gradients = tf.grads(loss)([x, scale, offset])
      const inputs: tf.Tensor[] = [x, scale, offset]
      inputs.forEach((input, which) => {
        const values = input.dataSync()
        const numeric = Array.from(values, (_, n) => {
          // The loss is evaluated in double precision: differences of float32 sums would keep two digits only.
          const at = (shift: number): number => {
            const shifted = inputs.map((other) => Float64Array.from(other.dataSync()))
            shifted[which]![n]! += shift
            const [xs, scales, offsets] = shifted as [Float64Array, Float64Array, Float64Array]
            const { normalized } = definition(xs as unknown as Float32Array, 2, stored, alpha)
            const w = weights.dataSync()
            return normalized.reduce((sum, value, k) => sum + w[k]! * (value * scales[k % 2]! + offsets[k % 2]!), 0)
          }
          return (at(1e-4) - at(-1e-4)) / 2e-4
        })
        expect(Array.from(gradients[which]!.dataSync())).toEqual(near(numeric, 3))
      })
    })
  })

  it('computes no moments in source mode unless asked', () => {
    const { x, scale, offset, moments } = setUp([2, 3, 4, 2])
    expect(fusedNorm(x, scale, offset, moments, epsilon, 0).batchMean).toBeUndefined()
  })

  it('makes a channel with NaN NaN and leaves the others', () => {
    const x = tf.tensor4d([1, NaN, 2, 3, 3, 5], [1, 1, 3, 2])
    const { scale, offset, moments } = setUp([1, 1, 3, 2])
    const y = fusedNorm(x, scale, offset, moments, epsilon, 1).y.dataSync()
    expect(Array.from(y, Number.isNaN)).toEqual([false, true, false, true, false, true])
  })

  it.each(alphas)('leaves no tensor behind in %s mode', (_, alpha) => {
    const { x, scale, offset, moments } = setUp([2, 3, 4, 2])
    const before = tf.memory().numTensors
    const result = fusedNorm(x, scale, offset, moments, epsilon, alpha)
    tf.dispose(result)
    const loss = (x: tf.Tensor): tf.Scalar => tf.sum(fusedNorm(x, scale, offset, moments, epsilon, alpha).y)
    tf.dispose(tf.valueAndGrad(loss)(x))
    expect(tf.memory().numTensors).toBe(before)
  })
})
