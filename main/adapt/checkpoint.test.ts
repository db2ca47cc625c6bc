import { beforeAll, describe, expect, it } from 'vitest'
import { head, otherScanner, trainedModel } from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import { predictStudy } from '../predict/predict.ts'
import { createRandom } from '../volume/random.ts'
import { loadCheckpoint, predictAdapted, predictCheckpoint, storable, takeCheckpoint } from './checkpoint.ts'

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
})

const around = storable({
  correction: {
    spectrumGain: Float64Array.from({ length: 25 }, (_, bin) => 1 - bin / 100),
    air: -1.01,
    bias: Float64Array.from({ length: 19 }, (_, t) => 0.1 / (1 + t)),
    map: { from: [0, 0.3, 1.2], to: [0, 0.4, 1.1] },
    targetAir: -0.9,
  },
  reweighting: { means: [0.4, 1.2, 2], sds: [0.2, 0.21, 0.2], exponent: 0.5 },
})

describe('a checkpoint', () => {
  it('brings a state back to the bit: parameters, statistics, correction, re-weighting', async () => {
    const model = trainedModel()
    const student = model.clone()
    const { study } = head(otherScanner, createRandom(3), 3)
    const scale = student.parameters('norm-affine')[0]!
    tf.tidy(() => scale.variable.assign(tf.mul(scale.variable, 1.1)))
    const [layer] = model.normLayers
    student.setStatistics(new Map([[layer!.name, { ...layer!.source, mean: layer!.source.mean.map((m) => m + 0.1) }]]))
    const shown = await predictAdapted(student, study, around)
    const checkpoint = takeCheckpoint(student, model, [scale.name], around)

    const before = tf.memory().numTensors
    const again = await predictCheckpoint(model, study, checkpoint)
    expect(again.data).toEqual(shown.data)
    expect(tf.memory().numTensors).toBe(before)
    expect(again.data).not.toEqual((await predictStudy(model, study)).data)
    expect(checkpoint.has(scale.name)).toBe(true)
    expect(loadCheckpoint(student, checkpoint)).toEqual(around)
    student.dispose()
    model.dispose()
  })

  it('holds the changed parameters only, and statistics only where they changed', () => {
    const model = trainedModel()
    const student = model.clone()
    const names = model.parameters('head').map(({ name }) => name)
    expect([...takeCheckpoint(student, model, names, {}).keys()]).toEqual(names)
    student.dispose()
    model.dispose()
  })
})
