import { expect, it } from 'vitest'
import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { createRandom } from '../../volume/random.ts'
import { liveGraph } from '../live.ts'
import { dataTypes, elementCount } from '../onnx-tensor.ts'
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from '../onnx-types.ts'
import { planRun, run } from '../run.ts'
import { tensorValue } from '../value.ts'
import { runReference } from './onnx-runtime.ts'
import type { Numbers } from './onnx-runtime.ts'

/** One use of an operator, checked forward against ONNX Runtime and backward against differences of itself. */
export type OperatorCase = {
  readonly op: string
  readonly says?: string
  /** Dims of the first input. Its values lie apart from each other and from zero, so that kinks are not met. */
  readonly x: readonly number[]
  /** Smallest and largest value of x. */
  readonly range?: readonly [number, number]
  /** Further inputs, in order: dims of one that gradients flow to, a constant, or '' for one left out. */
  readonly others?: readonly (readonly number[] | OnnxTensor | '')[]
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
  readonly opset?: number
  /** Which of the outputs is looked at, of how many. */
  readonly output?: readonly [number, number]
  readonly outputType?: number
  readonly gradient?: false
  readonly tolerance?: number
}

export function ints(...values: number[]): OnnxTensor {
  return { name: '', dims: [values.length], dataType: dataTypes.int64, data: BigInt64Array.from(values, BigInt) }
}

export function scalarInt(value: number): OnnxTensor {
  return { ...ints(value), dims: [] }
}

export function floats(...values: number[]): OnnxTensor {
  return { name: '', dims: [values.length], dataType: dataTypes.float32, data: Float32Array.from(values) }
}

export function scalarFloat(value: number): OnnxTensor {
  return { ...floats(value), dims: [] }
}

/** Each case twice: with x in the layout of pictures (channels last inside), and in ONNX's, behind a Reshape. */
export function checkOperators(cases: readonly OperatorCase[]): void {
  for (const test of cases) {
    const name = [test.op, test.says ?? '', `[${test.x.join()}]`].filter(Boolean).join(' ')
    it(name, async () => {
      await checkCase(test, false)
      if (test.x.length > 2) await checkCase(test, true)
    })
  }
}

async function checkCase(test: OperatorCase, throughReshape: boolean): Promise<void> {
  const { graph, weights } = buildGraph(test, throughReshape)
  const x = spacedValues(test.x, test.range ?? [-2, 2])
  const expected = await runReference(graph, { x })
  const before = tf.memory().numTensors
  const plan = planRun(liveGraph(graph, graph.outputs[0]!.name), 'test')
  const tensors = new Map(Array.from(weights, ([name, { dims, data }]) => [name, tf.tensor(data, [...dims])]))
  const batch = toLast(x)
  const forward = (image: Tensor, others: ReadonlyMap<string, Tensor>): Tensor =>
    run(plan, image, {
      weight: (name) => (others.has(name) ? tensorValue(others.get(name)!, 'onnx') : undefined),
      batchNorm: () => {
        throw new Error('not here')
      },
    })
  const y = forward(batch, tensors)
  const actual = fromLast(y)
  expect(actual.dims).toEqual(expected.dims)
  expectClose(actual.data, expected.data, test.tolerance ?? 2e-5)
  if (test.gradient !== false) checkGradient(forward, batch, tensors)
  tf.dispose([y, batch, ...tensors.values()])
  expect(tf.memory().numTensors).toBe(before)
}

function buildGraph(test: OperatorCase, throughReshape: boolean): { graph: OnnxGraph; weights: Map<string, Numbers> } {
  const initializers = new Map<string, OnnxTensor>()
  const weights = new Map<string, Numbers>()
  const names = (test.others ?? []).map((other, index) => {
    if (other === '') return ''
    const name = `input${index + 1}`
    if ('dataType' in other) {
      initializers.set(name, { ...other, name })
    } else {
      const values = spacedValues(other, [-1.5, 1.5], index + 1)
      weights.set(name, values)
      initializers.set(name, { name, dims: other, dataType: dataTypes.float32, data: values.data })
    }
    return name
  })
  const [look, count] = test.output ?? [0, 1]
  const outputs = Array.from({ length: count }, (_, index) => `y${index}`)
  const node: OnnxNode = {
    name: 'tested',
    opType: test.op,
    domain: '',
    inputs: [throughReshape ? 'x2' : 'x', ...names],
    outputs,
    attributes: test.attributes ?? {},
  }
  const nodes = [node]
  if (throughReshape) {
    initializers.set('dims', { ...ints(...test.x), name: 'dims' })
    const inputs = ['x', 'dims']
    nodes.unshift({ name: 'reshape', opType: 'Reshape', domain: '', inputs, outputs: ['x2'], attributes: {} })
  }
  const graph = {
    name: 'test',
    opset: test.opset ?? 17,
    nodes,
    initializers,
    inputs: [{ name: 'x', dataType: dataTypes.float32, dims: test.x }],
    outputs: [{ name: `y${look}`, dataType: test.outputType ?? dataTypes.float32, dims: [] }],
    metadata: {},
  }
  return { graph, weights }
}

