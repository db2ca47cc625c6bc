import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { unetGraph } from '../../models/training/unet.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import { createRandom } from '../volume/random.ts'
import { createModel } from './graph.ts'
import type { Model, Moments, NormPart } from './model.ts'
import { readOnnx, writeOnnx } from './onnx.ts'
import type { OnnxGraph, OnnxTensor } from './onnx-types.ts'
import { testCard } from './testing/card.ts'
import { runReference } from './testing/onnx-runtime.ts'

beforeAll(async () => void (await startEngine()))

const models: Model[] = []
afterEach(() => {
  for (const model of models.splice(0)) model.dispose()
})

/** A small U-Net whose batch-norm layers do something: random scales, shifts and statistics. */
function smallGraph(): OnnxGraph {
  const random = createRandom(1)
  const graph = unetGraph({ base: 4, depth: 2, inputs: 1, classes: 3 }, random)
  const initializers = new Map<string, OnnxTensor>()
  for (const [name, tensor] of graph.initializers) {
    const positive = /norm\.weight|running_var/.test(name)
    const isNorm = /norm/.test(name)
    const value = (): number => (positive ? random.uniform(0.5, 1.5) : random.normal() * 0.3)
    const data = isNorm ? Float32Array.from(tensor.data as Float32Array, value) : tensor.data
    initializers.set(name, { ...tensor, data })
  }
  return { ...graph, initializers }
}

/** Without kinks, where finite differences say nothing. */
function smooth(graph: OnnxGraph): OnnxGraph {
  const others: Readonly<Record<string, string>> = { Relu: 'Softplus', MaxPool: 'AveragePool' }
  return { ...graph, nodes: graph.nodes.map((node) => ({ ...node, opType: others[node.opType] ?? node.opType })) }
}

function newModel(graph = smallGraph()): Model {
  const model = createModel(graph, testCard())
  models.push(model)
  return model
}

function image(n: number, size: number): Tensor {
  const random = createRandom(7)
  return tf.tensor4d(
    Float32Array.from({ length: n * size * size }, () => random.normal()),
    [n, size, size, 1],
  )
}

/** [n, ...spatial, c] in ONNX order. */
function inOnnxOrder(x: Tensor): Float32Array {
  return tf.tidy(() => Float32Array.from(tf.transpose(x, [0, 3, 1, 2]).dataSync()))
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length)
  return Math.max(...Array.from(a, (value, n) => Math.abs(value - b[n]!)))
}

describe('logits', () => {
  it('are those of ONNX Runtime, whatever the size of the batch', async () => {
    const graph = smallGraph()
    const model = newModel(graph)
    for (const [n, size] of [
      [1, 16],
      [3, 32],
    ] as const) {
      const x = image(n, size)
      const expected = await runReference(graph, {
        image: { dims: [n, 1, size, size], data: inOnnxOrder(x) },
      })
      const logits = model.logits(x)
      expect(logits.shape).toEqual([n, size, size, 3])
      expect(largestDifference(inOnnxOrder(logits), expected.data)).toBeLessThan(1e-5)
      tf.dispose([x, logits])
    }
  })

  it('leave no tensor behind, with and without gradients', () => {
    const model = newModel()
    const x = image(2, 16)
    const variables = model.parameters('all').map(({ variable }) => variable)
    const before = tf.memory().numTensors
    model.logits(x).dispose()
    model.logitsAndMoments(x).logits.dispose()
    const { value, grads } = tf.variableGrads(() => tf.mean<tf.Scalar>(tf.square(model.logits(x))), variables)
    tf.dispose([value, grads])
    expect(tf.memory().numTensors).toBe(before)
    x.dispose()
  })

  it('do not dispose of the batch or the weights', () => {
    const model = newModel()
    const x = image(1, 16)
    model.logits(x).dispose()
    model.logits(x).dispose()
    expect(x.isDisposed).toBe(false)
    x.dispose()
  })

  it('knows the stride', () => {
    expect(newModel().stride).toBe(4)
  })
})

describe('gradients', () => {
  it.each(['source', 'batch', 'blend'] as const)('agree with finite differences in %s mode', (kind) => {
    const model = newModel(smooth(smallGraph()))
    model.setNorm(kind === 'blend' ? { kind, alpha: 0.3 } : { kind })
    const x = image(2, 16)
    const random = createRandom(3)
    const weights = tf.tensor4d(
      Float32Array.from({ length: 2 * 16 * 16 * 3 }, () => random.normal()),
      [2, 16, 16, 3],
    )
    const parameters = model.parameters('all')
    const { value, grads } = tf.variableGrads(
      () => tf.sum<tf.Scalar>(tf.mul(model.logits(x), weights)),
      parameters.map(({ variable }) => variable),
    )
    // Differences first, then the sum in double precision: else the digits of the loss do not suffice.
    const logits = (): ArrayLike<number> => tf.tidy(() => model.logits(x).dataSync())
    const factors = Array.from(weights.dataSync())
    for (const { name, variable } of parameters) {
      const gradient = grads[variable.name]!
      expect(gradient.shape).toEqual(variable.shape)
      // Along a random direction: one number a parameter.
      const direction = tf.tensor(
        Float32Array.from({ length: variable.size }, () => random.normal()),
        variable.shape,
      )
      const expected = tf.tidy(() => tf.sum(tf.mul(gradient, direction)).dataSync()[0]!)
      const at = (step: number): ArrayLike<number> => {
        const original = variable.clone()
        tf.tidy(() => variable.assign(tf.add(original, tf.mul(direction, step))))
        const result = logits()
        variable.assign(original)
        original.dispose()
        return result
      }
      const step = 2e-2 / Math.sqrt(variable.size)
      const [up, down] = [at(step), at(-step)]
      const measured = factors.reduce((sum, factor, n) => sum + factor * (up[n]! - down[n]!), 0) / (2 * step)
      expect(Math.abs(measured - expected), name).toBeLessThan(0.05 + 0.005 * Math.abs(expected))
      direction.dispose()
    }
    tf.dispose([value, grads, x, weights])
  })
})

