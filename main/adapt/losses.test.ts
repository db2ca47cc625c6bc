import { beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { createRandom } from '../volume/random.ts'
import {
  balancedWeights,
  binaryCrossEntropy,
  classLogits,
  confidentWeights,
  consensus,
  crossEntropy,
  diceLoss,
  diversity,
  divergence,
  entropy,
  entropyOf,
  halfSquaredDistance,
  hardLabels,
  linearDiceLoss,
  positiveEntropy,
  ratioHinge,
  ratioPrior,
  reliableWeights,
  sharpen,
  sureWeights,
  symmetricCrossEntropy,
  twinDiceLoss,
  weightedMean,
} from './losses.ts'

/** The test vectors of methods.md 1.9: 3 classes by 4 pixels, stored there class by class. */
const rows = (values: number[][]): Tensor => tf.transpose(tf.tensor2d(values)) // [pixel, class]
const logitsA = [
  [2, 0, -1, 0.5],
  [0, 1, 3, 0.5],
  [-1, 0, 0, 0.5],
]
const logitsB = [
  [1, 0.5, -2, 0],
  [0.5, 0.5, 2, 1],
  [0, -1, 0, -1],
]

/** Gradient of a scalar loss at logits, read as [pixel][class]. */
function gradient(loss: (z: Tensor) => Tensor, at: Tensor): number[] {
  return tf.tidy(() =>
    Array.from(
      tf
        .grad((z) => tf.sum(loss(z)))(at)
        .dataSync(),
    ),
  )
}

const numbers = (f: () => Tensor): number[] => tf.tidy(() => Array.from(f().dataSync()))
const number = (f: () => Tensor): number => numbers(f)[0]!

function expectClose(actual: readonly number[], expected: readonly number[], digits = 5): void {
  expect(actual.length).toBe(expected.length)
  actual.forEach((value, n) => expect(value, `value ${n}`).toBeCloseTo(expected[n]!, digits))
}

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
})

describe('test vectors of methods.md 1.9', () => {
  const a = (): Tensor => rows(logitsA)
  const b = (): Tensor => rows(logitsB)
  const p = (): Tensor => tf.softmax(a())
  const q = (): Tensor => tf.softmax(b())
  const byClass = (values: number[][]): number[] => numbers(() => rows(values))

  it('entropy and its gradient', () => {
    expectClose(
      numbers(() => entropy(a())),
      [0.524267, 0.975328, 0.274313, 1.098612],
    )
    expectClose(
      numbers(() => entropyOf(p())),
      [0.524267, 0.975328, 0.274313, 1.098612],
    )
    expect(number(() => tf.mean(entropy(b())))).toBeCloseTo(0.810778, 5)
    const expected = [
      [-0.074765, 0.030526, 0.016254, 0],
      [0.046979, -0.061052, -0.048785, 0],
      [0.027785, 0.030526, 0.032531, 0],
    ]
    expectClose(
      gradient((z) => tf.mean(entropy(z)), a()),
      byClass(expected),
    )
  })

  it('cross-entropy and divergence', () => {
    expect(number(() => tf.mean(crossEntropy(q(), a())))).toBeCloseTo(1.0061925, 5)
    expect(number(() => tf.mean(divergence(p(), b())))).toBeCloseTo(0.18401, 5)
    expect(number(() => tf.mean(divergence(q(), a())))).toBeCloseTo(0.1954145, 5)
  })

  it('symmetric cross-entropy, diversity, and what divides two maps both ways', () => {
    expect(number(() => tf.mean(symmetricCrossEntropy(b(), a())))).toBeCloseTo(0.9541662, 5)
    expect(number(() => diversity(p(), tf.ones([4])))).toBeCloseTo(-1.008997, 5)
    const both = (): Tensor => tf.add(divergence(p(), b()), divergence(q(), a()))
    expect(number(() => tf.mean(both())) / 2).toBeCloseTo(0.1897123, 5)
  })

  it("EATA's filter keeps pixel 3 alone", () => {
    const limit = 0.4 * Math.log(3)
    expect(limit).toBeCloseTo(0.4394449, 6)
    const kept = (): Tensor => reliableWeights(a(), tf.ones([4]), limit)
    expectClose(numbers(kept), [0, 0, 1, 0])
    const loss = (): Tensor => weightedMean(tf.mul(sureWeights(a(), limit), entropy(a())), kept(), 1e-12)
    expect(number(loss)).toBeCloseTo(0.3235656, 5)
  })

  it('Dice with plain sums, and of two maps that learn from each other', () => {
    const ones = (): Tensor => tf.ones([4])
    expect(number(() => linearDiceLoss(p(), q(), ones(), 1e-5, 0))).toBeCloseTo(1 - 0.3696923, 5)
    expect(number(() => twinDiceLoss(p(), q(), ones(), 0))).toBeCloseTo(1 - 0.8476701, 5)
  })

  it('disagreement of two views', () => {
    const seen = (): { mean: Tensor; disagreement: Tensor } => consensus([p(), q()])
    expectClose(
      numbers(() => seen().disagreement),
      [0.068869, 0.035948, 0.008559, 0.068712],
    )
    expect(number(() => tf.mean(entropyOf(seen().mean)))).toBeCloseTo(0.809976, 5)
    expect(number(() => tf.mean(seen().disagreement))).toBeCloseTo(0.045522, 5)
  })

  it('soft Dice with squares', () => {
    const ones = (): Tensor => tf.ones([4])
    expect(number(() => diceLoss(p(), q(), ones(), 1e-5, 0))).toBeCloseTo(1 - 0.7551781, 5)
  })

  it('the loss of M1 and its gradient', () => {
    const weights = (): Tensor => tf.sub(1, tf.div(entropy(a()), Math.log(3)))
    expectClose(numbers(weights), [0.522792, 0.112218, 0.750309, 0])
    const dice = (z: Tensor): Tensor => diceLoss(p(), tf.softmax(z), weights(), 1, 0)
    const kl = (z: Tensor): Tensor => weightedMean(divergence(p(), z), weights(), 1)
    expect(number(() => dice(b()))).toBeCloseTo(0.0130519, 5)
    expect(number(() => kl(b()))).toBeCloseTo(0.0721432, 5)
    const expected = [
      [-0.087259, 0.013017, -0.000145, 0],
      [0.047251, -0.006947, -0.02982, 0],
      [0.040008, -0.00607, 0.029965, 0],
    ]
    expectClose(
      gradient((z) => tf.add(dice(z), kl(z)), b()),
      byClass(expected),
    )
  })
})

