import { describe, expect, it } from 'vitest'
import { createRandom } from '../volume/random.ts'
import { refinedStatistics, reweight } from './class-statistics.ts'
import { labelsOf } from './scores.ts'
import { balancedStatistics, expectedProportions } from './proportions.ts'

const classes = 4
const share = [0.1, 0.57, 0.33]
const truth = { means: [1.5, 2.5, 3], sds: [0.25, 0.25, 0.12] }

/** A head as a low-contrast scan shows it, and a network that hardly finds the brightest class. */
function head(count = 60_000): { intensity: Float32Array; probability: Float32Array; labels: Uint8Array } {
  const random = createRandom(1)
  const intensity = new Float32Array(count)
  const probability = new Float32Array(count * classes)
  const labels = new Uint8Array(count)
  for (let n = 0; n < count; n++) {
    const at = random.next()
    const label = at < share[0]! ? 1 : at < share[0]! + share[1]! ? 2 : 3
    labels[n] = label
    const value = truth.means[label - 1]! + truth.sds[label - 1]! * random.normal()
    intensity[n] = value
    const white = 0.95 / (1 + Math.exp(-12 * (value - 3.15)))
    const fluid = 0.95 / (1 + Math.exp(12 * (value - 2)))
    probability.set([0.02, 0.98 * fluid, 0.98 * (1 - fluid - white), 0.98 * white], n * classes)
  }
  return { intensity, probability, labels }
}

const shareOf = (labels: Uint8Array, label: number): number =>
  labels.filter((own) => own === label).length / labels.filter((own) => own > 0).length

describe('statistics held to proportions', () => {
  const { intensity, probability, labels } = head()
  const expected = expectedProportions({ proportions: share, proportionsStd: [0.03, 0.02, 0.01] }, 1)!

  it('find the means of the classes where the network misses most of one', () => {
    expect(shareOf(labelsOf(probability, classes), 3)).toBeLessThan(0.12)
    const found = balancedStatistics(intensity, probability, classes, 1, expected)
    found.means.forEach((mean, n) => expect(Math.abs(mean - truth.means[n]!)).toBeLessThan(0.08))
    // Left to themselves they take the few brightest voxels for all of the class.
    expect(refinedStatistics(intensity, probability, classes, 1).means[2]).toBeGreaterThan(truth.means[2]! + 0.08)
  })

  it('bring shares within tolerance, and the labels nearer to the truth', () => {
    const found = balancedStatistics(intensity, probability, classes, 1, expected)
    const posterior = reweight(intensity, probability, classes, found, 1)
    for (const label of [1, 2, 3]) {
      let sum = 0
      let all = 0
      for (let n = 0; n < intensity.length; n++) {
        sum += posterior[n * classes + label]!
        all += 1 - posterior[n * classes]!
      }
      expect(Math.abs(sum / all - share[label - 1]!)).toBeLessThan(expected.tolerance[label - 1]! + 0.005)
    }
    const right = (own: Uint8Array): number => own.filter((label, n) => label === labels[n]).length / own.length
    expect(right(labelsOf(posterior, classes))).toBeGreaterThan(right(labelsOf(probability, classes)) + 0.1)
  })

  it('leave alone what is within tolerance', () => {
    const wide = { share, tolerance: [1, 1, 1] }
    const found = balancedStatistics(intensity, probability, classes, 1, wide)
    found.weights!.forEach((weight) => expect(weight).toBeCloseTo(1, 5))
  })

  it('survive a class that is not there', () => {
    const without = probability.map((p, n) => (n % classes === 3 ? 0 : p))
    const found = balancedStatistics(intensity, without, classes, 1, expected)
    const posterior = reweight(intensity, without, classes, found, 1)
    expect(posterior.every((p) => p >= 0 && p <= 1.000001)).toBe(true)
  })
})

describe('what is expected', () => {
  it('is nothing for a card without proportions, or where it is not wanted', () => {
    expect(expectedProportions({}, 1)).toBeUndefined()
    expect(expectedProportions({ proportions: share }, 0)).toBeUndefined()
  })

  it('leaves room where the card knows no spread, or a tiny one', () => {
    expect(expectedProportions({ proportions: [0.5, 0.5] }, 2)!.tolerance).toEqual([0.1, 0.1])
    expect(expectedProportions({ proportions: [0.5, 0.5], proportionsStd: [0, 0.2] }, 1)!.tolerance).toEqual([
      0.015, 0.2,
    ])
  })
})