describe('norm modes', () => {
  it('normalise with the batch, the blend or fixed moments, and report the raw moments', () => {
    const model = newModel()
    const x = image(2, 16)
    const of = (run: () => Tensor): Float32Array => tf.tidy(() => Float32Array.from(run().dataSync()))
    const source = of(() => model.logits(x))
    model.setNorm({ kind: 'batch' })
    const batch = of(() => model.logits(x))
    const { logits, moments } = model.logitsAndMoments(x)
    logits.dispose()
    expect(largestDifference(source, batch)).toBeGreaterThan(0.1)
    expect([...moments.keys()]).toEqual(model.normLayers.map(({ name }) => name))
    expect(moments.get('enc.0.0.norm.weight')!.count).toBe(2 * 16 * 16)

    model.setNorm({ kind: 'fixed', moments })
    expect(
      largestDifference(
        of(() => model.logits(x)),
        batch,
      ),
    ).toBeLessThan(1e-5)
    model.setNorm({ kind: 'blend', alpha: 1 })
    expect(
      largestDifference(
        of(() => model.logits(x)),
        batch,
      ),
    ).toBeLessThan(1e-5)
    model.setNorm({ kind: 'blend', alpha: 0 })
    expect(
      largestDifference(
        of(() => model.logits(x)),
        source,
      ),
    ).toBeLessThan(1e-6)

    model.setNorm({ kind: 'source' })
    model.setStatistics(moments)
    expect(
      largestDifference(
        of(() => model.logits(x)),
        batch,
      ),
    ).toBeLessThan(1e-5)
    expect(model.normLayers[0]!.source.mean).toEqual(moments.get('enc.0.0.norm.weight')!.mean)
    x.dispose()
  })

  it('reports the moments of a layer as they are by definition', () => {
    const model = newModel()
    const x = image(2, 16)
    const { logits, moments } = model.logitsAndMoments(x)
    const filter = model.parameters('encoder').find(({ name }) => name === 'enc.0.0.conv.weight')!
    const expected: Moments = tf.tidy(() => {
      const y = tf.conv2d(x as tf.Tensor4D, filter.variable as unknown as tf.Tensor4D, 1, 'same')
      const { mean, variance } = tf.moments(y, [0, 1, 2])
      return { mean: mean.dataSync() as Float32Array, variance: variance.dataSync() as Float32Array, count: 512 }
    })
    const seen = moments.get('enc.0.0.norm.weight')!
    expect(largestDifference(seen.mean, expected.mean)).toBeLessThan(1e-6)
    expect(largestDifference(seen.variance, expected.variance)).toBeLessThan(1e-5)
    tf.dispose([logits, x])
  })
})

describe('parameters', () => {
  it('are grouped by where they lie', () => {
    const model = newModel()
    const names = (group: Parameters<Model['parameters']>[0]): string[] => model.parameters(group).map((p) => p.name)
    expect(names('head')).toEqual(['head.weight', 'head.bias'])
    expect(names('norm-affine')).toHaveLength(2 * 10)
    expect(names('norm-stats')).toHaveLength(2 * 10)
    expect(names('first-block').every((name) => name.startsWith('enc.0.'))).toBe(true)
    expect(names('first-block')).toHaveLength(6)
    expect(names('encoder').every((name) => name.startsWith('enc.'))).toBe(true)
    expect(names('decoder').every((name) => /^(dec|up)\./.test(name))).toBe(true)
    expect([...names('encoder'), ...names('decoder'), ...names('head')].sort()).toEqual(names('all').sort())
  })

  it('survive values and load to the bit', () => {
    const graph = smallGraph()
    const model = newModel(graph)
    const before = model.values()
    for (const [name, { dims, data }] of before) {
      expect(dims).toEqual(graph.initializers.get(name)!.dims)
      expect(data).toEqual(graph.initializers.get(name)!.data)
    }
    for (const { variable } of model.parameters('all')) tf.tidy(() => variable.assign(tf.mul(variable, 1.1)))
    expect(model.values()).not.toEqual(before)
    model.load(before)
    expect(model.values()).toEqual(before)
  })

  it('are independent in a clone, and equal', () => {
    const model = newModel()
    const copy = model.clone()
    models.push(copy)
    expect(copy.values()).toEqual(model.values())
    const before = model.values()
    for (const { variable } of copy.parameters('all')) tf.tidy(() => variable.assign(tf.zerosLike(variable)))
    expect(model.values()).toEqual(before)
  })
})

