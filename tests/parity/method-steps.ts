import { readFileSync } from 'node:fs'
import type { Method, StepReport } from '../../main/adapt/method.ts'
import { methods } from '../../main/adapt/methods/index.ts'
import { parseOptions } from '../../main/adapt/options.ts'
import type { OptionValue } from '../../main/adapt/options.ts'
import { EpisodeWork } from '../../main/adapt/work.ts'
import type { ModelCard } from '../../main/model/card.ts'
import { createModel } from '../../main/model/graph.ts'
import type { Model, ParameterValues } from '../../main/model/model.ts'
import { predictStudy } from '../../main/predict/predict.ts'
import type { ModelStudy } from '../../main/predict/study.ts'
import { createRandom } from '../../main/volume/random.ts'
import { unetGraph } from '../../models/training/unet.ts'
import { tinyCompanions } from '../tiny/companions.ts'
import { tinyCard } from '../tiny/world.ts'

/** Three steps of each method on a network and a scan so small that all numbers can be stored: what PyTorch computes again. */
export const size = 20
export const classes = 3
export const shape = { base: 2, depth: 1, inputs: 1, classes }
const slices = 5

type Case = { readonly method: keyof typeof methods; readonly options: Readonly<Record<string, OptionValue>> }

const small = { batch: 3, slices, steps: 3 }
const mirrored = { ...small, symmetries: 'mirror' }
/** Large enough rates that three steps show, whatever the method's own default. */
export const cases: Readonly<Record<string, Case>> = {
  'norm by volume': { method: 'norm', options: { batch: 2, steps: 3, alpha: 0.4 } },
  'norm by count': { method: 'norm', options: { batch: 2, steps: 3, rule: 'count', prior: 16, unbiased: true } },
  'norm by root': { method: 'norm', options: { batch: 2, steps: 3, rule: 'root' } },
  'norm, moving': { method: 'norm', options: { batch: 2, steps: 3, rule: 'moving', unbiased: true } },
  'norm, decaying': { method: 'norm', options: { batch: 2, steps: 3, rule: 'decaying' } },
  'tent by batch': { method: 'tent', options: { ...small, statistics: 'batch', entropy: 'plain' } },
  'tent by volume': { method: 'tent', options: { ...small, statistics: 'volume', entropy: 'balanced' } },
  consistency: {
    method: 'consistency',
    options: {
      ...mirrored,
      scope: 'all',
      learningRate: 1e-3,
      likelihood: false,
      confidence: true,
      disagreement: 0.17,
      sourceAnchor: 0.1,
      weightAnchor: 0.5,
    },
  },
  'memo, AdamW': { method: 'memo', options: { ...mirrored, views: 3, learningRate: 1e-3 } },
  'memo, gradient descent': {
    method: 'memo',
    options: { ...mirrored, views: 4, optimizer: 'sgd', learningRate: 1e-2 },
  },
  eata: { method: 'eata', options: { ...small, statistics: 'batch', redundancy: 0.9995, margin: 0.6, fisher: 2 } },
  'eata, gradient descent': {
    method: 'eata',
    options: { ...small, optimizer: 'sgd', learningRate: 2e-2, region: 'all', margin: 0.7 },
  },
  cotta: {
    method: 'cotta',
    options: { ...mirrored, learningRate: 1e-3, restore: 0.05, confidence: 1, statistics: 'batch' },
  },
  'cotta, symmetric': {
    method: 'cotta',
    options: { ...mirrored, learningRate: 1e-3, loss: 'symmetric', confidence: 0 },
  },
  sar: { method: 'sar', options: { ...small, learningRate: 2e-2, margin: 0.7, statistics: 'batch', layers: 'all' } },
  rotta: { method: 'rotta', options: { slices, steps: 3, every: 2, memory: 4, symmetries: 'mirror' } },
  intent: { method: 'intent', options: { blends: 3, batch: 2, slices } },
  grata: { method: 'grata', options: { ...small, symmetries: 'all', learningRate: 1e-3, statistics: 'batch' } },
  dltta: { method: 'dltta', options: { ...small, neighbours: 2, region: 'all' } },
  'dg-tta': { method: 'dg-tta', options: { ...small, learningRate: 1e-3 } },
  pass: { method: 'pass', options: { ...small, channels: 5 } },
  smart: { method: 'smart', options: { ...small, learningRate: 1e-3, holes: 0, islands: 0 } },
  vptta: { method: 'vptta', options: { ...small, window: 3 } },
  rotation: { method: 'rotation', options: { ...small, learningRate: 1e-2 } },
  restoration: { method: 'restoration', options: { ...small, cell: 4, learningRate: 1e-3 } },
  'shape-prior': { method: 'shape-prior', options: { ...small, channels: 3, refresh: 2 } },
  smoothness: { method: 'smoothness', options: { ...small, ratio: 1, variation: 0.3 } },
  contrastive: { method: 'contrastive', options: { ...mirrored, anchors: 20, diversity: 0.2 } },
  'pseudo-labels': {
    method: 'pseudo-labels',
    options: { ...mirrored, rounds: 3, views: 2, restore: 0.1, scope: 'all' },
  },
  'low-rank': { method: 'low-rank', options: { ...mirrored, rank: 2, inputs: 2, views: 2, learningRate: 1e-2 } },
}

