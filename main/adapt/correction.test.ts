import { describe, expect, it } from 'vitest'
import { biasAt, centreBias, fitBias, undoBias } from './bias-field.ts'
import { classStatistics, refinedStatistics, reweight } from './class-statistics.ts'
import { airOf, applyCorrection, normalisationPass, referenceClasses, selectSlices } from './correction.ts'
import type { Correction } from './correction.ts'
import { gatherForeground } from './foreground.ts'
import { anchorMap, mapIntensities } from './intensity-map.ts'
import { classes, pointwise, sampled, sceneImage, sceneStudy, slices, source } from './testdata/prototype-scene.ts'
import stored from './testdata/prototype-values.json' with { type: 'json' }

/** Against values of the prototype (testdata/prototype-values.py, double precision); ours are single precision. */
const tolerance = 2e-4

function expectClose(actual: readonly number[], expected: readonly number[], within = tolerance): void {
  expect(actual.length).toBe(expected.length)
  actual.forEach((value, n) => expect(Math.abs(value - expected[n]!), `value ${n}`).toBeLessThan(within))
}

const image = sceneImage()
const study = sceneStudy(image)
const all = study.tissueSlices
const air = airOf(study)
const intensity = image.map((value) => value - air)
const probability = pointwise(image)

describe('class statistics', () => {
  it('are those of the prototype', () => {
    const first = classStatistics(intensity, probability, classes, 2)
    expectClose(first.means, stored.classStatistics.means)
    expectClose(first.sds, stored.classStatistics.sds)
    const second = refinedStatistics(intensity, probability, classes, 1)
    expectClose(second.means, stored.refined.means)
    expectClose(second.sds, stored.refined.sds)
  })

  it('re-weight posteriors as the prototype does, and leave background alone', () => {
    const half = reweight(intensity, probability, classes, refinedStatistics(intensity, probability, classes, 1), 0.5)
    const at = (k: number, j: number, i: number): number[] => [
      ...half.subarray(classes * (i + 32 * (j + 32 * k)), classes * (i + 32 * (j + 32 * k) + 1)),
    ]
    expectClose([...at(2, 16, 10), ...at(1, 9, 20)], stored.reweighted)
    expect(half.filter((_, n) => n % classes === 0)).toEqual(probability.filter((_, n) => n % classes === 0))
  })

  it('say NaN for a class that wins nothing, and re-weight the others without it', () => {
    const p = Float32Array.from([0.1, 0.8, 0.05, 0.05, 0.1, 0.7, 0.1, 0.1, 0.2, 0.1, 0.6, 0.1])
    const values = Float32Array.from([1, 1.1, 2])
    const statistics = classStatistics(values, p, 4, 1)
    expect(statistics.means[2]).toBeNaN()
    const q = reweight(values, p, 4, statistics, 1)
    for (let n = 0; n < 3; n++) {
      expect(q[n * 4 + 3]).toBe(p[n * 4 + 3])
      expect(q.subarray(n * 4, n * 4 + 4).reduce((a, b) => a + b)).toBeCloseTo(1, 5)
    }
  })
})

describe('bias field', () => {
  const foreground = gatherForeground(probability, classes, study, all)
  const gathered = Float32Array.from(foreground.index, (n) => intensity[n]!)
  const statistics = refinedStatistics(gathered, foreground.probability, classes, 1)
  const first = classStatistics(gathered, foreground.probability, classes, 2)
  const posterior = reweight(gathered, foreground.probability, classes, first, 1)

  it('is fitted as in the prototype', () => {
    const field = fitBias(gathered, foreground, posterior, statistics.means, [2, 3])
    const everywhere = gatherForeground(new Float32Array(probability.length), classes, study, all)
    expect(everywhere.index.length).toBe(image.length)
    // Single precision posteriors move a few voxels across the threshold of confidence.
    expectClose(sampled(biasAt(field, everywhere)), stored.bias, 2e-3)
  })

  it('is found again where it was put in, and undone', () => {
    const truth = Float64Array.from({ length: 19 }, (_, t) => [0, 0.2, -0.1, 0.05, 0.1, 0.08][t] ?? 0)
    const classOf = (n: number): number => (foreground.index[n]! % 3) + 1
    const sure = Float32Array.from({ length: foreground.index.length * classes }, (_, m) =>
      m % classes === classOf(Math.floor(m / classes)) ? 1 : 0,
    )
    const bias = biasAt(truth, foreground)
    const values = Float32Array.from(foreground.index, (_, n) => classOf(n) * Math.exp(bias[n]!))
    const found = fitBias(values, foreground, sure, [1, 2, 3], [2, 3])
    const centred = centreBias(found, foreground, sure, [2, 3])
    const flat = undoBias(values, biasAt(centred, foreground))
    const whiteMatter = Array.from(flat).filter((_, n) => classOf(n) === 3)
    const mean = whiteMatter.reduce((a, b) => a + b) / whiteMatter.length
    expect(Math.max(...whiteMatter) / Math.min(...whiteMatter)).toBeLessThan(1.01)
    expect(mean).toBeCloseTo(3 * Math.exp(found[0]! - centred[0]!), 1)
  })

  it('is none where nothing is sure', () => {
    const unsure = new Float32Array(foreground.index.length * classes).fill(1 / classes)
    expect(fitBias(gathered, foreground, unsure, statistics.means, [2, 3]).every((c) => c === 0)).toBe(true)
  })
})