/** Distinct values, evenly spaced but for zero, in random order. */
function spacedValues(dims: readonly number[], [low, high]: readonly [number, number], seed = 0): Numbers {
  const count = elementCount(dims)
  const order = createRandom(17 + seed).permutation(count)
  // A step of half keeps a symmetric range off zero.
  const data = Float32Array.from(order, (rank) => low + ((rank + (count % 2 ? 0.75 : 0.5)) / count) * (high - low))
  return { dims, data }
}

function checkGradient(
  forward: (image: Tensor, others: ReadonlyMap<string, Tensor>) => Tensor,
  batch: Tensor,
  tensors: ReadonlyMap<string, Tensor>,
): void {
  const names = [...tensors.keys()]
  const inputs = [batch, ...tensors.values()]
  const call = (...values: Tensor[]): Tensor =>
    forward(values[0]!, new Map(names.map((name, index) => [name, values[index + 1]!])))
  const random = createRandom(23)
  const shape = tf.tidy(() => call(...inputs).shape)
  const factors = randomTensor(shape, () => random.normal())
  const gradients = tf.grads((...values) => tf.sum(tf.mul(call(...(values as Tensor[])), factors)))(inputs)
  const plain = Array.from(factors.dataSync())
  inputs.forEach((original, index) => {
    expect(gradients[index]!.shape).toEqual(original.shape)
    for (let round = 0; round < 3; round++) {
      const direction = randomTensor(original.shape, () => random.uniform(-1, 1))
      const step = 2e-3
      // Differences first, then the sum in double precision: else the digits of the loss do not suffice.
      const at = (factor: number): ArrayLike<number> =>
        tf.tidy(() => {
          const moved = tf.add(original, tf.mul(direction, factor))
          return call(...inputs.map((input, n) => (n === index ? moved : input))).dataSync()
        })
      const [up, down] = [at(step), at(-step)]
      const measured = plain.reduce((sum, factor, n) => sum + factor * (up[n]! - down[n]!), 0) / (2 * step)
      const computed = tf.tidy(() => tf.sum(tf.mul(gradients[index]!, direction)).dataSync()[0]!)
      const size = tf.tidy(() => tf.norm(gradients[index]!).dataSync()[0]!)
      const which = index === 0 ? 'x' : names[index - 1]!
      expect(Math.abs(measured - computed), `gradient of ${which}`).toBeLessThan(2e-3 * (1 + size))
      direction.dispose()
    }
  })
  tf.dispose([factors, gradients])
}

function randomTensor(shape: readonly number[], value: () => number): Tensor {
  return tf.tensor(Float32Array.from({ length: elementCount(shape) }, value), [...shape])
}

function toLast({ dims, data }: Numbers): Tensor {
  return tf.tidy(() => {
    const tensor = tf.tensor(data, [...dims])
    if (dims.length < 3) return tensor
    return tf.transpose(tensor, [0, ...dims.slice(2).map((_, axis) => axis + 2), 1])
  })
}

function fromLast(tensor: Tensor): Numbers {
  return tf.tidy(() => {
    const { rank } = tensor
    const order = [0, rank - 1, ...Array.from({ length: rank - 2 }, (_, axis) => axis + 1)]
    const onnx = rank < 3 ? tensor : tf.transpose(tensor, order)
    return { dims: onnx.shape, data: Float32Array.from(onnx.dataSync()) }
  })
}

function expectClose(actual: Float32Array, expected: Float32Array, tolerance: number): void {
  expect(actual.length).toBe(expected.length)
  actual.forEach((value, n) => {
    const bound = tolerance * (1 + Math.abs(expected[n]!))
    if (!(Math.abs(value - expected[n]!) <= bound)) expect(value, `element ${n}`).toBeCloseTo(expected[n]!, 5)
  })
}
