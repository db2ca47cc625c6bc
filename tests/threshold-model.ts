import { saveModel } from '../main/model/files.ts'
import type { ModelCard } from '../main/model/card.ts'
import type { OnnxGraph, OnnxNode, OnnxTensor } from '../main/model/onnx-types.ts'
import { writeNifti } from '../main/volume/nifti.ts'
import type { LabelMap, Volume } from '../main/volume/volume.ts'
import { createRandom } from '../main/volume/random.ts'

const tensor = (name: string, dims: readonly number[], data: readonly number[]): OnnxTensor => ({
  name,
  dims,
  dataType: 1,
  data: Float32Array.from(data),
})

/**
 * A network whose answer is known: it labels by intensity (below -1 background, then label 1, above 0.2 label 2), as two
 * 1x1 convolutions with a batch norm between them. It has everything that methods train, and runs in no time.
 */
export function thresholdGraph(): OnnxGraph {
  const nodes: OnnxNode[] = [
    {
      name: 'lift',
      opType: 'Conv',
      domain: '',
      inputs: ['image', 'lift.weight'],
      outputs: ['lifted'],
      attributes: { kernel_shape: [1, 1] },
    },
    {
      name: 'norm',
      opType: 'BatchNormalization',
      domain: '',
      inputs: ['lifted', 'norm.weight', 'norm.bias', 'norm.mean', 'norm.var'],
      outputs: ['normed'],
      attributes: { epsilon: 1e-5 },
    },
    { name: 'relu', opType: 'Relu', domain: '', inputs: ['normed'], outputs: ['bent'], attributes: {} },
    {
      name: 'head',
      opType: 'Conv',
      domain: '',
      inputs: ['bent', 'head.weight', 'head.bias'],
      outputs: ['logits'],
      attributes: { kernel_shape: [1, 1] },
    },
  ]
  const initializers = [
    tensor('lift.weight', [2, 1, 1, 1], [1, 1]),
    tensor('norm.weight', [2], [1, 1]),
    tensor('norm.bias', [2], [1, -0.2]),
    tensor('norm.mean', [2], [0, 0]),
    tensor('norm.var', [2], [1, 1]),
    // Rows: background, label 1, label 2. Columns: how far above -1, how far above 0.2.
    tensor('head.weight', [3, 2, 1, 1], [-8, 0, 0, 0, 0, 12]),
    tensor('head.bias', [3], [1.5, 0, -1.5]),
  ]
  return {
    name: 'threshold',
    opset: 17,
    nodes,
    initializers: new Map(initializers.map((one) => [one.name, one])),
    inputs: [{ name: 'image', dataType: 1, dims: ['n', 1, 'height', 'width'] }],
    outputs: [{ name: 'logits', dataType: 1, dims: ['n', 3, 'height', 'width'] }],
    metadata: {},
  }
}

const code = (meaning: string) => ({ value: '12738006', scheme: 'SCT', meaning })

export const thresholdCard: ModelCard = {
  schema: 1,
  name: 'threshold',
  version: '1.0.0',
  title: 'Labels by intensity, for tests',
  licence: 'Apache-2.0',
  modality: 'MR',
  bodyPart: 'BRAIN',
  input: {
    dimensions: 2,
    orientation: 'LPS',
    spacing: [3, 3, 0],
    patch: [16, 16],
    normalization: { kind: 'foreground-z-score', threshold: 0.1, clamp: [-4, 6] },
  },
  output: {
    labels: [
      { value: 1, name: 'shell', color: '#E69F00', code: code('Brain'), category: code('Brain') },
      { value: 2, name: 'core', color: '#56B4E9', code: code('Brain'), category: code('Brain') },
    ],
    largestComponent: true,
  },
  training: { data: 'none', notice: '', command: '', seed: 0, steps: 0 },
  source: { proportions: [0.68, 0.32], proportionsStd: [0.02, 0.02] },
  limits: [],
  sha256: '',
}

export async function saveThresholdModel(folder: string): Promise<ModelCard> {
  return saveModel(folder, { graph: thresholdGraph(), card: thresholdCard })
}

/** A bright ball in a darker one on noise, 3 mm: the scan, and its labels. */
export function ballScan(): { volume: Volume; truth: LabelMap } {
  const shape = [48, 56, 40] as const
  const grid = { shape, affine: [3, 0, 0, -70.5, 0, 3, 0, -82.5, 0, 0, 3, -58.5, 0, 0, 0, 1] }
  const random = createRandom(1)
  const data = new Float32Array(shape[0] * shape[1] * shape[2])
  const labels = new Uint8Array(data.length)
  for (let n = 0; n < data.length; n++) {
    const [i, j, k] = [n % 48, Math.floor(n / 48) % 56, Math.floor(n / (48 * 56))]
    const mm = 3 * Math.hypot(i - 23.5, (j - 27.5) * 0.85, k - 19.5)
    labels[n] = mm < 36 ? 2 : mm < 54 ? 1 : 0
    data[n] = Math.abs([5, 300, 700][labels[n]!]! + 25 * random.normal())
  }
  return { volume: { ...grid, data }, truth: { ...grid, data: labels } }
}

export function ballNifti(): { scan: Uint8Array; truth: Uint8Array } {
  const { volume, truth } = ballScan()
  return { scan: writeNifti(volume), truth: writeNifti(truth) }
}
