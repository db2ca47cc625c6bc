import { beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { createRandom } from '../volume/random.ts'
import { edgeAwareVariation, sliceContinuity } from './smoothness.ts'
import { holes, islands } from './structure.ts'

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
})

const number = (f: () => Tensor): number => tf.tidy(() => f().dataSync()[0]!)

/** One slice; # is foreground with probability .9, . background with .8. */
function map(rows: readonly string[]): Tensor {
  const values = rows.flatMap((row) => [...row].flatMap((cell) => (cell === '#' ? [0.1, 0.9] : [0.8, 0.2])))
  return tf.tensor4d(values, [1, rows.length, rows[0]!.length, 2])
}

describe('holes', () => {
  it('count what is enclosed, nine windows a pixel, and nothing outside', () => {
    const ring = ['......', '.####.', '.#..#.', '.####.', '......']
    // Two pixels of thirty, background leading by .6.
    expect(number(() => holes(map(ring)))).toBeCloseTo((9 * 2 * 0.6) / 30, 5)
    const open = ['......', '.####.', '.#....', '.####.', '......']
    expect(number(() => holes(map(open)))).toBe(0)
  })
})

describe('islands', () => {
  it('count by their mean probability and a small power of their size', () => {
    const two = ['###..#', '###..#', '......']
    const share = 6 / 8
    const power = 0.01 + 0.06 * share
    expect(number(() => islands(map(two)))).toBeCloseTo((1 - share) * 0.9 * 2 ** power, 5)
    expect(number(() => islands(map(['###', '...'])))).toBe(0)
    expect(number(() => islands(map(['...', '...'])))).toBe(0)
  })
})

describe('smoothness', () => {
  it('costs a step of the mask by its height over the spacing, less where the image has an edge', () => {
    const p = (): Tensor => tf.tensor4d([1, 0, 1, 0, 0, 1, 0, 1], [1, 1, 4, 2])
    const image = (edge: number): Tensor => tf.tensor4d([0, 0.1, 0.1 + edge, 0.2 + edge], [1, 1, 4, 1])
    const cost = (edge: number, spacing: number): number =>
      number(() => edgeAwareVariation(p(), image(edge), tf.ones([1, 1, 4]), [1, spacing]))
    // Three differences, one of which is a step of 1; the median difference of the image is .1.
    expect(cost(0.1, 1)).toBeCloseTo(Math.exp(-1) / 3, 3)
    expect(cost(0.1, 2)).toBeCloseTo(Math.exp(-1) / 6, 3)
    expect(cost(1, 1)).toBeLessThan(1e-3)
  })

  it('costs a jump from slice to slice only where the slices are neighbours and look alike', () => {
    const p = (): Tensor => tf.tensor4d([1, 0, 0, 1, 0, 1], [3, 1, 1, 2])
    const image = (): Tensor => tf.tensor4d([0, 1, 3], [3, 1, 1, 1])
    const cost = (isNext: boolean[]): number => number(() => sliceContinuity(p(), image(), tf.ones([3, 1, 1]), isNext))
    // sigma is 1.4826 times the upper median, 2; the first pair differs by 1, the second not at all.
    const sigma = 1.4826 * 2
    expect(cost([true, false])).toBeCloseTo(2 * Math.exp(-1 / (2 * sigma ** 2)), 4)
    expect(cost([false, true])).toBeCloseTo(0, 6)
    expect(cost([false, false])).toBe(0)
  })
})

describe('gradients against finite differences', () => {
  const random = createRandom(9)
  const shape: [number, number, number, number] = [2, 8, 8, 3]
  const start = Array.from({ length: 2 * 8 * 8 * 3 }, () => 2 * random.normal())
  const image = Array.from({ length: 2 * 8 * 8 }, () => random.normal())
  const x = (): Tensor => tf.tensor4d(image, [2, 8, 8, 1])
  const cases: Record<string, (p: Tensor) => Tensor> = {
    holes,
    islands,
    variation: (p) => edgeAwareVariation(p, x(), tf.ones([2, 8, 8]), [1, 2]),
    continuity: (p) => sliceContinuity(p, x(), tf.ones([2, 8, 8]), [true]),
  }
  it.each(Object.entries(cases))('%s', (_, loss) => {
    const at = (z: readonly number[]): number => number(() => loss(tf.softmax(tf.tensor4d([...z], shape))))
    const analytic = tf.tidy(() =>
      tf
        .grad((z: Tensor) => loss(tf.softmax(z)))(tf.tensor4d(start, shape))
        .dataSync(),
    )
    for (let trial = 0; trial < 3; trial++) {
      const direction = start.map(() => random.normal())
      const moved = (step: number): number[] => start.map((value, n) => value + step * direction[n]!)
      const numeric = (at(moved(1e-3)) - at(moved(-1e-3))) / 2e-3
      const expected = direction.reduce((sum, value, n) => sum + value * analytic[n]!, 0)
      expect(Math.abs(numeric - expected)).toBeLessThan(5e-3 * Math.max(1, Math.abs(expected)))
    }
  })
})