const stored = new URL('network.json', import.meta.url)
export type StoredNetwork = Readonly<Record<string, readonly number[]>>

/** Two discs side by side in noise, fainter from slice to slice: what the stored network has learned to tell apart. */
export function scan(seed: number): { study: ModelStudy; labels: Uint8Array } {
  const random = createRandom(seed)
  const data = new Float32Array(slices * size * size)
  const labels = new Uint8Array(data.length)
  for (let n = 0; n < data.length; n++) {
    const [i, j, k] = [n % size, Math.floor(n / size) % size, Math.floor(n / size ** 2)]
    const label = Math.hypot(i - 5.5, j - 10) < 5.2 - 0.2 * k ? 1 : Math.hypot(i - 14, j - 9) < 4.6 ? 2 : 0
    labels[n] = label
    data[n] = [-1, 0.3, 1.2][label]! * (1 - 0.04 * k) + 0.35 * random.normal()
  }
  const [gridShape, affine] = [[size, size, slices] as const, [1.5, 0, 0, 0, 0, 1.5, 0, 0, 0, 0, 4, 0, 0, 0, 0, 1]]
  const tissueSlices = Array.from({ length: slices }, (_, k) => k)
  // A row and two columns of padding, so that it must be left out of every mean.
  const valid = [[0, size - 2], [1, size], [0, slices]] as const // prettier-ignore
  const native = { shape: gridShape, affine }
  return {
    study: { volume: { ...native, data }, valid, tissueSlices, native, normalization: { mean: 0, sd: 1 } },
    labels,
  }
}

export function parityModel(): Model {
  const graph = unetGraph(shape, createRandom(4))
  const weights = JSON.parse(readFileSync(stored, 'utf8')) as StoredNetwork
  const initializers = new Map(
    Array.from(graph.initializers, ([name, tensor]) => [name, { ...tensor, data: Float32Array.from(weights[name]!) }]),
  )
  // Large enough that the anchor shows beside the entropy.
  const affine = [...initializers.keys()].filter((name) => /norm\.(weight|bias)$/.test(name))
  const fisher = Object.fromEntries(affine.map((name, n) => [name, Array.from(weights[name]!, (_, c) => 1 + n + c)]))
  const label = tinyCard.output.labels
  const card: ModelCard = {
    ...tinyCard,
    output: { ...tinyCard.output, labels: label.slice(0, classes - 1) },
    source: { proportions: [0.1, 0.9], fisher },
  }
  return createModel(
    { ...graph, initializers },
    card,
    tinyCompanions(shape.base, shape.depth, classes, createRandom(6)),
  )
}

type Arrays = Record<string, { dims: readonly number[]; data: number[] }>

