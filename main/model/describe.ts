import type { Note } from '../volume/volume.ts'
import { elementCount } from './onnx-tensor.ts'
import type { OnnxGraph } from './onnx-types.ts'
import { liveGraph, producersOf } from './live.ts'
import type { Model, ParameterGroup } from './model.ts'

/** What is in a network, for people and for choosing a method. */
export type ModelDescription = {
  /** Operators by name, with how often they occur. */
  readonly operators: Readonly<Record<string, number>>
  /** Kinds of norm layers, with how many there are: 'batch', 'instance', 'group', 'layer'. */
  readonly norms: Readonly<Record<string, number>>
  /** Trainable groups: how many tensors, and numbers in them. */
  readonly groups: readonly { readonly group: ParameterGroup; readonly tensors: number; readonly numbers: number }[]
  /** No norm layer at all, though convolutions stand where norm layers usually follow. */
  readonly seemsFolded: boolean
  readonly notes: readonly Note[]
}

const groups = ['all', 'norm-affine', 'norm-stats', 'first-block', 'encoder', 'decoder', 'head'] as const

/** Both of PyTorch's exporters fold batch norm into convolutions unless told not to; the first line is for the default
 *  one, the second for the older one. Checked with torch 2.15: testdata/export.py. */
export const keepBatchNorm = [
  'torch.onnx.export(model, (image,), "model.onnx", dynamo=True, optimize=False, external_data=False)',
  'torch.onnx.export(model, (image,), "model.onnx", dynamo=False, ' +
    'training=torch.onnx.TrainingMode.EVAL, do_constant_folding=False)',
] as const

export function describeModel(model: Model): ModelDescription {
  const live = liveGraph(model.graph)
  const operators: Record<string, number> = {}
  for (const { opType } of live.nodes) operators[opType] = (operators[opType] ?? 0) + 1
  const norms = normKinds(operators, model)
  const seemsFolded = Object.keys(norms).length === 0 && bareConvolutions(live) >= 2
  return {
    operators,
    norms,
    groups: groups.map((group) => {
      const parameters = model.parameters(group)
      const numbers = parameters.reduce((sum, { onnxDims }) => sum + elementCount(onnxDims), 0)
      return { group, tensors: parameters.length, numbers }
    }),
    seemsFolded,
    notes: [...foldedNote(seemsFolded), ...sizeNote(model.graph)],
  }
}

/** Group norm is exported as instance norm between two reshapes, scaled behind the second. */
function normKinds(operators: Readonly<Record<string, number>>, model: Model): Record<string, number> {
  const producers = producersOf(model.graph)
  const instance = model.graph.nodes.filter(({ opType }) => opType === 'InstanceNormalization')
  const grouped = instance.filter(({ inputs }) => producers.get(inputs[0]!)?.opType === 'Reshape').length
  const counts: readonly (readonly [string, number])[] = [
    ['batch', operators['BatchNormalization'] ?? 0],
    ['instance', (operators['InstanceNormalization'] ?? 0) - grouped],
    ['group', (operators['GroupNormalization'] ?? 0) + grouped],
    ['layer', operators['LayerNormalization'] ?? 0],
  ]
  return Object.fromEntries(counts.filter(([, count]) => count > 0))
}

/** Convolutions with a bias that an activation follows at once. */
function bareConvolutions(graph: OnnxGraph): number {
  const producers = producersOf(graph)
  const activations = new Set([
    'Relu',
    'LeakyRelu',
    'PRelu',
    'Elu',
    'Selu',
    'Gelu',
    'Mish',
    'HardSwish',
    'Clip',
    'Sigmoid',
  ])
  return graph.nodes.filter(({ opType, inputs }) => {
    const before = producers.get(inputs[0] ?? '')
    return activations.has(opType) && before?.opType === 'Conv' && Boolean(before.inputs[2])
  }).length
}

function foldedNote(seemsFolded: boolean): Note[] {
  if (!seemsFolded) return []
  const message =
    'The model has no norm layers: the exporter has probably folded batch norm into the convolutions. Methods that ' +
    `adapt norm layers do not apply. To keep it, export with ${keepBatchNorm[0]} or ${keepBatchNorm[1]}.`
  return [{ code: 'batch-norm-folded', message }]
}

function sizeNote(graph: OnnxGraph): Note[] {
  const dims = graph.inputs[0]?.dims ?? []
  const fixed = dims.filter((size, axis) => axis !== 1 && typeof size === 'number')
  if (fixed.length === 0) return []
  const message =
    `The model was exported for images of [${dims.join(', ')}] (batch, channels, then the picture): other sizes may ` +
    'fail. Free sizes need dynamic_shapes (dynamo=True) or dynamic_axes (dynamo=False) in torch.onnx.export.'
  return [{ code: 'fixed-size', message }]
}
