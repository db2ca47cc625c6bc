import { parseOptions } from '../adapt/options.ts'
import type { OptionValue } from '../adapt/options.ts'
import { loadModel } from '../model/files.ts'
import { checkFree } from '../runs/files.ts'
import type { RunRecord } from '../runs/run.ts'
import { adaptTo } from './adaptation.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { labelNames } from './masks.ts'
import { findMethod } from './methods.ts'
import type { Work } from './progress.ts'
import { readReference } from './reference-files.ts'
import { readTogether } from './together.ts'

export type { RunRecord }

export type AdaptRequest = {
  /** A PATH input. */
  readonly path: string
  readonly model: string
  readonly method: string
  /** In place of the method's defaults; text as typed is fine. */
  readonly options: Readonly<Record<string, OptionValue>>
  readonly series?: string | undefined
  /** Other series to adapt together with: see readTogether. */
  readonly with?: readonly string[] | undefined
  /** PATH of a mask to compare with: NIfTI or DICOM SEG. */
  readonly reference?: string | undefined
  readonly guard: boolean
  /** Folder for what a step can be computed from again. */
  readonly trace?: string | undefined
  /** Keep the changed parameters of every n-th step. */
  readonly checkpointEvery: number
  readonly out: string
  readonly seed: number
  readonly engine: EngineChoice
}

/** One episode, from a PATH to a run folder: see adaptTo. Throws UserError, or the signal's reason. */
export async function adapt(request: AdaptRequest, work: Work): Promise<{ folder: string; record: RunRecord }> {
  const started = performance.now()
  parseOptions(findMethod(request.method).options, request.options)
  checkFree(request.out)
  const engine = await startWork(request.engine)
  const model = await loadModel(request.model)
  try {
    const { input, others } = await readTogether(request.path, request.series, request.with ?? [], work)
    const reference = request.reference
      ? await readReference(request.reference, input.volume, labelNames(model.card))
      : undefined
    const readMs = performance.now() - started
    const record = await adaptTo({ ...request, engine, model, input, others, reference, started, readMs }, work)
    return { folder: request.out, record }
  } finally {
    model.dispose()
  }
}
