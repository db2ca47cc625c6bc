import { UserError } from '../errors.ts'
import { tf } from '../engine/tf.ts'
import type { Tensor, Variable } from '../engine/tf.ts'
import type { Calibration } from './calibration.ts'
import type { ModelCard } from './card.ts'
import type {
  Companions,
  Model,
  Moments,
  NormMode,
  Parameter,
  ParameterGroup,
  ParameterValues,
  Places,
} from './model.ts'
import { NormState } from './norm-state.ts'
import { dataTypes } from './onnx-tensor.ts'
import { liveGraph } from './live.ts'
import type { OnnxGraph, OnnxTensor } from './onnx-types.ts'
import { parameterGroups, parameterRoles, placesOf } from './parameters.ts'
import { planRun, runTo } from './run.ts'
import { prepare } from './prepare.ts'
import type { Plan, Surroundings } from './run.ts'
import { inLayout, tensorValue } from './value.ts'
import type { Layout, Value } from './value.ts'

/** A weight in memory: its variable in the layout in which the operators want it. */
type Stored = {
  readonly name: string
  readonly dims: readonly number[]
  readonly layout: Layout
  readonly variable: Variable
}

type Groups = ReadonlyMap<ParameterGroup, ReadonlySet<string>>

/** tf.Variable names are global, and every model has its own. */
let models = 0

/** A network that runs and trains. Throws UserError('model-unsupported') where an operator is missing, a weight is not
 *  a finite number, or the graph does not hang together. The caller disposes; the companions go with it. */
export function createModel(
  loaded: OnnxGraph,
  card: ModelCard,
  companions: Companions = {},
  calibration?: Calibration,
): Model {
  const graph = prepare(loaded)
  const live = liveGraph(graph)
  const plan = planRun(live, card.name)
  const stored = new Map<string, Stored>()
  const id = models++
  for (const { name, kind, layout } of parameterRoles(live)) {
    const tensor = graph.initializers.get(name)!
    checkFinite(tensor, card)
    stored.set(name, store(tensor, layout, kind === 'weight', `model${id}/${name}`))
  }
  const fixed = { graph, card, companions, calibration, places: placesOf(live) }
  return new OnnxModel(fixed, plan, stored, parameterGroups(live), true)
}

type Fixed = Pick<Model, 'graph' | 'card' | 'companions' | 'calibration' | 'places'>

class OnnxModel implements Model {
  readonly card: ModelCard
  readonly graph: OnnxGraph
  readonly companions: Companions
  readonly calibration: Calibration | undefined
  readonly places: Places
  readonly stride: number
  private readonly ownsCompanions: boolean
  private readonly plan: Plan
  private readonly stored: ReadonlyMap<string, Stored>
  private readonly groups: Groups
  private readonly norms: NormState

  constructor(
    { graph, card, companions, calibration, places }: Fixed,
    plan: Plan,
    stored: ReadonlyMap<string, Stored>,
    groups: Groups,
    ownsCompanions: boolean,
  ) {
    this.graph = graph
    this.card = card
    this.companions = companions
    this.calibration = calibration
    this.places = places
    this.ownsCompanions = ownsCompanions
    this.plan = plan
    this.stored = stored
    this.stride = plan.stride
    this.groups = groups
    this.norms = new NormState(plan.norms, (name) => this.weight(name).variable)
  }

  get normLayers(): ReturnType<NormState['layers']> {
    return this.norms.layers()
  }

  get norm(): NormMode {
    return this.norms.mode
  }

  logits(batch: Tensor): Tensor {
    return this.answer(batch)
  }

  activations(batch: Tensor, names: readonly string[]): { logits: Tensor; values: Map<string, Tensor> } {
    const [logits, ...values] = this.run(batch, undefined, names)
    return { logits, values: new Map(names.map((name, n) => [name, values[n]!])) }
  }

  logitsAndMoments(batch: Tensor): { logits: Tensor; moments: Map<string, Moments> } {
    const moments = new Map<string, Moments>()
    return { logits: this.answer(batch, moments), moments }
  }

  setNorm(mode: NormMode): void {
    this.norms.setMode(mode)
  }

  setStatistics(moments: ReadonlyMap<string, Moments>): void {
    this.norms.setStatistics(moments)
  }

