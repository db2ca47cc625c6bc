import { cp, mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { unetGraph } from '../../models/training/unet.ts'
import { startEngine } from '../engine/pick-files.ts'
import { createRandom } from '../volume/random.ts'
import { listModels } from './card-files.ts'
import { loadModel, saveModel } from './files.ts'
import { fromFloat16, toFloat16 } from './float16.ts'
import { testCard } from './testing/card.ts'

let root: string
beforeAll(async () => void (await startEngine()))
beforeEach(async () => void (root = await mkdtemp(join(tmpdir(), 'scanbridge-models-'))))
afterEach(() => rm(root, { recursive: true }))

const graph = unetGraph({ base: 2, depth: 1, inputs: 1, classes: 2 }, createRandom(1))

async function saved(name = 'mine', half = false): Promise<string> {
  const folder = join(root, name)
  await saveModel(folder, { graph, card: testCard({ name }) }, { half })
  return folder
}

it('a saved model loads by its folder, with its weights to the bit', async () => {
  const model = await loadModel(await saved())
  for (const [name, { data }] of model.values()) expect(data).toEqual(graph.initializers.get(name)!.data)
  expect(model.card.name).toBe('mine')
  model.dispose()
})

it('half precision keeps the names and rounds the filters only', async () => {
  const full = await readFile(join(await saved(), 'model.onnx'))
  const folder = await saved('half', true)
  expect((await readFile(join(folder, 'model.onnx'))).length).toBeLessThan(full.length)
  const model = await loadModel(folder)
  const values = model.values()
  expect([...values.keys()].sort()).toEqual(
    [...graph.initializers.keys()].filter((name) => !name.includes('running')).sort(),
  )
  for (const [name, { dims, data }] of values) {
    const original = graph.initializers.get(name)!.data as Float32Array
    expect(data).toEqual(dims.length > 1 ? fromFloat16(toFloat16(original)) : original)
  }
  model.dispose()
})

it('models are listed and loaded by name; a broken one says what is wrong', async () => {
  await saved()
  await mkdir(join(root, 'broken'))
  await writeFile(join(root, 'broken', 'model.json'), '{ "schema": 1 }')
  await mkdir(join(root, 'no model'))
  const roots = [{ folder: root, shipped: false }]
  const list = await listModels(roots)
  expect(list.map(({ name }) => name)).toEqual(['broken', 'mine'])
  expect(list[0]!.problem).toMatch(/model\.json.*name: /)
  const model = await loadModel('mine', roots)
  model.dispose()
  await expect(loadModel('other', roots)).rejects.toThrow(
    'there is no model of this name. Models that are there: broken, mine.',
  )
})

it('a copied model folder is listed with what to do about its name, and the first one is meant by it', async () => {
  await cp(await saved(), join(root, 'mine copied'), { recursive: true })
  const roots = [{ folder: root, shipped: false }]
  const [first, copy] = await listModels(roots)
  expect(first).toMatchObject({ name: 'mine', folder: join(root, 'mine') })
  expect(first!.problem).toBeUndefined()
  expect(copy).toMatchObject({ name: 'mine (2)', folder: join(root, 'mine copied') })
  expect(copy!.problem).toMatch(/mine copied cannot be used as a model: another model is called mine too/)
})

it.each([
  [
    'changed weights',
    'model.onnx',
    (bytes: Buffer) => Buffer.concat([bytes, Buffer.from([0])]),
    /not what model.json was/,
  ],
  ['a card that is no JSON', 'model.json', () => Buffer.from('{'), /is not JSON/],
  [
    'a card without a name',
    'model.json',
    (bytes: Buffer) => Buffer.from(bytes.toString().replace('"name"', '"x"')),
    /name: /,
  ],
] as const)('refuses %s', async (_, file, change, message) => {
  const folder = await saved()
  await writeFile(join(folder, file), change(await readFile(join(folder, file))))
  await expect(loadModel(folder)).rejects.toThrow(message)
})

it('says that a folder is not there', async () => {
  await expect(loadModel(join(root, 'nowhere'))).rejects.toThrow(/nothing to read/)
})

it('companions are saved and loaded with the model, and only as the card was written for', async () => {
  const folder = join(root, 'with companions')
  const companions = { rotation: { graph: unetGraph({ base: 2, depth: 0, inputs: 1, classes: 4 }, createRandom(2)) } }
  const card = await saveModel(folder, { graph, card: testCard({ name: 'mine' }), companions })
  expect(Object.keys(card.companions!)).toEqual(['rotation'])
  const model = await loadModel(folder)
  expect(model.companions.rotation!.parameters('all').length).toBeGreaterThan(0)
  expect(model.companions.shapePrior).toBeUndefined()
  expect(model.clone().companions).toBe(model.companions)
  model.dispose()
  await rm(join(folder, 'rotation.onnx'))
  await expect(loadModel(folder)).rejects.toThrow(/rotation\.onnx.*not there/)
})
