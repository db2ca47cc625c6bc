import type { EpisodeEvent, EpisodeResult, EpisodeStep } from '../adapt/episode.ts'
import { runEpisode } from '../adapt/episode.ts'
import { predictCheckpoint } from '../adapt/checkpoint.ts'
import type { SiblingScan } from '../adapt/siblings.ts'
import { parseOptions } from '../adapt/options.ts'
import type { OptionValue } from '../adapt/options.ts'
import type { StepPreview } from '../adapt/previews.ts'
import { UserError } from '../errors.ts'
import type { Model } from '../model/model.ts'
import { restoreGrid } from '../predict/postprocess.ts'
import { alignToStudy } from '../predict/align.ts'
import type { ModelStudy } from '../predict/study.ts'
import { formats, writePictures, writeReports } from '../report/files.ts'
import { choosePlaces, drawScan } from '../report/pictures.ts'
import { createRun, writing } from '../runs/files.ts'
import type { NewStep, RunWriter } from '../runs/files.ts'
import { stepName } from '../runs/run.ts'
import type { Kept, RunRecord } from '../runs/run.ts'
import { writeTrace } from '../runs/trace-files.ts'
import { writeNifti } from '../volume/nifti.ts'
import type { LabelMap, ProbabilityMap } from '../volume/volume.ts'
import { thisBuild } from './build-files.ts'
import { guardRecord } from './guard-record.ts'
import type { Input } from './input.ts'
import { segSource, settleKept, storeSegSource, writeKept } from './kept-files.ts'
import { againstReference, labelNames, volumeTable } from './masks.ts'
import { findMethod } from './methods.ts'
import { modelStudy } from './model-study.ts'
import type { Work } from './progress.ts'
import { recordOf } from './together.ts'
import type { Other } from './together.ts'

/** What to adapt, to what, and how. */
export type Adapting = {
  readonly model: Model
  readonly engine: RunRecord['engine']
  readonly input: Input
  /** Other series of the study to adapt together with it. */
  readonly others?: readonly Other[]
  readonly reference: LabelMap | undefined
  readonly method: string
  /** In place of the method's defaults; text as typed is fine. */
  readonly options: Readonly<Record<string, OptionValue>>
  readonly seed: number
  readonly guard: boolean
  /** Folder for what a step can be computed from again. */
  readonly trace?: string | undefined
  /** Keep the changed parameters of every n-th step. */
  readonly checkpointEvery: number
  /** A new folder for the run, and the run's id where that is to be its name. */
  readonly out: string
  readonly id?: string
  /** performance.now() when the work began, and how long it took to read the scan. */
  readonly started: number
  readonly readMs: number
}

/** Who looks on while an episode runs. */
export type Watcher = {
  /** The run's folder is there. */
  readonly onRun?: () => Promise<void>
  /** A step's line is on disk. */
  readonly onStep?: (step: NewStep) => void
  /** A mask on the scan's own grid: at once, before its file is written. */
  readonly onMask?: (of: 'before' | 'after' | number, mask: LabelMap) => void
  readonly onPreview?: (preview: StepPreview, study: ModelStudy) => void
}

/**
 * One episode on a scan that was read: a run folder. Cancelled or failed half-way, the folder says so and holds what was
 * done. Throws UserError, or the signal's reason.
 */
export async function adaptTo(adapting: Adapting, work: Work, watcher: Watcher = {}): Promise<RunRecord> {
  const { model, input, others = [], method, options, seed, guard, id } = adapting
  const { name, version, sha256 } = model.card
  const parameters = parseOptions(findMethod(method).options, options)
  work.onProgress('preparing', 0)
  const study = modelStudy(input.volume, model)
  const siblings = others.map((other) => sibling(other, study, model))
  work.signal.throwIfAborted()
  const run = await createRun(adapting.out, {
    ...(id !== undefined && { id }),
    scanbridge: thisBuild(),
    engine: adapting.engine,
    input: input.record,
    ...recordOf(others),
    model: { name, version, sha256, labels: labelNames(model.card) },
    method: { name: method, parameters, seed },
    isGuarded: guard,
  })
  await new Adaptation(adapting, study, siblings, run, work, watcher).go()
  return run.record
}