  parameters(group: ParameterGroup): Parameter[] {
    return Array.from(this.groups.get(group) ?? [], (name) => {
      const { variable, dims } = this.weight(name)
      return { name, variable, onnxDims: dims }
    })
  }

  values(names: readonly string[] = [...this.groups.get('all')!]): ParameterValues {
    return new Map(
      names.map((name) => {
        const { dims, layout, variable } = this.weight(name)
        const data = tf.tidy(() => inLayout(tensorValue(variable, layout), 'onnx').dataSync())
        return [name, { dims, data: Float32Array.from(data) }]
      }),
    )
  }

  load(values: ParameterValues): void {
    for (const [name, { dims, data }] of values) {
      const { dims: expected, layout, variable } = this.weight(name)
      if (dims.join() !== expected.join()) throw new Error(`${name} is [${expected.join()}], not [${dims.join()}]`)
      tf.tidy(() => variable.assign(inLayout(tensorValue(tf.tensor(data, [...dims], 'float32'), 'onnx'), layout)))
    }
  }

  clone(): Model {
    const id = models++
    const stored = new Map<string, Stored>()
    for (const [name, { variable, ...rest }] of this.stored) {
      const copy = tf.tidy(() => tf.variable(tf.clone(variable), variable.trainable, `model${id}/${name}`))
      stored.set(name, { ...rest, variable: copy })
    }
    const copy = new OnnxModel(this, this.plan, stored, this.groups, false)
    copy.setNorm(this.norms.mode)
    return copy
  }

  toGraph(): OnnxGraph {
    const initializers = new Map(this.graph.initializers)
    for (const [name, { dims, data }] of this.values([...this.stored.keys()])) {
      initializers.set(name, { name, dims, dataType: dataTypes.float32, data })
    }
    return { ...this.graph, initializers }
  }

  dispose(): void {
    this.norms.release()
    for (const { variable } of this.stored.values()) variable.dispose()
    if (this.ownsCompanions) for (const companion of Object.values(this.companions)) companion.dispose()
  }

  /** Under a mixture of norm statistics, of all its parts; the moments are then the last part's. */
  private answer(batch: Tensor, moments?: Map<string, Moments>): Tensor {
    const { mode } = this.norms
    if (mode.kind !== 'mixture') return this.run(batch, moments)[0]
    return tf.tidy(() => {
      const part = (weight: number): Tensor => tf.add(logProbability(this.run(batch, moments)[0]), Math.log(weight))
      return tf.logSumExp(tf.stack(this.norms.eachPart(mode, part)), 0)
    })
  }

  private run(batch: Tensor, moments?: Map<string, Moments>, wanted: readonly string[] = []): [Tensor, ...Tensor[]] {
    const surroundings: Surroundings = {
      weight: (name) => {
        const weight = this.stored.get(name)
        return weight && tensorValue(weight.variable, weight.layout)
      },
      batchNorm: (layer, x, scale, offset) =>
        this.norms.apply(layer, x, scale, offset, moments && ((seen) => void moments.set(layer, seen))),
    }
    return runTo(wanted, this.plan, batch, surroundings)
  }

  private weight(name: string): Stored {
    const weight = this.stored.get(name)
    if (!weight) throw new Error(`${this.card.name} has no parameter ${name}`)
    return weight
  }
}

/** A single logit is that of the only class against background. */
function logProbability(logits: Tensor): Tensor {
  return tf.logSoftmax(logits.shape.at(-1) === 1 ? tf.concat([tf.zerosLike(logits), logits], -1) : logits)
}

function store(tensor: OnnxTensor, layout: Layout, trainable: boolean, name: string): Stored {
  const { dims } = tensor
  const variable = tf.tidy(() => {
    const value: Value = tensorValue(tf.tensor(Float32Array.from(tensor.data as Float32Array), [...dims]), 'onnx')
    return tf.variable(inLayout(value, layout), trainable, name)
  })
  return { name: tensor.name, dims, layout, variable }
}

function checkFinite(tensor: OnnxTensor, card: ModelCard): void {
  const { data } = tensor
  for (let n = 0; n < data.length; n++) {
    if (Number.isFinite(Number(data[n]))) continue
    const reason = `the weight "${tensor.name}" holds ${String(data[n])} at position ${n}`
    const remedy = 'The model is broken: train or export it again.'
    throw new UserError('model-unsupported', { path: card.name, reason, remedy })
  }
}