describe('intensity map', () => {
  it('is that of the prototype', () => {
    const values = Float32Array.from({ length: 11 }, (_, n) => -1 + n / 2)
    mapIntensities(values, { from: [0, 0.5, 1.3, 2.4], to: [0, 0.7, 1.6, 2.3] })
    expectClose([...values], stored.map, 1e-6)
  })

  it('scales only, and says so, where the classes are out of order', () => {
    expect(anchorMap([0.5, 1.3, 2.4], [0.7, 1.6, 2.3])).toEqual({
      map: { from: [0, 0.5, 1.3, 2.4], to: [0, 0.7, 1.6, 2.3] },
      inOrder: true,
    })
    expect(anchorMap([2.4, 1.3, 0.5], [0.7, 1.6, 2.3])).toEqual({
      map: { from: [0, 0.5], to: [0, 2.3] },
      inOrder: false,
    })
  })

  it('leaves out classes that were not found or that look alike in the source', () => {
    expect(anchorMap([NaN, 1.3, 2.4], [0.7, 1.6, 2.3])?.map.from).toEqual([0, 1.3, 2.4])
    expect(anchorMap([0.5, 1.3, 2.4], [0.7, 2.29, 2.3])?.map.to).toEqual([0, 0.7, 2.29])
    expect(anchorMap([NaN, NaN, NaN], [0.7, 1.6, 2.3])).toBeUndefined()
  })
})

describe('normalisation passes', () => {
  const clamp = [-4, 6] as const
  function passes(count: number, anchors: readonly number[] | undefined): Correction {
    let correction: Correction = { air, targetAir: air }
    for (let pass = 0; pass < count; pass++) {
      const { study: corrected } = applyCorrection(study, correction, clamp)
      const foreground = gatherForeground(pointwise(corrected.volume.data), classes, study, all)
      const gathered = Float32Array.from(foreground.index, (n) => intensity[n]!)
      const options = { bias: true, anchors, sourceAir: source.air, proportions: undefined }
      correction = normalisationPass(gathered, foreground, correction, options).correction
    }
    return correction
  }

  it.each([
    ['light', 1, undefined, stored.light],
    ['full', 3, source.means.map((mean) => mean - source.air), stored.full],
  ] as const)('%s: are those of the prototype', (_, count, anchors, expected) => {
    const applied = applyCorrection(study, passes(count, anchors), clamp)
    // Voxels at thresholds of confidence and trimming differ between single and double precision.
    expectClose(sampled(applied.restored), expected.restored, 5e-3)
    expectClose(sampled(applied.study.volume.data), expected.corrected, 5e-3)
  })

  it('are the same applied to some slices as to the whole', () => {
    const correction = passes(2, [0.7, 1.6, 2.3])
    const whole = applyCorrection(study, correction, clamp).study.volume.data
    const some = applyCorrection(selectSlices(study, [3, 1]), correction, clamp, [3, 1], slices).study.volume.data
    expect(some.subarray(0, 1024)).toEqual(whole.subarray(3 * 1024))
    expect(some.subarray(1024)).toEqual(whole.subarray(1024, 2048))
  })

  it('take the classes at least half as bright as the brightest as reference', () => {
    expect(referenceClasses([0.3, 1.5, 2.4])).toEqual([2, 3])
    expect(referenceClasses([NaN, 2.4])).toEqual([2])
  })
})