export type Recorded = {
  readonly method: string
  readonly options: Readonly<Record<string, OptionValue>>
  /** Of the student, once the method is configured: parameters and norm statistics. */
  readonly start: Arrays
  readonly steps: readonly {
    readonly losses: Readonly<Record<string, number>>
    readonly measures: Readonly<Record<string, number>>
    readonly learningRate: number | undefined
    readonly input: { readonly dims: readonly number[]; readonly data: readonly number[] } | undefined
    readonly views: unknown
  }[]
  /** After the last step, before it is settled: parameters, norm statistics, and what stands before the network. */
  readonly end: Arrays
  /** Probabilities of all slices by the settled student. */
  readonly settled: number[]
}

const plain = (values: ParameterValues): Arrays =>
  Object.fromEntries(Array.from(values, ([name, { dims, data }]) => [name, { dims, data: Array.from(data) }]))

function everything(model: Model): Arrays {
  const names = [...model.parameters('all'), ...model.parameters('norm-stats')].map(({ name }) => name)
  return plain(model.values(names))
}

/** Runs a case: configure, three steps, settle. */
export async function record(name: string): Promise<Recorded> {
  const chosen = cases[name]!
  const method: Method = methods[chosen.method]
  const options = parseOptions(method.options, chosen.options)
  const model = parityModel()
  const student = model.clone()
  const { study } = scan(8)
  try {
    const work = new EpisodeWork({
      source: model,
      student,
      scan: study,
      slices: study.tissueSlices,
      before: await predictStudy(model, study),
      options,
      random: createRandom(21),
      signal: undefined,
      traced: true,
      advance: () => {},
    })
    const state = await method.configure?.(work)
    const start = everything(student)
    const reports: StepReport[] = []
    for (let n = 0; n < 3; n++) reports.push(await method.step!(work, state))
    const before = work.correction
    const end: Arrays = { ...everything(student), ...correctionArrays(before) }
    await method.settle?.(work, state)
    const settled = await predictStudy(student, work.input)
    method.dispose?.(state)
    const steps = reports.map(({ losses = {}, measures = {}, learningRate, trace }) => ({
      losses,
      measures,
      learningRate,
      input: trace && { dims: trace.input.dims, data: Array.from(trace.input.data) },
      views: trace?.views,
    }))
    return { method: chosen.method, options, start, steps, end, settled: Array.from(settled.data) }
  } finally {
    student.dispose()
    model.dispose()
  }
}

function correctionArrays(correction: EpisodeWork['correction']): Arrays {
  const adapter = Object.entries(correction?.adapter ?? {})
  return {
    ...Object.fromEntries(
      adapter.map(([name, { dims, data }]) => [`adapter/${name}`, { dims, data: Array.from(data) }]),
    ),
    ...(correction?.prompt && { prompt: { dims: [correction.prompt.length], data: [...correction.prompt] } }),
  }
}

/** What the reference needs besides: the network and its companions, the scan, and the source model's prediction. */
export async function surroundings(): Promise<unknown> {
  const model = parityModel()
  const { study } = scan(8)
  const graphOf = ({ graph }: Model) => ({
    nodes: graph.nodes.map(({ opType, inputs, outputs, attributes }) => ({ opType, inputs, outputs, attributes })),
    input: graph.inputs[0]!.name,
    output: graph.outputs[0]!.name,
    weights: Object.fromEntries(
      Array.from(graph.initializers, ([name, { dims, data }]) => [name, { dims, data: Array.from(data, Number) }]),
    ),
  })
  const before = await predictStudy(model, study)
  const companions = Object.fromEntries(Object.entries(model.companions).map(([name, each]) => [name, graphOf(each)]))
  const out = {
    network: graphOf(model),
    companions,
    places: { bottleneck: model.places.bottleneck, beforeHead: model.places.beforeHead },
    classes,
    affine: model.parameters('norm-affine').map(({ name }) => name),
    encoder: model.parameters('encoder').map(({ name }) => name),
    source: model.card.source,
    study: { data: Array.from(study.volume.data), size, slices, valid: study.valid, spacingMm: [1.5, 1.5, 4] },
    before: Array.from(before.data),
  }
  model.dispose()
  return out
}
