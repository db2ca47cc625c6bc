import { beforeAll, expect, it } from 'vitest'
import { unetGraph } from '../../models/training/unet.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import { createRandom } from '../volume/random.ts'
import { createModel } from './graph.ts'
import type { OnnxNode } from './onnx-types.ts'
import { testCard } from './testing/card.ts'

beforeAll(async () => void (await startEngine()))

it('a U-Net runs as its convolutions, norms, activations, poolings and joins, and nothing is moved in between', async () => {
  const depth = 3
  const model = createModel(unetGraph({ base: 2, depth, inputs: 1, classes: 2 }, createRandom(1)), testCard())
  const x = tf.zeros([1, 16, 16, 1])
  const { kernels } = await tf.profile(() => model.logits(x))
  const count = (name: string): number => kernels.filter((kernel) => kernel.name === name).length
  const blocks = 2 * depth + 1
  const convolutions = 2 * blocks
  expect(count('Conv2D')).toBe(convolutions + 1)
  expect(count('Conv2DBackpropInput')).toBe(depth)
  expect(count('Relu')).toBe(convolutions)
  expect(count('MaxPool')).toBe(depth)
  expect(count('Concat')).toBe(depth)
  // The biases of the transposed convolutions and of the head.
  if (tf.getBackend() === 'tensorflow') expect(count('Add')).toBe(depth + 1)
  for (const name of ['Transpose', 'PadV2', 'Slice']) expect(count(name), name).toBe(0)
  x.dispose()
  model.dispose()
})

it('frees what is used up: the memory of a forward pass does not grow with depth', async () => {
  const graph = unetGraph({ base: 2, depth: 1, inputs: 1, classes: 2 }, createRandom(1))
  const relu = graph.nodes.find(({ opType }) => opType === 'Relu')!
  // A hundred more activations before the head.
  const last = graph.nodes.at(-1)!
  const chain = Array.from({ length: 100 }, (_, n) => ({
    ...relu,
    name: `more${n}`,
    inputs: [n === 0 ? last.inputs[0]! : `more${n - 1}`],
    outputs: [`more${n}`],
  }))
  const head = { ...last, inputs: ['more99', ...last.inputs.slice(1)] }
  const peak = async (nodes: readonly OnnxNode[]): Promise<number> => {
    const model = createModel({ ...graph, nodes }, testCard())
    const x = tf.zeros([1, 64, 64, 1])
    const { peakBytes } = await tf.profile(() => model.logits(x))
    x.dispose()
    model.dispose()
    return peakBytes
  }
  expect(await peak([...graph.nodes.slice(0, -1), ...chain, head])).toBeLessThanOrEqual(await peak(graph.nodes))
})