describe('gradients against finite differences', () => {
  const random = createRandom(3)
  const draw = (length: number): number[] => Array.from({ length }, () => random.normal())
  const shape: [number, number, number] = [5, 8, 4]
  const start = draw(160)
  const target = tf.util.toTypedArray(draw(160), 'float32')
  const weight = Array.from({ length: 40 }, () => (random.next() < 0.3 ? 0 : random.next()))
  const t = (): Tensor => tf.softmax(tf.tensor(target, shape))
  const w = (): Tensor => tf.tensor2d(weight, [5, 8])

  const cases: Record<string, (z: Tensor) => Tensor> = {
    entropy: (z) => weightedMean(entropy(z), w()),
    'balanced entropy': (z) => weightedMean(entropy(z), balancedWeights(z, w())),
    'masked entropy': (z) => weightedMean(entropy(z), confidentWeights(z, w(), 0.5)),
    'cross-entropy': (z) => weightedMean(crossEntropy(t(), z), w()),
    divergence: (z) => weightedMean(divergence(t(), z), w()),
    'soft Dice': (z) => diceLoss(t(), tf.softmax(z), w(), 1, 3),
    'ratio prior': (z) => ratioPrior(tf.softmax(z), w(), [0.2, 0.5, 0.3]),
    'symmetric cross-entropy': (z) => weightedMean(symmetricCrossEntropy(tf.log(t()), z), w()),
    // The weights are held fixed, as they are for the gradient.
    'sure entropy': (z) => {
      const fixed = tf.tensor(start, shape)
      return weightedMean(tf.mul(sureWeights(fixed, 1), entropy(z)), reliableWeights(fixed, w(), 1))
    },
    'positive entropy': (z) => weightedMean(positiveEntropy(tf.softmax(z)), w()),
    'binary cross-entropy': (z) => weightedMean(binaryCrossEntropy(t(), z), w()),
    'Dice with plain sums': (z) => linearDiceLoss(t(), tf.softmax(z), w(), 1, 3),
    'Dice of two that learn': (z) => twinDiceLoss(tf.softmax(z), tf.softmax(tf.mul(z, 0.5)), w(), 3),
    'ratio hinge': (z) => ratioHinge(tf.softmax(z), w(), [0.02, 0.9, 0.08]),
    diversity: (z) => diversity(tf.softmax(z), w()),
    distance: (z) => halfSquaredDistance([z, tf.mul(z, 2)], [tf.tensor(target, shape), tf.zeros(shape)]),
  }
  it.each(Object.entries(cases))('%s', (_, loss) => {
    const analytic = gradient(loss, tf.tensor(start, shape))
    // Along random directions, with a step at which single precision and curvature err alike.
    for (let trial = 0; trial < 5; trial++) {
      const direction = draw(160)
      const at = (step: number): number =>
        number(() =>
          loss(
            tf.tensor(
              start.map((value, n) => value + step * direction[n]!),
              shape,
            ),
          ),
        )
      const numeric = (at(2e-3) - at(-2e-3)) / 4e-3
      const expected = analytic.reduce((sum, value, n) => sum + value * direction[n]!, 0)
      expect(Math.abs(numeric - expected)).toBeLessThan(2e-3 * Math.max(1, Math.abs(expected)))
    }
  })
})

