import type { ShiftReport } from '../adapt/shift.ts'
import { reportShift } from '../adapt/shift.ts'
import { measureShift } from '../adapt/shift-measures.ts'
import { loadModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import { toModelGrid } from '../predict/preprocess.ts'
import { spacing } from '../volume/affine.ts'
import { orient } from '../volume/orient.ts'
import { createRandom } from '../volume/random.ts'
import type { Volume } from '../volume/volume.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { readInput } from './input.ts'
import type { Work } from './progress.ts'

export type { ShiftReport }

export type CheckRequest = {
  /** A PATH input. */
  readonly path: string
  readonly model: string
  readonly series?: string | undefined
  readonly engine: EngineChoice
}

/** A scan against the model's training scans, before anything is adapted. Throws UserError, or the signal's reason. */
export async function check(request: CheckRequest, work: Work): Promise<ShiftReport> {
  await startWork(request.engine)
  const model = await loadModel(request.model)
  try {
    const { volume } = await readInput(request.path, request.series, work)
    return await checkShift(volume, model, work)
  } finally {
    model.dispose()
  }
}

/** The same of a loaded scan and model. The altered copies are the same for every scan. */
export async function checkShift(volume: Volume, model: Model, { signal, onProgress }: Work): Promise<ShiftReport> {
  onProgress('preparing', 0)
  const study = toModelGrid(volume, model.card, model.stride)
  signal.throwIfAborted()
  const onShare = (share: number): void => onProgress('comparing', share)
  const measures = await measureShift(model, study, createRandom(0), signal, onShare)
  const voxel = { shape: [1, 1, 1] as const, affine: volume.affine, data: new Uint8Array(1) }
  const { affine } = orient(voxel, model.card.input.orientation)
  return reportShift(measures, model.card, spacing(affine))
}
