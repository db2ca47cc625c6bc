import { createModel } from '../../main/model/graph.ts'
import type { Companions } from '../../main/model/model.ts'
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../../main/model/onnx-types.ts'
import type { Random } from '../../main/volume/random.ts'
import { tinyCard } from './world.ts'

type Layer = {
  readonly opType: 'Conv' | 'Relu' | 'GlobalAveragePool'
  readonly shape?: readonly [number, number, number]
}

/** A chain of layers with random weights; a Conv's shape is [out, in, size]. */
function chain(input: string, channels: number, layers: readonly Layer[], random: Random): OnnxGraph {
  const initializers = new Map<string, OnnxTensor>()
  const nodes: OnnxNode[] = []
  let x = input
  layers.forEach(({ opType, shape }, n) => {
    const inputs = [x]
    if (shape) {
      const [out, from, size] = shape
      const name = `layer.${n}.weight`
      const spread = 1 / Math.sqrt(from * size * size)
      const data = Float32Array.from({ length: out * from * size * size }, () => spread * random.normal())
      initializers.set(name, { name, dims: [out, from, size, size], dataType: 1, data })
      inputs.push(name)
    }
    x = n === layers.length - 1 ? 'answer' : `layer.${n}.out`
    const pad = shape ? (shape[2] - 1) / 2 : 0
    const attributes = shape ? { kernel_shape: [shape[2], shape[2]], pads: [pad, pad, pad, pad] } : {}
    nodes.push({ name: `layer.${n}`, opType, domain: '', inputs, outputs: [x], attributes })
  })
  return {
    name: 'companion',
    opset: 17,
    nodes,
    initializers,
    inputs: [{ name: input, dataType: 1, dims: ['n', channels, 'height', 'width'] }],
    outputs: [{ name: 'answer', dataType: 1, dims: ['n', 'channels', 'rows', 'columns'] }],
    metadata: {},
  }
}

/** Untrained companions of a U-Net of unetGraph: enough to see that a method computes what it should. */
export function tinyCompanions(base: number, depth: number, classes: number, random: Random): Companions {
  const deepest = base * 2 ** depth
  const graphs = {
    rotation: chain(
      `enc.${depth}.1.relu.out`,
      deepest,
      [{ opType: 'GlobalAveragePool' }, { opType: 'Conv', shape: [4, deepest, 1] }],
      random,
    ),
    restoration: chain('enc.0.1.relu.out', base, [{ opType: 'Conv', shape: [1, base, 3] }], random),
    shapePrior: chain(
      'probability',
      classes,
      [{ opType: 'Conv', shape: [6, classes, 3] }, { opType: 'Relu' }, { opType: 'Conv', shape: [classes, 6, 3] }],
      random,
    ),
  }
  return Object.fromEntries(Object.entries(graphs).map(([name, graph]) => [name, createModel(graph, tinyCard)]))
}
