import { loadCheckpoint } from '../adapt/checkpoint.ts'
import { UserError } from '../errors.ts'
import type { ModelCard } from '../model/card.ts'
import { listModels as listFolders } from '../model/card-files.ts'
import { loadModel } from '../model/files.ts'
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
  const step = request.step ?? run.record.kept
  if (step === 'source')
    throw new UserError('run-unusable', {
      path: request.run,
      reason: 'it kept the source model, which is not changed',
      remedy: `Take ${run.record.model.name}'s own model.onnx, or name a step with --step.`,
    })
  await readCheckpoint(request.run, step)
  await startWork(request.engine)
  const model = await loadRunModel(run)
  try {
    const { bytes, notes } = await adaptedOnnx(run, step, model)
    await writeNewFile(request.out, bytes)
    return { out: request.out, model: run.record.model.name, step, notes }
  } finally {
    model.dispose()
  }
}

/** The network of a stored step as ONNX bytes. `source`: the run's own model, which is not changed. */
export async function adaptedOnnx(
  run: ReadRun,
  step: number,
  source: Model,
): Promise<{ bytes: Uint8Array; notes: string[] }> {
  const { record } = run
  const checkpoint = await readCheckpoint(run.folder, step)
  const model = source.clone()
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
    const notes = [
      ...(correction ? ['The episode also corrected intensities before the network; the ONNX file does not.'] : []),
      ...(reweighting ? ['The episode also re-weighted probabilities after the network; the ONNX file does not.'] : []),
    ]
    return { bytes: writeOnnx({ ...graph, metadata }), notes }
  } finally {
    model.dispose()
  }
}

/** The very model that a run adapted; the caller disposes of it. Throws UserError where another version lies in its place. */
export async function loadRunModel(run: ReadRun): Promise<Model> {
  const model = await loadModel(run.record.model.name)
  try {
    checkRunModel(run, model)
  } catch (error) {
    model.dispose()
    throw error
  }
  return model
}

/** Throws UserError where this is not the very model that a run adapted. */
export function checkRunModel({ folder, record }: ReadRun, { card }: Pick<Model, 'card'>): void {
  if (card.sha256 === record.model.sha256) return
  throw new UserError('run-unusable', {
    path: folder,
    reason: `it adapted another version of ${record.model.name} (${record.model.sha256.slice(0, 12)}) than is here (${card.sha256.slice(0, 12)})`,
    remedy: 'Bring that version back into the model folder.',
  })
}
