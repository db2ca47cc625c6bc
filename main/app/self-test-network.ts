/** A network small enough to be computed by hand as well, and a scan for it: what the self-test runs on. */
import type { ModelCard } from '../model/card.ts'
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../model/onnx-types.ts'
import type { ModelStudy } from '../predict/study.ts'
import { createRandom } from '../volume/random.ts'

export const side = 32
const depth = 6
const features = 4
const classes = 3

const code = { value: '12738006', scheme: 'SCT', meaning: 'Brain' }
const label = (value: number, name: string, color: string) => ({ value, name, color, code, category: code })

export const selfTestCard: ModelCard = {
  schema: 1,
  name: 'self-test',
  version: '1',
  title: 'Self-test',
  licence: 'Apache-2.0',
  modality: 'MR',
  bodyPart: 'BRAIN',
  input: {
    dimensions: 2,
    orientation: 'LPS',
    spacing: [1, 1, 0],
    patch: [side, side],
    normalization: { kind: 'foreground-z-score', threshold: 0.1, clamp: [-4, 6] },
  },
  output: { labels: [label(1, 'ring', '#E69F00'), label(2, 'disc', '#56B4E9')], largestComponent: false },
  training: { data: 'none', notice: '', command: '', seed: 0, steps: 0 },
  source: {},
  limits: [],
  sha256: '',
}

/** Weights by name, ONNX layouts. */
export function selfTestWeights(): ReadonlyMap<string, OnnxTensor> {
  const random = createRandom(11)
  const draw = (name: string, dims: number[], centre: number, reach: number): OnnxTensor => {
    const count = dims.reduce((product, n) => product * n, 1)
    const data = Float32Array.from({ length: count }, () => centre + reach * random.normal())
    return { name, dims, dataType: 1, data }
  }
  const tensors = [
    draw('conv.weight', [features, 1, 3, 3], 0, 0.4),
    draw('norm.weight', [features], 1, 0.1),
    draw('norm.bias', [features], 0, 0.1),
    draw('norm.mean', [features], 0, 0.1),
    { ...draw('norm.var', [features], 1, 0), name: 'norm.var' },
    draw('head.weight', [classes, features, 1, 1], 0, 1),
    draw('head.bias', [classes], 0, 0.3),
  ]
  return new Map(tensors.map((tensor) => [tensor.name, tensor]))
}

export function selfTestGraph(): OnnxGraph {
  const node = (opType: string, inputs: string[], output: string, attributes = {}): OnnxNode => ({
    name: output,
    opType,
    domain: '',
    inputs,
    outputs: [output],
    attributes,
  })
  return {
    name: 'self-test',
    opset: 17,
    nodes: [
      node('Conv', ['image', 'conv.weight'], 'features', { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
      node('BatchNormalization', ['features', 'norm.weight', 'norm.bias', 'norm.mean', 'norm.var'], 'normed', {
        epsilon: 1e-5,
      }),
      node('Relu', ['normed'], 'bent'),
      node('Conv', ['bent', 'head.weight', 'head.bias'], 'logits', { kernel_shape: [1, 1] }),
    ],
    initializers: selfTestWeights(),
    inputs: [{ name: 'image', dataType: 1, dims: ['n', 1, 'height', 'width'] }],
    outputs: [{ name: 'logits', dataType: 1, dims: ['n', classes, 'height', 'width'] }],
    metadata: {},
  }
}

/** A disc in a ring, with noise. */
export function selfTestStudy(): ModelStudy {
  const random = createRandom(12)
  const shape = [side, side, depth] as const
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1]
  const data = Float32Array.from({ length: side * side * depth }, (_, n) => {
    const r = Math.hypot((n % side) - side / 2, (Math.floor(n / side) % side) - side / 2)
    return (r < 7 ? 1 : r < 12 ? 0.2 : -1.5) + 0.1 * random.normal()
  })
  const whole = (n: number): readonly [number, number] => [0, n]
  return {
    volume: { shape, affine, data },
    valid: [whole(side), whole(side), whole(depth)],
    tissueSlices: Array.from({ length: depth }, (_, k) => k),
    native: { shape, affine },
    normalization: { mean: 0, sd: 1 },
  }
}

/** Logits [class][j][i] of the first slice, computed value by value without any engine. */
export function logitsByHand(study: ModelStudy): Float64Array {
  const weights = selfTestWeights()
  const w = (name: string): Float32Array => weights.get(name)!.data as Float32Array
  const pixel = (i: number, j: number): number =>
    i < 0 || j < 0 || i >= side || j >= side ? 0 : study.volume.data[i + side * j]!
  const out = new Float64Array(classes * side * side)
  for (let j = 0; j < side; j++)
    for (let i = 0; i < side; i++) {
      const bent = Array.from({ length: features }, (_, f) => {
        let sum = 0
        for (let dj = 0; dj < 3; dj++)
          for (let di = 0; di < 3; di++) sum += w('conv.weight')[9 * f + 3 * dj + di]! * pixel(i + di - 1, j + dj - 1)
        const normed = (sum - w('norm.mean')[f]!) / Math.sqrt(w('norm.var')[f]! + 1e-5)
        return Math.max(0, normed * w('norm.weight')[f]! + w('norm.bias')[f]!)
      })
      for (let c = 0; c < classes; c++)
        out[c * side * side + j * side + i] = bent.reduce(
          (sum, value, f) => sum + value * w('head.weight')[c * features + f]!,
          w('head.bias')[c]!,
        )
    }
  return out
}
