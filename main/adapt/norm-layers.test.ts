import { beforeAll, describe, expect, it } from 'vitest'
import { head, otherScanner, sourceScanner, trainedModel } from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import { predictSlices } from '../predict/predict.ts'
import { createRandom } from '../volume/random.ts'
import {
  adoptStatistics,
  blendMoments,
  moveMoments,
  normDistance,
  observe,
  poolMoments,
  shareByCount,
  unbiased,
} from './norm-layers.ts'
import { interleavedBatches } from './slices.ts'

const moments = (mean: number, variance: number, count: number) => ({
  mean: Float32Array.of(mean),
  variance: Float32Array.of(variance),
  count,
})
const layer = (mean: number, variance: number) => ({
  name: 'layer',
  channels: 1,
  epsilon: 1e-5,
  source: moments(mean, variance, 0),
})

describe('moments', () => {
  it('of two batches are those of all their pixels (methods.md 1.9)', () => {
    const pooled = poolMoments([moments(3.5, 5.25, 4), moments(1.5, 2.25, 2)])
    expect(pooled.mean[0]).toBeCloseTo(2.8333333, 6)
    expect(pooled.variance[0]).toBeCloseTo(5.1388889, 6)
    expect(pooled.count).toBe(6)
  })

  it('blend linearly (methods.md 1.9: alpha .1)', () => {
    const blended = blendMoments([layer(0.5, 2)], new Map([['layer', moments(3.5, 5.25, 4)]]), 0.1).get('layer')!
    expect(blended.mean[0]).toBeCloseTo(0.8, 6)
    expect(blended.variance[0]).toBeCloseTo(2.325, 6)
  })

  it('count by how many slices they are from', () => {
    expect(shareByCount('count', 16, 16)).toBe(0.5)
    // VPTTA, as listed in methods.md M2.
    for (const [n, share] of [
      [1, 0.833],
      [2, 0.78],
      [5, 0.691],
      [10, 0.613],
      [25, 0.5],
      [100, 0.333],
    ] as const)
      // prettier-ignore
      expect(shareByCount('root', n, 0)).toBeCloseTo(share, 3)
  })

  it('are stored unbiased by PyTorch (methods.md 1.9: alpha .1)', () => {
    const own = unbiased(moments(3.5, 5.25, 4))
    expect(own.variance[0]).toBeCloseTo(7, 6)
    const blended = blendMoments([layer(0.5, 2)], new Map([['layer', own]]), 0.1).get('layer')!
    expect(blended.variance[0]).toBeCloseTo(2.5, 6)
    expect(unbiased(moments(1, 0, 1)).variance[0]).toBe(0)
    const running = moveMoments(new Map([['layer', moments(1, 4, 0)]]), new Map([['layer', moments(3, 2, 5)]]), 0.1)
    expect(running.get('layer')!.mean[0]).toBeCloseTo(1.2, 6)
    expect(running.get('layer')!.variance[0]).toBeCloseTo(3.8, 6)
  })

  it('are as far from the source as their mean is, in its sd', () => {
    expect(normDistance([layer(0.5, 4)], new Map([['layer', moments(3.5, 1, 4)]]))).toBeCloseTo(1.5, 4)
  })
})

describe('a network on a scan', () => {
  beforeAll(async () => {
    await startEngine({ name: 'cpu' })
  })

  it('sees in several batches what it sees in one, and predicts what it predicts', async () => {
    const model = trainedModel()
    const { study } = head(otherScanner, createRandom(5))
    const whole = await observe(model, study, [study.tissueSlices])
    const split = await observe(model, study, [[0, 1], [2, 3, 4], [5]])
    for (const [name, { mean, variance }] of whole.moments) {
      mean.forEach((value, c) => expect(split.moments.get(name)!.mean[c]).toBeCloseTo(value, 4))
      variance.forEach((value, c) => expect(split.moments.get(name)!.variance[c]! / value).toBeCloseTo(1, 3))
    }
    const predicted = await predictSlices(model, study, study.tissueSlices)
    split.probability.forEach((value, n) => expect(Math.abs(value - predicted[n]!)).toBeLessThan(1e-5))
    model.dispose()
  })

  it('lies nearer to a scan of its own scanner', async () => {
    const model = trainedModel()
    const random = createRandom(6)
    const distance = async (scanner: typeof sourceScanner): Promise<number> => {
      const { study } = head(scanner, random)
      return normDistance(model.normLayers, (await observe(model, study, [study.tissueSlices])).moments)
    }
    expect(await distance(sourceScanner)).toBeLessThan(await distance({ ...otherScanner, noise: 0.2 }))
    model.dispose()
  })

  it('adopts statistics that depend on no batch, and leaks nothing', async () => {
    const model = trainedModel()
    const student = model.clone()
    const { study } = head(otherScanner, createRandom(5), 8)
    const before = tf.memory().numTensors
    const work = { source: model, student, input: study, signal: undefined, advance: () => {} }
    await adoptStatistics(work, 0.5, 4)
    expect(tf.memory().numTensors).toBe(before)
    const alone = await predictSlices(student, study, [3])
    const among = await predictSlices(student, study, [1, 3, 5], { batch: 3 })
    const size = alone.length
    alone.forEach((value, n) => expect(Math.abs(value - among[size + n]!)).toBeLessThan(1e-5))
    // alpha 0 is the source, to the bit.
    const same = model.clone()
    await adoptStatistics({ ...work, student: same }, 0, 4)
    expect(await predictSlices(same, study, [3])).toEqual(await predictSlices(model, study, [3]))
    for (const each of [model, student, same]) each.dispose()
  })

  it('spreads every batch over the scan', () => {
    expect(interleavedBatches([0, 1, 2, 3, 4, 5, 6], 3)).toEqual([
      [0, 3, 6],
      [1, 4],
      [2, 5],
    ])
  })
})