/** Another series on the scan's grid. Throws UserError where it shows nothing of what the scan shows. */
function sibling({ name, input }: Other, study: ModelStudy, model: Model): SiblingScan {
  const aligned = alignToStudy(input.volume, study, model.card)
  if (aligned.inside.includes(1)) return { name, study: aligned }
  throw new UserError('input-unsupported', {
    path: name,
    reason: 'it lies elsewhere in space than the scan: nothing can be adapted together',
    remedy: 'Name a series of the same body part, or adapt to the scan alone.',
  })
}

/** An episode and its record: whatever happens, the record ends in order. */
class Adaptation {
  private readonly adapting: Adapting
  private readonly study: ModelStudy
  private readonly siblings: readonly SiblingScan[]
  private readonly run: RunWriter
  private readonly work: Work
  private readonly watcher: Watcher
  private before: LabelMap | undefined
  private readonly packed = new Map<LabelMap, Uint8Array>()
  private episodeStarted = 0
  private sourceMs = 0

  constructor(
    adapting: Adapting,
    study: ModelStudy,
    siblings: readonly SiblingScan[],
    run: RunWriter,
    work: Work,
    watcher: Watcher,
  ) {
    this.adapting = adapting
    this.study = study
    this.siblings = siblings
    this.run = run
    this.work = work
    this.watcher = watcher
  }

  async go(): Promise<void> {
    const { run, work, watcher } = this
    try {
      await watcher.onRun?.()
      await writing(run.folder, async () => this.finish(await this.episode()))
    } catch (error) {
      const failure = error instanceof UserError ? error.message : 'Scanbridge failed; see its message.'
      const ended = work.signal.aborted
        ? this.end('cancelled', 'The run was stopped by its user.')
        : this.end('failed', failure)
      // A disk that refused a step may refuse its end too: what went wrong first is what is told.
      await ended.catch((another: unknown) => console.error(another))
      throw error
    } finally {
      run.close()
    }
  }

  private async episode(): Promise<EpisodeResult> {
    const { study, siblings, work, watcher } = this
    const { model, method, options, seed, guard, trace } = this.adapting
    this.episodeStarted = performance.now()
    const events = runEpisode({
      model,
      study,
      siblings,
      method: findMethod(method),
      options,
      seed,
      guard,
      trace: trace !== undefined,
      signal: work.signal,
      onProgress: ({ doing, share, remainingMs }) => work.onProgress(doing, share, remainingMs),
      ...(watcher.onPreview && { onPreview: (preview: StepPreview) => watcher.onPreview!(preview, study) }),
    })
    for (;;) {
      const { done, value } = await events.next()
      if (done) return value
      await this.record(value)
    }
  }

  private async record(event: EpisodeEvent): Promise<void> {
    const { run, adapting } = this
    const { trace: folder, checkpointEvery, input, model } = adapting
    if (event.kind === 'step') {
      const line = journalStep(event, checkpointEvery)
      await run.appendStep(line)
      if (folder && event.trace && event.parameters) {
        const { step, trace, parameters } = event
        await writeTrace(folder, { step, ...trace, parameters })
      }
      this.watcher.onStep?.(line)
      return
    }
    this.sourceMs = performance.now() - this.episodeStarted
    this.before = this.native(event.probability)
    this.watcher.onMask?.('before', this.before)
    // The window that is told so asks for the mask now, and has it while this goes on.
    await new Promise((resolve) => setImmediate(resolve))
    const bytes = this.pack(this.before)
    await run.writeFile('before.nii.gz', bytes)
    if (input.source) await storeSegSource(run.folder, segSource(input.source, model.card))
    await writeKept(run.folder, bytes)
    await writePictures(run.folder, drawScan(input.volume, choosePlaces(this.before)))
    await run.update({ volumes: this.volumes(this.before, undefined), ...this.compared(this.before) })
  }

