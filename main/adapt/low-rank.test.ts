import { beforeAll, describe, expect, it } from 'vitest'
import { head, sourceScanner, trainedModel } from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import { predictSlices } from '../predict/predict.ts'
import { createRandom } from '../volume/random.ts'
import { adapterValues, adaptInput, adaptSlices, createDecorator, createNormaliser } from './input-adapter.ts'
import { adaptableFilters, createLowRank, disposeLowRank, mergeLowRank } from './low-rank.ts'
import { restoreSome } from './teacher.ts'

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
})

const { study } = head(sourceScanner, createRandom(4), 2)

describe('low-rank adapters', () => {
  it('change nothing at first, and then by a matrix of their rank', async () => {
    const [model, student] = [trainedModel(), trainedModel()]
    const before = tf.memory().numTensors
    const parameters = adaptableFilters(student, 8)
    expect(parameters.every(({ onnxDims }) => onnxDims[1]! >= 8)).toBe(true)
    const filters = createLowRank(parameters, 1, createRandom(1))
    mergeLowRank(filters)
    expect(await predictSlices(student, study, [0])).toEqual(await predictSlices(model, study, [0]))
    for (const { up } of filters) tf.tidy(() => up.assign(tf.ones(up.shape)))
    mergeLowRank(filters)
    const { name } = parameters[0]!
    const change = student
      .values([name])
      .get(name)!
      .data.map((v, n) => v - model.values([name]).get(name)!.data[n]!)
    // Of rank 1 with equal entries in V: the same change for every output channel (first in ONNX's order).
    const perOutput = change.length / parameters[0]!.onnxDims[0]!
    change.forEach((value, n) => expect(value).toBeCloseTo(change[n % perOutput]!, 5))
    disposeLowRank(filters)
    expect(tf.memory().numTensors).toBe(before)
    for (const each of [model, student]) each.dispose()
  })
})

describe('an input adapter', () => {
  it.each([
    ['decorator', createDecorator],
    ['normaliser', createNormaliser],
  ] as const)('%s: changes nothing at first, and slice by slice what it changes in a batch', (_, create) => {
    const adapter = create(3, createRandom(2))
    const [ni, nj] = study.volume.shape
    const { data } = study.volume
    expect(adaptSlices({ data, ni, nj }, adapterValues(adapter))).toEqual(data)
    const last = adapter[`filter.${adapter['filter.2'] ? 2 : 1}`]!
    tf.tidy(() => last.assign(tf.fill(last.shape, 0.3)))
    const whole = tf.tidy(() => adaptInput(tf.tensor4d(data, [2, nj, ni, 1]), adapter).dataSync())
    expect(Array.from(whole)).not.toEqual(Array.from(data))
    const second = adaptSlices({ data: data.slice(ni * nj), ni, nj }, adapterValues(adapter))
    second.forEach((value, n) => expect(Math.abs(value - whole[ni * nj + n]!)).toBeLessThan(1e-4))
    tf.dispose(Object.values(adapter))
  })
})

describe('random restoring', () => {
  it('puts back about its share of the numbers, those that it names, and no others', () => {
    const [model, student] = [trainedModel(), trainedModel()]
    const parameters = student.parameters('all')
    for (const { variable } of parameters) tf.tidy(() => variable.assign(tf.add(variable, 1)))
    const restored = restoreSome(parameters, model.parameters('all'), 0.1, createRandom(7))
    let [back, all] = [0, 0]
    parameters.forEach(({ name, variable }, n) => {
      const original = model.parameters('all')[n]!.variable.dataSync()
      const positions = new Set(restored[name])
      variable.dataSync().forEach((value, at) => {
        all++
        if (positions.has(at)) back++
        expect(value).toBeCloseTo(original[at]! + (positions.has(at) ? 0 : 1), 5)
      })
    })
    expect(Math.abs(back / all - 0.1)).toBeLessThan(3 * Math.sqrt((0.1 * 0.9) / all))
    for (const [share, count] of [
      [0, 0],
      [1, all],
    ] as const)
      // prettier-ignore
      expect(Object.values(restoreSome(parameters, model.parameters('all'), share, createRandom(7))).flat().length).toBe(count)
    for (const each of [model, student]) each.dispose()
  })
})