describe('edges', () => {
  it('no weight at all gives 0, and no gradient that is not a number', () => {
    const none = (): Tensor => tf.zeros([3])
    const z = [1, 2, 3, 4, 5, 6]
    const losses: ((x: Tensor) => Tensor)[] = [
      (x) => weightedMean(entropy(x), none()),
      (x) => diceLoss(tf.softmax(x), tf.softmax(x), none()),
    ]
    for (const loss of losses) {
      expect(number(() => loss(tf.tensor2d(z, [3, 2])))).toBe(0)
      expect(gradient(loss, tf.tensor2d(z, [3, 2])).every(Number.isFinite)).toBe(true)
    }
  })

  it('certain predictions have no entropy and a finite gradient', () => {
    const sure = (): Tensor => tf.tensor2d([[200, -200]])
    expect(number(() => entropy(sure()))).toBeCloseTo(0)
    expect(gradient(entropy, sure()).every(Number.isFinite)).toBe(true)
    expect(number(() => entropyOf(tf.tensor2d([[1, 0]])))).toBeCloseTo(0)
  })

  it('leaves proportions alone within half and twice those of the source', () => {
    const map = (): Tensor => tf.tensor2d([[0, 0.3, 0.7]])
    const hinge = (source: number[]): number => number(() => ratioHinge(map(), tf.ones([1]), source))
    expect(hinge([0.5, 0.5])).toBe(0)
    expect(hinge([0.05, 0.95])).toBeCloseTo(0.3 * Math.log(6) + 0.7 * Math.log(0.7 / 0.95), 4)
  })

  it('takes each foreground class as a sigmoid of its own, however sure', () => {
    const logits = (): Tensor => tf.tensor2d([[40, -40, 0]])
    expect(number(() => binaryCrossEntropy(tf.tensor2d([[0, 1, 0]]), logits()))).toBeCloseTo((80 + 0) / 2, 3)
    expectClose(
      numbers(() => positiveEntropy(tf.tensor2d([[0.5, 0.2, 0.3]]))),
      [-0.2 * Math.log(0.2) - 0.3 * Math.log(0.3)],
    )
    expectClose(
      numbers(() => hardLabels(tf.tensor2d([[1, 3, 2]]))),
      [0, 1, 0],
    )
  })

  it('classes below 32 pixels do not count in Dice', () => {
    const half = (count: number): Tensor =>
      tf.tensor2d(Array.from({ length: 64 }, (_, n) => (n < count ? [0, 1] : [1, 0])))
    const empty = (): Tensor => half(0)
    expect(number(() => diceLoss(half(31), empty(), tf.ones([64])))).toBe(0)
    expect(number(() => diceLoss(half(32), empty(), tf.ones([64])))).toBeCloseTo(1 - 1 / 33, 5)
  })

  it('weights every predicted class alike when balanced', () => {
    const z = (): Tensor =>
      tf.tensor2d([
        [3, 0],
        [3, 0],
        [3, 0],
        [0, 1],
      ])
    expectClose(
      numbers(() => balancedWeights(z(), tf.ones([4]))),
      [1 / 3, 1 / 3, 1 / 3, 1],
    )
    expectClose(
      numbers(() => confidentWeights(z(), tf.ones([4]), 0.9)),
      [1, 1, 1, 0],
    )
  })

  it('sharpens towards the winner and keeps sums', () => {
    expectClose(
      numbers(() => sharpen(tf.tensor2d([[0.8, 0.2, 0]]), 0.5)),
      [0.64 / 0.68, 0.04 / 0.68, 0],
    )
  })

  it('reads a single logit as that of the only class', () => {
    expectClose(
      numbers(() => tf.softmax(classLogits(tf.tensor2d([[0.3]])))),
      [1 / (1 + Math.exp(0.3)), 1 / (1 + Math.exp(-0.3))],
    )
  })
})
