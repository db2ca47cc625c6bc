import { readFileSync } from 'node:fs'
import { beforeAll, expect, it } from 'vitest'
import { startEngine } from '../engine/pick-files.ts'
import { describeModel } from './describe.ts'
import type { ModelDescription } from './describe.ts'
import { createModel } from './graph.ts'
import { readOnnx } from './onnx.ts'
import type { OnnxGraph } from './onnx-types.ts'
import { testCard } from './testing/card.ts'

beforeAll(async () => void (await startEngine()))

function exported(name: string): OnnxGraph {
  return readOnnx(readFileSync(new URL(`testdata/${name}.onnx`, import.meta.url)))
}

function described(graph: OnnxGraph): ModelDescription {
  const model = createModel(graph, testCard())
  const description = describeModel(model)
  model.dispose()
  return description
}

it.each([
  ['unet-legacy', { batch: 10 }, 20],
  ['unet-dynamo', { batch: 10 }, 20],
  ['nnunet-2d-legacy', { instance: 10 }, 20],
  ['nnunet-3d-dynamo', { instance: 10 }, 20],
  // The instance norm that the group norm is made of has constants only.
  ['varied-legacy', { batch: 1, group: 1, layer: 1 }, 6],
])('%s has norm layers to train', (name, norms, tensors) => {
  const description = described(exported(name))
  expect(description.norms).toEqual(norms)
  expect(description.seemsFolded).toBe(false)
  expect(description.notes).toEqual([])
  expect(description.groups.find(({ group }) => group === 'norm-affine')!.tensors).toBe(tensors)
})

it.each(['unet-folded', 'unet-dynamo-folded'])('%s has lost its batch norm, and is told how to keep it', (name) => {
  const { norms, seemsFolded, notes } = described(exported(name))
  expect(norms).toEqual({})
  expect(seemsFolded).toBe(true)
  expect(notes.find(({ code }) => code === 'batch-norm-folded')!.message).toMatch(
    /optimize=False.*do_constant_folding=False/,
  )
})

it('a fixed size is told', () => {
  const graph = exported('unet-legacy')
  const inputs = graph.inputs.map((value) => ({ ...value, dims: [1, 1, 16, 24] }))
  const { notes } = described({ ...graph, inputs })
  expect(notes).toEqual([expect.objectContaining({ code: 'fixed-size' })])
})

it('groups part the parameters of an nnU-Net', () => {
  const { groups } = described(exported('nnunet-2d-legacy'))
  const of = (name: string): number => groups.find(({ group }) => group === name)!.tensors
  expect(of('encoder') + of('decoder') + of('head')).toBe(of('all'))
  // A block is two convolutions and two norms with two tensors each; there are five, two of them behind an upsampling.
  expect(of('first-block')).toBe(8)
  expect(of('encoder')).toBe(24)
  expect(of('decoder')).toBe(20)
  expect(of('head')).toBe(2)
})
