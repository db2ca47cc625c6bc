import '@tensorflow/tfjs-backend-cpu'
import { beforeAll, describe, expect, it } from 'vitest'
import { tf } from '../engine/tf.ts'
import { identity } from '../volume/affine.ts'
import { predictSlices, predictStudy } from './predict.ts'
import type { Predictor } from './predict.ts'
import type { ModelStudy } from './study.ts'

/** Classes by how close the intensity is to 0, 1, 2: logits whose softmax has a closed form. */
const byIntensity: Predictor = {
  logits: (batch) => tf.tidy(() => tf.neg(tf.square(tf.sub(batch, tf.tensor1d([0, 1, 2]))))),
}
const study: ModelStudy = {
  volume: { shape: [4, 3, 7], affine: identity, data: Float32Array.from({ length: 84 }, (_, n) => (n % 29) / 10) },
  valid: [[0, 4], [0, 3], [0, 7]], // prettier-ignore
  tissueSlices: [0, 1, 2, 3, 4, 5, 6],
  native: { shape: [4, 3, 7], affine: identity },
  normalization: { mean: 0, sd: 1 },
}
function softmaxAt(x: number): number[] {
  const e = [0, 1, 2].map((c) => Math.exp(-((x - c) ** 2)))
  return e.map((v) => v / (e[0]! + e[1]! + e[2]!))
}

describe('prediction', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu')
  })

  it('gives the probabilities of every voxel, class fastest, on the grid of the model', async () => {
    const map = await predictStudy(byIntensity, study)
    expect(map.classes).toBe(3)
    expect(map.shape).toEqual(study.volume.shape)
    study.volume.data.forEach((x, n) => softmaxAt(x).forEach((p, c) => expect(map.data[n * 3 + c]).toBeCloseTo(p, 5)))
  })

  it('keeps the order of the slices asked for, in batches of any size', async () => {
    const whole = (await predictStudy(byIntensity, study)).data
    const slices = [5, 0, 6, 3, 0]
    for (const batch of [1, 2, 3, 8]) {
      const some = await predictSlices(byIntensity, study, slices, { batch })
      slices.forEach((k, n) => expect(some.slice(n * 36, n * 36 + 36)).toEqual(whole.slice(k * 36, k * 36 + 36)))
    }
    expect(await predictSlices(byIntensity, study, [])).toEqual(new Float32Array(0))
  })

  it('takes a single logit as that of the class against background', async () => {
    const sigmoid: Predictor = { logits: (batch) => tf.mul(batch, 2) }
    const map = await predictStudy(sigmoid, study)
    expect(map.classes).toBe(2)
    study.volume.data.forEach((x, n) => {
      expect(map.data[2 * n + 1]).toBeCloseTo(1 / (1 + Math.exp(-2 * x)), 5)
      expect(map.data[2 * n]! + map.data[2 * n + 1]!).toBeCloseTo(1, 6)
    })
  })

  it('leaves no tensor behind, stopped or not, and stops within a batch', async () => {
    const before = tf.memory().numTensors
    await predictStudy(byIntensity, study)
    expect(tf.memory().numTensors).toBe(before)
    const controller = new AbortController()
    const done: number[] = []
    const stopped = predictStudy(byIntensity, study, {
      signal: controller.signal,
      batch: 2,
      onProgress: (count) => {
        done.push(count)
        if (count === 4) setImmediate(() => controller.abort(new Error('stopped')))
      },
    })
    await expect(stopped).rejects.toThrow('stopped')
    expect(done).toEqual([2, 4])
    expect(tf.memory().numTensors).toBe(before)
  })

  it('tells how far it is', async () => {
    const seen: [number, number][] = []
    await predictStudy(byIntensity, study, { batch: 3, onProgress: (done, total) => seen.push([done, total]) })
    expect(seen).toEqual([[3, 7], [6, 7], [7, 7]]) // prettier-ignore
  })
})
