import { loadCheckpoint } from '../adapt/checkpoint.ts'
import { UserError } from '../errors.ts'
import type { ModelCard } from '../model/card.ts'
import { listModels as listFolders, loadModel } from '../model/files.ts'
import type { Model, ParameterGroup } from '../model/model.ts'
import { writeOnnx } from '../model/onnx.ts'
import { readCheckpoint, readRun } from '../runs/files.ts'
import type { ReadRun } from '../runs/files.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { writeNewFile } from './output-files.ts'

export type ModelSummary = {
  readonly name: string
  readonly title: string
  readonly version: string
  readonly licence: string
  readonly shipped: boolean
  readonly folder: string
  /** Why it cannot be used; null where it can. */
  readonly problem: string | null
}

export async function listModels(): Promise<ModelSummary[]> {
  return (await listFolders()).map(({ name, folder, shipped, card, problem }) => ({
    name,
    title: card?.title ?? '',
    version: card?.version ?? '',
    licence: card?.licence ?? '',
    shipped,
    folder,
    problem: problem ?? null,
  }))
}

const groups = [
  'all',
  'norm-affine',
  'norm-stats',
  'encoder',
  'decoder',
  'head',
  'first-block',
] as const satisfies ParameterGroup[]

export type ModelDetail = {
  readonly card: ModelCard
  /** Numbers by parameter group: what can be trained in it. */
  readonly parameters: Readonly<Record<string, { readonly tensors: number; readonly values: number }>>
  /** Nodes by ONNX operator. */
  readonly operators: Readonly<Record<string, number>>
}

export async function showModel(name: string, engine: EngineChoice): Promise<ModelDetail> {
  await startWork(engine)
  const model = await loadModel(name)
  try {
    const operators: Record<string, number> = {}
    for (const { opType } of model.graph.nodes) operators[opType] = (operators[opType] ?? 0) + 1
    const parameters = groups.map((group) => {
      const sizes = model.parameters(group).map(({ onnxDims }) => onnxDims.reduce((product, dim) => product * dim, 1))
      return [group, { tensors: sizes.length, values: sizes.reduce((sum, size) => sum + size, 0) }] as const
    })
    return { card: model.card, parameters: Object.fromEntries(parameters), operators }
  } finally {
    model.dispose()
  }
}

export type ExportRequest = {
  readonly run: string
  readonly step?: number | undefined
  readonly out: string
  readonly engine: EngineChoice
}
export type Exported = {
  readonly out: string
  readonly model: string
  readonly step: number
  readonly notes: readonly string[]
}

/**
 * The network of a run's kept (or another stored) step as an ONNX file that runs anywhere. What the episode does before
 * and after the network (input correction, re-weighting) is not part of it: a note says where there is such a thing.
 */
export async function exportModel(request: ExportRequest): Promise<Exported> {
  const run = await readRun(request.run)
  const { record } = run
  const step = request.step ?? record.kept
  if (step === 'source')
    throw new UserError('run-unusable', {
      path: request.run,
      reason: 'it kept the source model, which is not changed',
      remedy: `Take ${record.model.name}'s own model.onnx, or name a step with --step.`,
    })
  const checkpoint = await readCheckpoint(request.run, step)
  await startWork(request.engine)
  const model = await loadRunModel(run)
  try {
    const { correction, reweighting } = loadCheckpoint(model, checkpoint)
    const graph = model.toGraph()
    const metadata = {
      ...graph.metadata,
      'scanbridge.model': `${record.model.name} ${record.model.version} ${record.model.sha256}`,
      'scanbridge.run': record.id,
      'scanbridge.step': String(step),
      'scanbridge.method': record.method.name,
    }
    await writeNewFile(request.out, writeOnnx({ ...graph, metadata }))
    const notes = [
      ...(correction ? ['The episode also corrected intensities before the network; the ONNX file does not.'] : []),
      ...(reweighting ? ['The episode also re-weighted probabilities after the network; the ONNX file does not.'] : []),
    ]
    return { out: request.out, model: record.model.name, step, notes }
  } finally {
    model.dispose()
  }
}

/** The very model that a run adapted; the caller disposes of it. Throws UserError where another version lies in its place. */
export async function loadRunModel({ folder, record }: ReadRun): Promise<Model> {
  const model = await loadModel(record.model.name)
  const { sha256 } = model.card
  if (sha256 === record.model.sha256) return model
  model.dispose()
  throw new UserError('run-unusable', {
    path: folder,
    reason: `it adapted another version of ${record.model.name} (${record.model.sha256.slice(0, 12)}) than is here (${sha256.slice(0, 12)})`,
    remedy: 'Bring that version back into the model folder.',
  })
}