describe('toGraph', () => {
  it('is a valid ONNX model that gives the logits of the changed network', async () => {
    const model = newModel()
    const x = image(1, 16)
    model.setNorm({ kind: 'batch' })
    const { logits: first, moments } = model.logitsAndMoments(x)
    model.setStatistics(moments)
    model.setNorm({ kind: 'source' })
    for (const { variable } of model.parameters('all')) tf.tidy(() => variable.assign(tf.mul(variable, 1.1)))
    const graph = readOnnx(writeOnnx(model.toGraph()))
    const expected = await runReference(graph, { image: { dims: [1, 1, 16, 16], data: inOnnxOrder(x) } })
    const logits = model.logits(x)
    expect(largestDifference(inOnnxOrder(logits), expected.data)).toBeLessThan(1e-4)
    tf.dispose([first, logits, x])
  })
})

describe('what cannot run', () => {
  it('is named: operator and node', () => {
    const graph = smallGraph()
    const nodes = graph.nodes.map((node) => (node.name === 'enc.1.0.relu' ? { ...node, opType: 'Teleport' } : node))
    expect(() => createModel({ ...graph, nodes }, testCard())).toThrow(/"enc\.1\.0\.relu" is the operator Teleport/)
  })

  it('is a weight that is no number', () => {
    const graph = smallGraph()
    const broken = { ...graph.initializers.get('head.bias')!, data: new Float32Array([0, NaN, 0]) }
    const initializers = new Map(graph.initializers).set('head.bias', broken)
    expect(() => createModel({ ...graph, initializers }, testCard())).toThrow(/"head.bias" holds NaN at position 1/)
  })
})

describe('inside the network', () => {
  it('hands out the values that methods look at, and their gradients', () => {
    const model = newModel()
    const { bottleneck, beforeHead, normInputs } = model.places
    expect([bottleneck, beforeHead]).toEqual(['enc.2.1.relu.out', 'dec.0.1.relu.out'])
    expect(normInputs.get('enc.0.0.norm.weight')).toBe('enc.0.0.conv.out')
    expect(normInputs.size).toBe(model.normLayers.length)
    const before = tf.memory().numTensors
    tf.tidy(() => {
      const x = image(2, 8)
      const { logits, values } = model.activations(x, [bottleneck, beforeHead])
      expect(values.get(bottleneck)!.shape).toEqual([2, 2, 2, 16])
      expect(Array.from(logits.dataSync())).toEqual(Array.from(model.logits(x).dataSync()))
      // What the head takes makes the logits: a 1 x 1 convolution.
      const [weight, bias] = ['head.weight', 'head.bias'].map((name) => model.values([name]).get(name)!.data)
      const features = Array.from(values.get(beforeHead)!.dataSync())
      const first = bias![0]! + features.slice(0, 4).reduce((sum, value, c) => sum + value * weight![c]!, 0)
      expect(logits.dataSync()[0]).toBeCloseTo(first, 4)
      const variable = model.parameters('all').find(({ name }) => name === 'enc.0.0.conv.weight')!.variable
      const { grads } = tf.variableGrads(
        () => tf.sum<tf.Scalar>(model.activations(x, [bottleneck]).values.get(bottleneck)!),
        [variable],
      )
      expect(tf.sum(tf.abs(grads[variable.name]!)).dataSync()[0]).toBeGreaterThan(0)
    })
    expect(tf.memory().numTensors).toBe(before)
    expect(() => model.activations(image(1, 8), ['nothing'])).toThrow(/no value nothing/)
  })

  it('answers under a mixture of norm statistics with the mean of its parts', () => {
    const model = newModel()
    const layers = model.normLayers
    const part = (weight: number, shift: number): NormPart => ({
      weight,
      moments: new Map(
        layers.map(({ name, source }) => [name, { ...source, mean: source.mean.map((value) => value + shift) }]),
      ),
    })
    const parts = [part(0.25, 0), part(0.75, 0.5)]
    const before = tf.memory().numTensors
    const probability = (): number[] => tf.tidy(() => Array.from(tf.softmax(model.logits(image(1, 8))).dataSync()))
    const expected = parts.map(({ weight, moments }) => {
      model.setNorm({ kind: 'fixed', moments })
      return probability().map((value) => weight * value)
    })
    model.setNorm({ kind: 'mixture', parts })
    const mixed = probability()
    mixed.forEach((value, n) => expect(value).toBeCloseTo(expected[0]![n]! + expected[1]![n]!, 5))
    const clone = model.clone()
    expect(tf.tidy(() => Array.from(tf.softmax(clone.logits(image(1, 8))).dataSync()))).toEqual(mixed)
    clone.dispose()
    model.setNorm({ kind: 'source' })
    expect(tf.memory().numTensors).toBe(before)
  })
})
