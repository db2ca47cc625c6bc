import { readFileSync } from 'node:fs'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { readSafetensors } from '../runs/safetensors.ts'
import { createModel } from './graph.ts'
import type { Model } from './model.ts'
import { readOnnx, writeOnnx } from './onnx.ts'
import { testCard } from './testing/card.ts'
import { runReference } from './testing/onnx-runtime.ts'
import type { Numbers } from './testing/onnx-runtime.ts'

beforeAll(async () => void (await startEngine()))

let model: Model | undefined
afterEach(() => model?.dispose())

/** Made by testdata/export.py: PyTorch's own exporters, logits and gradients. */
function exported(name: string): { model: Model; expected: ReadonlyMap<string, Numbers>; image: Tensor } {
  const bytes = (ending: string): Uint8Array => readFileSync(new URL(`testdata/${name}.${ending}`, import.meta.url))
  model = createModel(readOnnx(bytes('onnx'), name), testCard())
  const expected = readSafetensors(bytes('safetensors'))
  return { model, expected, image: channelsLast(expected.get('input')!) }
}

function channelsLast({ dims, data }: Numbers): Tensor {
  return tf.tidy(() => tf.transpose(tf.tensor(data, [...dims]), [0, ...dims.slice(2).map((_, axis) => axis + 2), 1]))
}

function channelsFirst(tensor: Tensor): Float32Array {
  const spatial = Array.from({ length: tensor.rank - 2 }, (_, axis) => axis + 1)
  return tf.tidy(() => Float32Array.from(tf.transpose(tensor, [0, tensor.rank - 1, ...spatial]).dataSync()))
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length)
  return a.reduce((largest, value, n) => Math.max(largest, Math.abs(value - b[n]!)), 0)
}

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0))
}

const kept = [
  'unet-legacy',
  'unet-dynamo',
  'nnunet-2d-legacy',
  'nnunet-2d-dynamo',
  'nnunet-3d-legacy',
  'nnunet-3d-dynamo',
  'varied-legacy',
  'varied-dynamo',
]
const folded = ['unet-folded', 'unet-dynamo-folded', 'varied-dynamo-folded']

describe('logits of a network that PyTorch exported', () => {
  it.each([...kept, ...folded])('%s', (name) => {
    const { model, expected, image } = exported(name)
    const logits = model.logits(image)
    expect(largestDifference(channelsFirst(logits), expected.get('logits')!.data)).toBeLessThan(1e-4)
    tf.dispose([image, logits])
  })
})

describe('gradients of every parameter, against PyTorch', () => {
  it.each(kept)('%s', (name) => {
    const { model, expected, image } = exported(name)
    const parameters = model.parameters('all')
    const before = tf.memory().numTensors
    const { value, grads } = tf.variableGrads(
      () => tf.mean<tf.Scalar>(tf.square(model.logits(image))),
      parameters.map(({ variable }) => variable),
    )
    // A gradient has its variable's layout; loaded in its place, the model hands it out in ONNX's.
    const weights = model.values()
    for (const { variable } of parameters) variable.assign(grads[variable.name]!)
    const gradients = model.values()
    model.load(weights)
    const wanted = [...expected].filter(([key]) => key !== 'input' && key !== 'logits')
    for (const [key, { data }] of wanted) {
      const own = gradients.get(key) ?? gradients.get(otherName(model, key))
      expect(own, key).toBeDefined()
      const difference = norm(own!.data.map((value, n) => value - data[n]!))
      // What norm layers cancel has a gradient of rounding errors only.
      expect(difference, key).toBeLessThan(1e-3 * norm(data) + 1e-6)
    }
    tf.dispose([value, grads])
    expect(tf.memory().numTensors).toBe(before)
    image.dispose()
  })
})

/** Exporters rename a parameter that they store transposed or under another rank. */
function otherName(model: Model, key: string): string {
  return [...model.values().keys()].find((name) => name.includes(key)) ?? ''
}

describe('an adapted export', () => {
  it.each(kept)('%s gives the same logits in ONNX Runtime', async (name) => {
    const { model, expected, image } = exported(name)
    for (const { variable } of model.parameters('all')) tf.tidy(() => variable.assign(tf.mul(variable, 1.05)))
    const logits = model.logits(image)
    const reference = await runReference(readOnnx(writeOnnx(model.toGraph())), { image: expected.get('input')! })
    expect(largestDifference(channelsFirst(logits), reference.data)).toBeLessThan(1e-4)
    tf.dispose([image, logits])
  })
})
