import { beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from './pick-files.ts'
import { tf } from './tf.ts'

type Pair = [number, number]
type Case = {
  readonly input: [number, number, number, number]
  readonly filter: [number, number, number, number]
  readonly strides: number | Pair
  readonly pad: 'same' | 'valid' | [Pair, Pair, Pair, Pair]
}

const cases: [string, Case][] = [
  ['3x3 same', { input: [2, 5, 6, 3], filter: [3, 3, 3, 4], strides: 1, pad: 'same' }],
  ['3x3 valid', { input: [2, 5, 6, 3], filter: [3, 3, 3, 4], strides: 1, pad: 'valid' }],
  ['1x1', { input: [2, 4, 5, 3], filter: [1, 1, 3, 2], strides: 1, pad: 'same' }],
  ['2x2 with stride 2', { input: [2, 6, 4, 3], filter: [2, 2, 3, 4], strides: 2, pad: 'valid' }],
  ['3x3 with stride 2, same', { input: [2, 6, 8, 2], filter: [3, 3, 2, 3], strides: 2, pad: 'same' }],
  ['3x3 with stride 2 on odd sizes', { input: [1, 7, 5, 2], filter: [3, 3, 2, 3], strides: 2, pad: 'same' }],
  ['4x2 with strides 2 and 1', { input: [1, 8, 5, 2], filter: [4, 2, 2, 3], strides: [2, 1], pad: 'same' }],
  ['1x1 with stride 2', { input: [2, 5, 4, 3], filter: [1, 1, 3, 2], strides: 2, pad: 'same' }],
  [
    'one-sided padding',
    { input: [1, 5, 5, 2], filter: [3, 3, 2, 2], strides: 1, pad: [[0, 0], [2, 0], [0, 1], [0, 0]] }, // prettier-ignore
  ],
  ['more padding than the filter covers', { input: [1, 3, 3, 1], filter: [1, 1, 1, 2], strides: 1, pad: [[0, 0], [1, 1], [2, 0], [0, 0]] }], // prettier-ignore
]

const values = (count: number): number[] => Array.from({ length: count }, (_, n) => Math.sin(n * 1.7) + (n % 3) - 1)
const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b)

/** The convolution and both gradients of sum(conv * weights), in plain loops of double precision. */
function definition({ input, filter, strides, pad }: Case, output: readonly number[]) {
  const [n, h, w, c] = input
  const [kh, kw, , o] = filter
  const [oh, ow] = [output[1]!, output[2]!]
  const [sh, sw] = typeof strides === 'number' ? [strides, strides] : strides
  const before = (out: number, s: number, k: number, size: number, side: Pair): number =>
    typeof pad === 'string' ? (pad === 'same' ? Math.max(0, (out - 1) * s + k - size) >> 1 : 0) : side[0]
  const top = before(oh, sh, kh, h, typeof pad === 'string' ? [0, 0] : pad[1])
  const left = before(ow, sw, kw, w, typeof pad === 'string' ? [0, 0] : pad[2])
  const [x, f, dy] = [values(size(input)), values(size(filter)), values(size(output))]
  const dx = new Float64Array(x.length)
  const df = new Float64Array(f.length)
  for (let b = 0; b < n; b++)
    for (let j = 0; j < oh; j++)
      for (let i = 0; i < ow; i++)
        for (let a = 0; a < kh; a++)
          for (let e = 0; e < kw; e++) {
            const [y, z] = [j * sh + a - top, i * sw + e - left]
            if (y < 0 || y >= h || z < 0 || z >= w) continue
            for (let ci = 0; ci < c; ci++)
              for (let co = 0; co < o; co++) {
                const g = dy[((b * oh + j) * ow + i) * o + co]!
                const [at, tap] = [((b * h + y) * w + z) * c + ci, ((a * kw + e) * c + ci) * o + co]
                dx[at]! += g * f[tap]!
                df[tap]! += g * x[at]!
              }
          }
  return { dx, df }
}

const near = (numbers: Float64Array): unknown[] => Array.from(numbers, (value): unknown => expect.closeTo(value, 4))

beforeAll(async () => {
  await startEngine({ name: 'wasm' })
})

describe('convolution gradients on wasm', () => {
  it.each(cases)('%s', (_, one) => {
    const x = tf.tensor4d(values(size(one.input)), one.input)
    const filter = tf.tensor4d(values(size(one.filter)), one.filter)
    const output = tf.tidy(() => tf.conv2d(x, filter, one.strides, one.pad).shape)
    const weights = tf.tensor(values(size(output)), output)
    const before = tf.memory().numTensors
    const loss = (x: tf.Tensor, filter: tf.Tensor): tf.Scalar =>
      tf.sum(tf.mul(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, one.strides, one.pad), weights))
    const [dx, df] = tf.grads(loss)([x, filter])
    const expected = definition(one, output)
    expect(Array.from(dx!.dataSync())).toEqual(near(expected.dx))
    expect(Array.from(df!.dataSync())).toEqual(near(expected.df))
    tf.dispose([dx!, df!])
    expect(tf.memory().numTensors).toBe(before)
  })

  it('transposed convolution and its gradients: those of the convolution, with the roles changed', () => {
    const one: Case = { input: [2, 6, 4, 3], filter: [2, 2, 3, 4], strides: 2, pad: 'valid' }
    const dy = tf.tensor4d(values(2 * 3 * 2 * 4), [2, 3, 2, 4])
    const filter = tf.tensor4d(values(size(one.filter)), one.filter)
    const up = (dy: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
      tf.conv2dTranspose(dy as tf.Tensor4D, filter as tf.Tensor4D, one.input, 2, 'valid')
    expect(Array.from(up(dy, filter).dataSync())).toEqual(near(definition(one, dy.shape).dx))
    const x = tf.tensor4d(values(size(one.input)), one.input)
    const [back, df] = tf.grads((dy, filter) => tf.sum(tf.mul(up(dy, filter), x)))([dy, filter])
    expect(Array.from(back!.dataSync())).toEqual(near(Float64Array.from(tf.conv2d(x, filter, 2, 'valid').dataSync())))
    expect(Array.from(df!.dataSync())).toEqual(near(definition(one, dy.shape).df))
  })
})
