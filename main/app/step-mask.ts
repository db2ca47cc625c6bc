import { predictCheckpoint } from '../adapt/checkpoint.ts'
import { UserError } from '../errors.ts'
import { loadModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import { restoreGrid } from '../predict/postprocess.ts'
import { toModelGrid } from '../predict/preprocess.ts'
import { readCheckpoint, writeStepMask } from '../runs/files.ts'
import type { ReadRun } from '../runs/files.ts'
import { writeNifti } from '../volume/nifti.ts'
import type { LabelMap, Volume } from '../volume/volume.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { readInput } from './input.ts'
import { checkRunModel } from './model.ts'
import type { Work } from './progress.ts'

export type StepMaskRequest = {
  /** PATH of the very scan that was adapted to. */
  readonly scan: string
  readonly series?: string | undefined
  readonly engine: EngineChoice
}

/** The mask of a step whose parameters are stored but not its mask: predicted again from the scan and the model, .nii.gz. */
export async function predictStep(
  run: ReadRun,
  step: number,
  request: StepMaskRequest,
  work: Work,
): Promise<Uint8Array> {
  await readCheckpoint(run.folder, step)
  await startWork(request.engine)
  const { volume, record } = await readInput(request.scan, request.series, work)
  if (record.seriesHash !== run.record.input.seriesHash)
    throw new UserError('input-unsupported', {
      path: request.scan,
      reason: `it is not the scan that ${run.folder} adapted to`,
      remedy: 'Give that scan with --scan, and its series with --series.',
    })
  const model = await loadModel(run.record.model.name)
  try {
    return writeNifti(await predictStored(run, step, model, volume, work))
  } finally {
    model.dispose()
  }
}

/** The same from a loaded scan and the run's own model; throws UserError where it is another version. */
async function predictStored(run: ReadRun, step: number, model: Model, volume: Volume, work: Work): Promise<LabelMap> {
  checkRunModel(run, model)
  const checkpoint = await readCheckpoint(run.folder, step)
  const study = toModelGrid(volume, model.card, model.stride)
  const onProgress = (done: number, total: number): void => work.onProgress('segmenting', done / total)
  const probability = await predictCheckpoint(model, study, checkpoint, { signal: work.signal, onProgress })
  return restoreGrid(probability, study, model.card)
}

/** The same, stored beside the step's parameters. */
export async function storeStepMask(...request: Parameters<typeof predictStored>): Promise<LabelMap> {
  const [{ folder }, step] = request
  const mask = await predictStored(...request)
  await writeStepMask(folder, step, writeNifti(mask))
  return mask
}
