import type { EpisodeEvent, EpisodeResult, EpisodeStep } from '../adapt/episode.ts'
import { runEpisode } from '../adapt/episode.ts'
import { predictCheckpoint } from '../adapt/checkpoint.ts'
import type { Method } from '../adapt/method.ts'
import { parseOptions } from '../adapt/options.ts'
import type { OptionValue } from '../adapt/options.ts'
import { UserError } from '../errors.ts'
import { loadModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import { restoreGrid } from '../predict/postprocess.ts'
import { toModelGrid } from '../predict/preprocess.ts'
import type { ModelStudy } from '../predict/study.ts'
import { formats, writePictures, writeReports } from '../report/files.ts'
import { choosePlaces, drawScan } from '../report/pictures.ts'
import { checkFree, createRun } from '../runs/files.ts'
import type { RunWriter } from '../runs/files.ts'
import { stepName } from '../runs/run.ts'
import type { Kept, RunRecord } from '../runs/run.ts'
import { writeTrace } from '../runs/trace-files.ts'
import { writeNifti } from '../volume/nifti.ts'
import type { LabelMap, ProbabilityMap } from '../volume/volume.ts'
import { thisBuild } from './build-files.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { readInput } from './input.ts'
import type { Input } from './input.ts'
import { segSource, storeSegSource, writeKept } from './kept-files.ts'
import { againstReference, labelNames, volumeTable } from './masks.ts'
import { findMethod } from './methods.ts'
import type { Work } from './progress.ts'
import { readReference } from './reference-files.ts'

export type { RunRecord }

export type AdaptRequest = {
  /** A PATH input. */
  readonly path: string
  readonly model: string
  readonly method: string
  /** In place of the method's defaults; text as typed is fine. */
  readonly options: Readonly<Record<string, OptionValue>>
  readonly series?: string | undefined
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

/**
 * One episode, from a PATH to a run folder. Cancelled or failed half-way, the folder says so and holds what was done.
 * Throws UserError, or the signal's reason.
 */
export async function adapt(request: AdaptRequest, work: Work): Promise<{ folder: string; record: RunRecord }> {
  const started = performance.now()
  const method = findMethod(request.method)
  parseOptions(method.options, request.options)
  checkFree(request.out)
  const engine = await startWork(request.engine)
  const model = await loadModel(request.model)
  try {
    const input = await readInput(request.path, request.series, work)
    const reference = request.reference
      ? await readReference(request.reference, input.volume, labelNames(model.card))
      : undefined
    const readMs = performance.now() - started
    work.onProgress('preparing', 0)
    const study = toModelGrid(input.volume, model.card, model.stride)
    work.signal.throwIfAborted()
    const run = await createRun(request.out, {
      scanbridge: thisBuild(),
      engine,
      input: input.record,
      model: {
        name: model.card.name,
        version: model.card.version,
        sha256: model.card.sha256,
        labels: labelNames(model.card),
      },
      method: {
        name: request.method,
        parameters: parseOptions(method.options, request.options),
        seed: request.seed,
      },
    })
    await new Adaptation({ request, work, method, model, input, study, reference, run, started, readMs }).go()
    return { folder: request.out, record: run.record }
  } finally {
    model.dispose()
  }
}

type Given = {
  readonly request: AdaptRequest
  readonly work: Work
  readonly method: Method
  readonly model: Model
  readonly input: Input
  readonly study: ModelStudy
  readonly reference: LabelMap | undefined
  readonly run: RunWriter
  readonly started: number
  readonly readMs: number
}

/** An episode and its record: whatever happens, the record ends in order. */
class Adaptation {
  private readonly given: Given
  private before: LabelMap | undefined
  private episodeStarted = 0
  private sourceMs = 0

  constructor(given: Given) {
    this.given = given
  }

  async go(): Promise<void> {
    const { run, work } = this.given
    try {
      await this.finish(await this.episode())
    } catch (error) {
      if (work.signal.aborted) await this.end('cancelled', 'The run was stopped by its user.')
      else await this.end('failed', error instanceof UserError ? error.message : 'Scanbridge failed; see its message.')
      throw error
    } finally {
      run.close()
    }
  }

  private async episode(): Promise<EpisodeResult> {
    const { request, work, method, model, study } = this.given
    this.episodeStarted = performance.now()
    const events = runEpisode({
      model,
      study,
      method,
      options: request.options,
      seed: request.seed,
      guard: request.guard,
      trace: request.trace !== undefined,
      signal: work.signal,
      onProgress: ({ doing, share, remainingMs }) => work.onProgress(doing, share, remainingMs),
    })
    for (;;) {
      const { done, value } = await events.next()
      if (done) return value
      await this.record(value)
    }
  }

  private async record(event: EpisodeEvent): Promise<void> {
    const { run, input, request } = this.given
    if (event.kind === 'step') {
      await run.appendStep(journalStep(event, request.checkpointEvery))
      if (request.trace && event.trace && event.parameters) {
        const { step, trace, parameters } = event
        await writeTrace(request.trace, { step, ...trace, parameters })
      }
      return
    }
    this.sourceMs = performance.now() - this.episodeStarted
    this.before = this.native(event.probability)
    const bytes = writeNifti(this.before)
    await run.writeFile('before.nii.gz', bytes)
    if (input.source) await storeSegSource(run.folder, segSource(input.source, this.given.model.card))
    await writeKept(run.folder, bytes)
    await writePictures(run.folder, drawScan(input.volume, choosePlaces(this.before)))
    await run.update({ volumes: this.volumes(this.before, undefined), ...this.compared(this.before) })
  }

  private async finish(result: EpisodeResult): Promise<void> {
    const { run, work, input, request } = this.given
    const finishing = performance.now()
    work.onProgress('writing', 0)
    const before = this.before!
    const after = result.after === result.before ? before : this.native(result.after)
    const kept =
      result.mask === result.after ? after : result.mask === result.before ? before : this.native(result.mask)
    const bytes = writeNifti(kept)
    await run.writeFile('after.nii.gz', writeNifti(after))
    await this.storeMasks(result, after, kept)
    await writeKept(run.folder, bytes)
    await writePictures(
      run.folder,
      drawScan(input.volume, choosePlaces(before, result.kept === 'source' ? after : kept)),
    )
    const { verdict, scores, reasons } = result.guard
    const [adaptMs, finishMs] = [finishing - this.episodeStarted - this.sourceMs, performance.now() - finishing]
    await run.decide('kept', keptSentence(result.kept, verdict), {
      state: 'done',
      kept: result.kept,
      guard: { verdict, scores: { ...scores }, reasons: [...reasons] },
      guardChoice: { verdict, kept: result.kept },
      method: { ...run.record.method, parameters: { ...result.options } },
      volumes: this.volumes(kept, after),
      ...this.compared(before, after, kept),
      timing: rounded({
        readMs: this.given.readMs,
        sourceMs: this.sourceMs,
        adaptMs,
        finishMs,
        totalMs: performance.now() - this.given.started,
      }),
    })
    await writeReports(request.out, formats)
  }

  /** The mask of every state that the guard weighed, so that each can be kept later without the scan. */
  private async storeMasks(result: EpisodeResult, after: LabelMap, kept: LabelMap): Promise<void> {
    const { run, model, study, work } = this.given
    const last = result.candidates.at(-1)
    for (const { step, checkpoint } of result.candidates) {
      const mask =
        step === last?.step && result.after !== result.before
          ? after
          : step === result.kept
            ? kept
            : this.native(await predictCheckpoint(model, study, checkpoint, { signal: work.signal }))
      await run.writeFile(`checkpoints/${stepName(step)}.nii.gz`, writeNifti(mask))
    }
  }

  private native(probability: ProbabilityMap): LabelMap {
    return restoreGrid(probability, this.given.study, this.given.model.card)
  }

  private volumes(kept: LabelMap, after: LabelMap | undefined): RunRecord['volumes'] {
    return volumeTable(labelNames(this.given.model.card), { before: this.before!, after, kept })
  }

  private compared(before: LabelMap, after?: LabelMap, kept = before): Partial<RunRecord> {
    const { model, reference } = this.given
    if (!reference) return {}
    const score = (mask: LabelMap): NonNullable<RunRecord['reference']>['before'] =>
      againstReference(mask, reference, labelNames(model.card))
    return { reference: { before: score(before), after: after ? score(after) : {}, kept: score(kept) } }
  }

  private async end(state: 'cancelled' | 'failed', detail: string): Promise<void> {
    const { run, started, request } = this.given
    const guard = { verdict: 'off' as const, scores: {}, reasons: ['The run ended before a verdict.'] }
    const timing = rounded({ totalMs: performance.now() - started })
    await run.decide(state, detail, {
      state,
      kept: 'source',
      guard,
      timing,
      ...(state === 'failed' && { failure: detail }),
    })
    await writeReports(request.out, formats)
  }
}

function journalStep(event: EpisodeStep, checkpointEvery: number): Parameters<RunWriter['appendStep']>[0] {
  const { step, phase, elapsedMs, losses, learningRate, gradientNorm, scores, measures, notes, checkpoint } = event
  // A state that the guard weighed can be kept later, so its parameters are always there.
  const isStored = checkpoint && (scores !== undefined || step % checkpointEvery === 0)
  return {
    step,
    phase,
    elapsedMs: Math.round(elapsedMs),
    loss: { ...losses },
    learningRate: learningRate ?? null,
    gradNorm: gradientNorm ?? null,
    scores: { ...scores },
    measures: { ...measures },
    notes: notes.map(({ message }) => message),
    ...(isStored && { checkpoint }),
  }
}

function keptSentence(kept: Kept, verdict: string): string {
  const what = kept === 'source' ? "the source model's mask" : `the mask after step ${kept}`
  return `Verdict ${verdict}: ${what} was kept.`
}

function rounded(timing: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(timing).map(([stage, ms]) => [stage, Math.round(ms)]))
}
