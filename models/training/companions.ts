import { fisherOf } from '../../main/adapt/fisher.ts'
import { poolMoments } from '../../main/adapt/norm-layers.ts'
import { sourcePrototypes } from '../../main/adapt/prototypes.ts'
import { fisherBatches } from '../../main/adapt/source-statistics.ts'
import type { EngineRequest } from '../../main/engine/engine.ts'
import { startEngine } from '../../main/engine/pick-files.ts'
import { tf } from '../../main/engine/tf.ts'
import { changeCard, loadModel, saveCompanion } from '../../main/model/files.ts'
import { createModel } from '../../main/model/graph.ts'
import type { Companions, Model, Moments } from '../../main/model/model.ts'
import type { OnnxGraph } from '../../main/model/onnx-types.ts'
import { createRandom } from '../../main/volume/random.ts'
import type { Random } from '../../main/volume/random.ts'
import { buildAnatomies } from './anatomy.ts'
import { restorationGraph, rotationGraph, shapePriorGraph } from './companion-graphs.ts'
import { restorationTask, rotationTask, shapePriorMaps, shapePriorTask } from './companion-tasks.ts'
import type { Task } from './companion-tasks.ts'
import type { TrainingConfig } from './config.ts'
import { fit } from './fit.ts'
import { sourceCases } from './source-cases.ts'
import { renderSlices } from './source-slices.ts'
import type { SourceSlices } from './source-slices.ts'

type Recipe = {
  readonly kind: keyof Companions
  readonly graph: (model: Model, random: Random) => OnnxGraph
  readonly task: Task
  readonly steps: number
  readonly learningRate: number
}

/** Some minutes of two cores each. */
const recipes: readonly Recipe[] = [
  { kind: 'rotation', graph: rotationGraph, task: rotationTask, steps: 500, learningRate: 2e-3 },
  { kind: 'restoration', graph: restorationGraph, task: restorationTask, steps: 800, learningRate: 3e-3 },
  {
    kind: 'shapePrior',
    graph: (model, random) => shapePriorGraph(model.card.output.labels.length + 1, random),
    task: shapePriorTask,
    steps: 300,
    learningRate: 3e-3,
  },
]

/** Batches that a companion's norm statistics are pooled over. */
const batchesPooled = 20

type CompanionOptions = {
  readonly config: TrainingConfig
  readonly folder: string
  readonly engine?: EngineRequest
  readonly signal?: AbortSignal
  readonly report: (line: string) => void
}

/** Trains what some methods need beside a trained model, and writes it into the model's folder. The model's own weights stay
 *  as they are. Companions that are there already are kept, so a call that was stopped goes on. */
export async function trainCompanions(options: CompanionOptions): Promise<void> {
  const { config, folder, report } = options
  if (config.bfloat16) process.env['ONEDNN_DEFAULT_FPMATH_MODE'] = 'BF16'
  await startEngine(options.engine)
  const model = await loadModel(folder)
  try {
    const missing = recipes.filter(({ kind }) => !model.companions[kind])
    if (missing.length > 0) {
      report('renders slices of the source domain')
      const slices = await renderSlices(config)
      for (const recipe of missing) await trainOne(recipe, model, slices, options)
    }
    if (!model.card.source.fisher || !model.card.source.prototypes) await addToSource(model, config, folder)
    report(`${folder} has all its companions`)
  } finally {
    model.dispose()
  }
}

async function trainOne(
  { kind, graph, task, steps, learningRate }: Recipe,
  model: Model,
  slices: SourceSlices,
  { config: { seed }, folder, signal, report }: CompanionOptions,
): Promise<void> {
  const companion = createModel(graph(model, createRandom(seed).fork(kind)), model.card)
  companion.setNorm({ kind: 'batch' })
  const draw = task(model, companion, slices)
  const loss = await fit(companion, { name: kind, steps, learningRate, seed, signal, report, draw })
  if (kind === 'shapePrior') poolStatistics(model, companion, slices, createRandom(seed).fork('statistics'))
  await saveCompanion(folder, kind, companion.toGraph())
  await changeCard(folder, ({ training, ...card }) => {
    const trained = { ...(training['companions'] as object), [kind]: { steps, loss } }
    return { ...card, training: { ...training, companions: trained } }
  })
  companion.dispose()
  report(`wrote the companion ${kind} into ${folder}`)
}

/** What measureSource would write today, in a card that was written before it did. */
async function addToSource(model: Model, { seed }: TrainingConfig, folder: string): Promise<void> {
  await buildAnatomies()
  const batches = fisherBatches(sourceCases(model))
  const fisher = fisherOf(model, batches)
  const prototypes = sourcePrototypes(model, batches, createRandom(seed).fork('source').fork('prototypes'))
  await changeCard(folder, (card) => ({ ...card, source: { ...card.source, fisher, prototypes } }))
}

/** Only the shape prior has norm layers. */
function poolStatistics(model: Model, companion: Model, slices: SourceSlices, random: Random): void {
  const seen = new Map<string, Moments[]>()
  for (let n = 0; n < batchesPooled; n++) {
    tf.tidy(() => {
      const { moments } = companion.logitsAndMoments(shapePriorMaps(model, slices, random).input)
      for (const [name, one] of moments) seen.set(name, [...(seen.get(name) ?? []), one])
    })
  }
  companion.setStatistics(new Map(Array.from(seen, ([name, batches]) => [name, poolMoments(batches)])))
}
