import { afterAll, beforeAll, expect, it } from 'vitest'
import { startEngine } from '../../main/engine/pick-files.ts'
import { createModel } from '../../main/model/graph.ts'
import type { Model } from '../../main/model/model.ts'
import { createRandom } from '../../main/volume/random.ts'
import { classes, head, size, sourceScanner, trainedModel } from '../../tests/tiny/world.ts'
import { restorationGraph, rotationGraph, shapePriorGraph } from './companion-graphs.ts'
import { restorationTask, rotationTask, shapePriorTask } from './companion-tasks.ts'
import type { Task } from './companion-tasks.ts'
import { fit } from './fit.ts'
import type { SourceSlices } from './source-slices.ts'
import { swapBoxes } from './swapped-boxes.ts'

let model: Model
let slices: SourceSlices

/** Three heads of the tiny world, squeezed along j: round heads have no turn. */
function tinySlices(): SourceSlices {
  const random = createRandom(7)
  const heads = Array.from({ length: 3 }, () => head(sourceScanner, random))
  const squeezed = <T extends Float32Array | Uint8Array>(from: T, to: T, air: number): T => {
    to.fill(air)
    const rows = size / 2
    for (let k = 0; k < from.length / size ** 2; k++)
      for (let j = 0; j < rows; j++) {
        const at = (row: number): number => (k * size + row) * size
        to.set(from.subarray(at(2 * j), at(2 * j) + size), at(j + size / 4))
      }
    return to
  }
  const length = heads[0]!.labels.length
  const [images, labels] = [new Float32Array(3 * length), new Uint8Array(3 * length)]
  heads.forEach(({ study, labels: truth }, n) => {
    const { data } = study.volume
    images.set(squeezed(data, new Float32Array(length), Math.min(...data.subarray(0, size))), n * length)
    labels.set(squeezed(truth, new Uint8Array(length), 0), n * length)
  })
  return { ni: size, nj: size, count: (3 * length) / size ** 2, images, labels }
}

beforeAll(async () => {
  await startEngine()
  model = trainedModel()
  slices = tinySlices()
})
afterAll(() => model.dispose())

const companions: [name: string, graph: () => ReturnType<typeof rotationGraph>, task: Task, steps: number][] = [
  ['rotation', () => rotationGraph(model, createRandom(1)), rotationTask, 30],
  ['restoration', () => restorationGraph(model, createRandom(1)), restorationTask, 30],
  ['shapePrior', () => shapePriorGraph(classes, createRandom(1)), shapePriorTask, 60],
]

it.each(companions)('%s learns its task, and the model itself does not change', async (name, graph, task, steps) => {
  const companion = createModel(graph(), model.card)
  companion.setNorm({ kind: 'batch' })
  const before = model.values()
  const draw = task(model, companion, slices)
  const loss = (): number => {
    const value = draw(createRandom(99))()
    const [number] = value.dataSync()
    value.dispose()
    return number!
  }
  const untrained = loss()
  await fit(companion, { name, steps, learningRate: 3e-3, seed: 1, signal: undefined, report: () => {}, draw })
  expect(loss()).toBeLessThan(0.9 * untrained)
  for (const [weight, { data }] of model.values()) expect(data).toEqual(before.get(weight)!.data)
  companion.dispose()
})

it('boxes change places: nothing is lost and nothing is made, and the map itself stays', () => {
  const map = Float32Array.from({ length: 40 * 30 * 2 }, (_, n) => n)
  const before = map.slice()
  const swapped = swapBoxes(map, [40, 30], 2, createRandom(3))
  expect(map).toEqual(before)
  expect(swapped).not.toEqual(map)
  // Boxes may overlap, and then what was swapped twice can be there twice: whole pixels all the same.
  for (let n = 0; n < swapped.length; n += 2) {
    expect(swapped[n]! % 2).toBe(0)
    expect(swapped[n + 1]).toBe(swapped[n]! + 1)
  }
})