  private async finish(result: EpisodeResult): Promise<void> {
    const { run, work, adapting } = this
    const finishing = performance.now()
    work.onProgress('writing', 0)
    const before = this.before!
    const after = result.after === result.before ? before : this.native(result.after)
    const kept =
      result.mask === result.after ? after : result.mask === result.before ? before : this.native(result.mask)
    await run.writeFile('after.nii.gz', this.pack(after))
    this.watcher.onMask?.('after', after)
    await this.storeMasks(result, after, kept)
    // What is there since the first mask stays where nothing else came of the run.
    if (kept !== before) await writeKept(run.folder, this.pack(kept))
    const compared = result.kept === 'source' ? after : kept
    if (compared !== before)
      await writePictures(run.folder, drawScan(adapting.input.volume, choosePlaces(before, compared)))
    const { verdict } = result.guard
    const [adaptMs, finishMs] = [finishing - this.episodeStarted - this.sourceMs, performance.now() - finishing]
    await run.decide('kept', keptSentence(result.kept, verdict), {
      state: 'done',
      kept: result.kept,
      guard: guardRecord(result.guard),
      guardChoice: { verdict, kept: result.kept },
      method: { ...run.record.method, parameters: { ...result.options } },
      ...(run.record.with && {
        with: run.record.with.map((other, n) => ({ ...other, outcome: result.siblings[n]! })),
      }),
      volumes: this.volumes(kept, after),
      ...this.compared(before, after, kept),
      timing: rounded({
        readMs: adapting.readMs,
        sourceMs: this.sourceMs,
        adaptMs,
        finishMs,
        totalMs: performance.now() - adapting.started,
      }),
    })
    await writeReports(adapting.out, formats)
  }

  /** The mask of every state that the guard weighed, so that each can be kept later without the scan. */
  private async storeMasks(result: EpisodeResult, after: LabelMap, kept: LabelMap): Promise<void> {
    const { run, study, work, watcher } = this
    const { model } = this.adapting
    const last = result.candidates.at(-1)
    for (const { step, checkpoint } of result.candidates) {
      const mask =
        step === last?.step && result.after !== result.before
          ? after
          : step === result.kept
            ? kept
            : this.native(await predictCheckpoint(model, study, checkpoint, { signal: work.signal }))
      await run.writeFile(`checkpoints/${stepName(step)}.nii.gz`, this.pack(mask))
      watcher.onMask?.(step, mask)
    }
  }

  private native(probability: ProbabilityMap): LabelMap {
    return restoreGrid(probability, this.study, this.adapting.model.card)
  }

  /** Packing takes a while, and one mask goes into several files. */
  private pack(mask: LabelMap): Uint8Array {
    const bytes = this.packed.get(mask) ?? writeNifti(mask)
    this.packed.set(mask, bytes)
    return bytes
  }

  private volumes(kept: LabelMap, after: LabelMap | undefined): RunRecord['volumes'] {
    return volumeTable(labelNames(this.adapting.model.card), { before: this.before!, after, kept })
  }

  private compared(before: LabelMap, after?: LabelMap, kept = before): Partial<RunRecord> {
    const { model, reference } = this.adapting
    if (!reference) return {}
    const score = (mask: LabelMap): NonNullable<RunRecord['reference']>['before'] =>
      againstReference(mask, reference, labelNames(model.card))
    return { reference: { before: score(before), after: after ? score(after) : {}, kept: score(kept) } }
  }

  private async end(state: 'cancelled' | 'failed', detail: string): Promise<void> {
    const { run, adapting } = this
    const guard = { verdict: 'off' as const, scores: {}, reasons: ['The run ended before a verdict.'] }
    const timing = rounded({ totalMs: performance.now() - adapting.started })
    await run.decide(state, detail, {
      state,
      kept: 'source',
      guard,
      timing,
      ...(state === 'failed' && { failure: detail }),
    })
    await settleKept(run.folder, 'source')
    await writeReports(adapting.out, formats)
  }
}

function journalStep(event: EpisodeStep, checkpointEvery: number): NewStep {
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
