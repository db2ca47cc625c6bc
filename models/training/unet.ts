import type { Random } from '../../main/volume/random.ts'
import type { OnnxAttribute, OnnxGraph, OnnxNode, OnnxTensor } from '../../main/model/onnx-types.ts'

export type UnetShape = {
  readonly base: number
  readonly depth: number
  readonly inputs: number
  readonly classes: number
}

const float32 = 1

/**
 * The reference 2D U-Net as an ONNX graph with fresh weights: per level two 3x3 convolutions without bias, each with
 * batch norm and ReLU; 2x2 max pooling down, 2x2 transposed convolution up, skip first in the concatenation; 1x1 head.
 * He initialisation (fan in) for 3x3 filters; the random stream decides every weight. Free batch, height and width.
 * Ronneberger et al., MICCAI 2015, arXiv:1505.04597; the layout follows shared/prototype/net.py.
 */
export function unetGraph(shape: UnetShape, random: Random): OnnxGraph {
  const nodes: OnnxNode[] = []
  const initializers = new Map<string, OnnxTensor>()
  const tensor = (name: string, dims: readonly number[], value: () => number): string => {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, value)
    initializers.set(name, { name, dims, dataType: float32, data })
    return name
  }
  const node = (
    opType: string,
    name: string,
    inputs: readonly string[],
    attributes: Record<string, OnnxAttribute> = {},
  ): string => {
    nodes.push({ name, opType, domain: '', inputs, outputs: [`${name}.out`], attributes })
    return `${name}.out`
  }
  const gaussian = (fanIn: number) => () => random.normal() * Math.sqrt(2 / fanIn)

  const convNormRelu = (name: string, x: string, from: number, to: number): string => {
    const weight = tensor(`${name}.conv.weight`, [to, from, 3, 3], gaussian(from * 9))
    const conv = node('Conv', `${name}.conv`, [x, weight], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] })
    const norm = node(
      'BatchNormalization',
      `${name}.norm`,
      [
        conv,
        tensor(`${name}.norm.weight`, [to], () => 1),
        tensor(`${name}.norm.bias`, [to], () => 0),
        tensor(`${name}.norm.running_mean`, [to], () => 0),
        tensor(`${name}.norm.running_var`, [to], () => 1),
      ],
      { epsilon: 1e-5 },
    )
    return node('Relu', `${name}.relu`, [norm])
  }
  const block = (name: string, x: string, from: number, to: number): string =>
    convNormRelu(`${name}.1`, convNormRelu(`${name}.0`, x, from, to), to, to)

  const channels = Array.from({ length: shape.depth + 1 }, (_, level) => shape.base * 2 ** level)
  const skips: string[] = []
  let x = 'image'
  channels.forEach((to, level) => {
    if (level > 0) x = node('MaxPool', `pool.${level - 1}`, [x], { kernel_shape: [2, 2], strides: [2, 2] })
    x = block(`enc.${level}`, x, level === 0 ? shape.inputs : channels[level - 1]!, to)
    skips.push(x)
  })
  for (let level = shape.depth - 1; level >= 0; level--) {
    const [from, to] = [channels[level + 1]!, channels[level]!]
    const weight = tensor(`up.${level}.weight`, [from, to, 2, 2], gaussian(from))
    const bias = tensor(`up.${level}.bias`, [to], () => 0)
    const up = node('ConvTranspose', `up.${level}`, [x, weight, bias], { kernel_shape: [2, 2], strides: [2, 2] })
    x = block(`dec.${level}`, node('Concat', `cat.${level}`, [skips[level]!, up], { axis: 1 }), 2 * to, to)
  }
  const headWeight = tensor('head.weight', [shape.classes, shape.base, 1, 1], gaussian(shape.base * 2))
  const headBias = tensor('head.bias', [shape.classes], () => 0)
  nodes.push({
    name: 'head',
    opType: 'Conv',
    domain: '',
    inputs: [x, headWeight, headBias],
    outputs: ['logits'],
    attributes: { kernel_shape: [1, 1] },
  })
  return {
    name: 'unet',
    opset: 17,
    nodes,
    initializers,
    inputs: [{ name: 'image', dataType: float32, dims: ['n', shape.inputs, 'height', 'width'] }],
    outputs: [{ name: 'logits', dataType: float32, dims: ['n', shape.classes, 'height', 'width'] }],
    metadata: {},
  }
}
