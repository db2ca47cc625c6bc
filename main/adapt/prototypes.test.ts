import { afterAll, beforeAll, expect, it } from 'vitest'
import { classes, head, otherScanner, sourceScanner, trainedModel } from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Model } from '../model/model.ts'
import { sliceBatch } from '../predict/predict.ts'
import { createRandom } from '../volume/random.ts'
import { runEpisode } from './episode.ts'
import { methods } from './methods/index.ts'
import { Prototypes, sourcePrototypes } from './prototypes.ts'
import { labelsOf } from './scores.ts'

let model: Model
let prototypes: number[][]

beforeAll(async () => {
  await startEngine()
  model = trainedModel()
  const batches = [1, 2].map((seed) => ({ study: head(sourceScanner, createRandom(seed)).study, slices: [0, 2, 4] }))
  prototypes = sourcePrototypes(model, batches, createRandom(3))
})
afterAll(() => model.dispose())

it('prototypes of the source domain tell the classes of another scan of it', () => {
  expect(prototypes).toHaveLength(classes)
  const known = prototypes.filter((row) => row.length > 0)
  for (const row of known) expect(Math.hypot(...row)).toBeCloseTo(1, 4)
  // The rim of fluid is all border here: nothing in it is sure enough.
  expect(known).toHaveLength(classes - 1)
  const { study } = head(sourceScanner, createRandom(9))
  const { beforeHead } = model.places
  tf.tidy(() => {
    const { logits, values } = model.activations(sliceBatch(study, [1]), [beforeHead])
    const labels = labelsOf(tf.softmax(logits).dataSync() as Float32Array, classes)
    const features = values.get(beforeHead)!.dataSync()
    const channels = known[0]!.length
    let [right, all] = [0, 0]
    labels.forEach((label, n) => {
      if (prototypes[label]!.length === 0) return
      all++
      const own = features.subarray(n * channels, (n + 1) * channels)
      const length = Math.hypot(...own)
      const cosines = known.map((row) => row.reduce((sum, value, c) => sum + value * own[c]!, 0) / length)
      if (known[cosines.indexOf(Math.max(...cosines))] === prototypes[label]) right++
    })
    expect(right / all).toBeGreaterThan(0.9)
  })
})

it('a class without prototype in the source is unknown until the scan shows it', () => {
  const { rows, rowOf } = new Prototypes(3, [[1, 0], [], [0, 1]]).known()
  expect(rows).toHaveLength(2)
  expect(rowOf).toEqual([0, -1, 1])
})

it('contrastive with prototypes of the source takes other steps than with those of the scan', async () => {
  const knowing = trainedModel({ source: { ...model.card.source, prototypes } })
  const losses: number[] = []
  for (const from of ['scan', 'source']) {
    const { study } = head(otherScanner, createRandom(4))
    const options = { prototypes: from, steps: 2, contrast: 1 }
    const episode = runEpisode({ model: knowing, study, method: methods.contrastive, options, seed: 0, guard: false })
    let next = await episode.next()
    for (; !next.done; next = await episode.next())
      if (next.value.kind === 'step' && next.value.losses) losses.push(next.value.losses['contrast']!)
  }
  expect(losses).toHaveLength(4)
  expect(losses.every(Number.isFinite)).toBe(true)
  expect(losses[2]).not.toBeCloseTo(losses[0]!, 3)
  knowing.dispose()
})
