import type { Model } from '../../main/model/model.ts'
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from '../../main/model/onnx-types.ts'
import type { Random } from '../../main/volume/random.ts'
import { unetGraph } from './unet.ts'

const float32 = 1

/** A convolution of so many channels, one that doubles the size, or the mean over all places; ReLU behind all but the last
 *  and the mean. */
type Layer =
  | { readonly channels: number; readonly size: number; readonly stride?: number }
  | { readonly channels: number; readonly kind: 'twice the size' }
  | 'mean over places'

/**
 * Says by how many quarter turns a slice was turned, from the deepest features. Its convolutions see nearly all of the slice:
 * what lies where tells more than what is there. Reads and answers as Companions.rotation in main/model/model.ts.
 */
export function rotationGraph(model: Model, random: Random): OnnxGraph {
  const at = model.places.bottleneck
  const layers: Layer[] = [
    { channels: 32, size: 3 },
    { channels: 32, size: 3, stride: 2 },
    { channels: 32, size: 3, stride: 2 },
    'mean over places',
    { channels: 4, size: 1 },
  ]
  return chain('rotation', at, channelsOf(model, at), layers, random)
}

/** Restores hidden parts of a slice from the encoder's features at a quarter of its size: deeper ones have lost the details,
 *  higher ones see no further than a hidden cell. */
export function restorationGraph(model: Model, random: Random): OnnxGraph {
  const at = 'enc.2.1.relu.out'
  const layers: Layer[] = [
    { channels: 64, size: 3 },
    { channels: 48, size: 3 },
    { channels: 24, kind: 'twice the size' },
    { channels: 1, kind: 'twice the size' },
  ]
  return chain('restoration', at, channelsOf(model, at), layers, random)
}

/** How sure of its input the shape prior is before it has learned anything. */
const sureness = 6

/** A small U-Net from probabilities of a mask to logits of a plausible one. What it learns is what to change: it begins as
 *  the input itself, so that thin structures are there from the first step on. */
export function shapePriorGraph(classes: number, random: Random): OnnxGraph {
  const graph = unetGraph({ base: 8, depth: 3, inputs: classes, classes }, random)
  const [input] = graph.inputs
  const name = 'probability'
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((value) => (value === input!.name ? name : value)),
    outputs: node.outputs.map((value) => (value === 'logits' ? 'change' : value)),
  }))
  const data = Float32Array.from({ length: classes ** 2 }, (_, n) => (n % (classes + 1) === 0 ? sureness : 0))
  const same = { name: 'same.weight', dims: [classes, classes, 1, 1], dataType: float32, data }
  const head = graph.initializers.get('head.weight')!
  const initializers = new Map(graph.initializers)
    .set(same.name, same)
    .set(head.name, { ...head, data: new Float32Array(head.data.length) })
  const attributes = { kernel_shape: [1, 1] }
  nodes.push(
    { name: 'same', opType: 'Conv', domain: '', inputs: [name, same.name], outputs: ['same'], attributes },
    { name: 'sum', opType: 'Add', domain: '', inputs: ['change', 'same'], outputs: ['logits'], attributes: {} },
  )
  return { ...graph, name: 'shape-prior', nodes, initializers, inputs: [{ ...input!, name }] }
}

/** How many channels a value of the network has: those of the scale that made it, or of the filter. */
function channelsOf({ graph }: Model, value: string): number {
  const node = graph.nodes.find(({ outputs }) => outputs.includes(value))
  if (!node) throw new Error(`nothing makes ${value}`)
  if (node.opType === 'BatchNormalization') return graph.initializers.get(node.inputs[1]!)!.dims[0]!
  const filter = node.opType === 'Conv' ? graph.initializers.get(node.inputs[1]!) : undefined
  return filter ? filter.dims[0]! : channelsOf({ graph } as Model, node.inputs[0]!)
}

function chain(
  name: string,
  input: string,
  inputChannels: number,
  layers: readonly Layer[],
  random: Random,
): OnnxGraph {
  const initializers = new Map<string, OnnxTensor>()
  const tensor = (tensorName: string, dims: readonly number[], value: () => number): string => {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, value)
    initializers.set(tensorName, { name: tensorName, dims, dataType: float32, data })
    return tensorName
  }
  const nodes: OnnxNode[] = []
  let from = inputChannels
  let x = input
  const add = (opType: string, inputs: readonly string[], attributes: Record<string, OnnxAttribute> = {}): void => {
    const output = `${name}.${nodes.length}.out`
    nodes.push({ name: `${name}.${nodes.length}`, opType, domain: '', inputs, outputs: [output], attributes })
    x = output
  }
  layers.forEach((layer, n) => {
    if (layer === 'mean over places') return add('GlobalAveragePool', [x])
    const { channels } = layer
    const bias = tensor(`${name}.${n}.bias`, [channels], () => 0)
    // The last one begins with nothing: no step is lost on unlearning what chance says.
    const spread = n < layers.length - 1 ? 1 : 0
    const filter = (dims: readonly number[], fanIn: number): string =>
      tensor(`${name}.${n}.weight`, dims, () => spread * Math.sqrt(2 / fanIn) * random.normal())
    if ('kind' in layer)
      add('ConvTranspose', [x, filter([from, channels, 2, 2], from), bias], { kernel_shape: [2, 2], strides: [2, 2] })
    else {
      const { size, stride = 1 } = layer
      const pad = (size - 1) / 2
      const shape = { kernel_shape: [size, size], pads: [pad, pad, pad, pad], strides: [stride, stride] }
      add('Conv', [x, filter([channels, from, size, size], from * size ** 2), bias], shape)
    }
    if (n < layers.length - 1) add('Relu', [x])
    from = channels
  })
  return {
    name,
    opset: 17,
    nodes,
    initializers,
    inputs: [{ name: input, dataType: float32, dims: ['n', inputChannels, 'height', 'width'] }],
    outputs: [{ name: x, dataType: float32, dims: ['n', from, 'rows', 'columns'] }],
    metadata: {},
  }
}
