import { UserError } from '../errors.ts'
import type { Model, ParameterValues } from '../model/model.ts'
import { predictStudy } from '../predict/predict.ts'
import { createRandom } from '../volume/random.ts'
import type { Note, ProbabilityMap } from '../volume/volume.ts'
import { runBranches } from './branches.ts'
import type { Checkpoint } from './checkpoint.ts'
import { predictAdapted, predictCheckpoint, takeCheckpoint } from './checkpoint.ts'
import type { EpisodeEvent, EpisodeRequest, EpisodeResult, EpisodeStep, Phase } from './episode-types.ts'
import { Examiner } from './examiner.ts'
import type { Candidate } from './examiner.ts'
import type { GuardScores } from './guard.ts'
import type { Method, StepReport } from './method.ts'
import { parseOptions } from './options.ts'
import type { OptionValues } from './options.ts'
import { Previews } from './previews.ts'
import { ProgressCounter } from './progress.ts'
import { joinSiblings } from './siblings.ts'
import type { SiblingOutcome } from './siblings.ts'
import { spreadSlices } from './slices.ts'
import { EpisodeWork } from './work.ts'

export type { EpisodeEvent, EpisodeRequest, EpisodeResult, EpisodeStep } from './episode-types.ts'

/**
 * One episode: from the source weights to a verdict. Yields the source model's prediction, then every step; returns the
 * masks and what is kept. Throws the signal's reason within one batch of its abort, UserError where the method or an option
 * does not fit. Nothing outlives it: the student is a clone, and every tensor is disposed. Same engine, input and seed: the
 * same numbers.
 */
export async function* runEpisode(request: EpisodeRequest): AsyncGenerator<EpisodeEvent, EpisodeResult, void> {
  const { model, method } = request
  const options = parseOptions(method.options, request.options)
  const reason = method.obstacle?.(model, options)
  if (reason) {
    const remedy = 'Choose another method: `scanbridge methods` lists them.'
    throw new UserError('method-not-applicable', { method: method.title, model: model.card.name, reason, remedy })
  }
  if (request.siblings?.length && !method.correctSibling)
    throw new UserError('method-not-applicable', {
      method: method.title,
      model: model.card.name,
      reason: 'it adapts to one series at a time',
      remedy: 'Adapt to that series alone, or choose the method consistency.',
    })
  if (method.branches) return yield* runBranches(request, options, method.branches(model, options), runEpisode)
  const student = model.clone()
  try {
    return yield* new Episode(request, options, student).run()
  } finally {
    student.dispose()
  }
}

class Episode {
  private readonly request: EpisodeRequest
  private readonly method: Method
  private readonly options: OptionValues
  private readonly student: Model
  private readonly progress: ProgressCounter
  private readonly previews: Previews | undefined
  private readonly candidates: Candidate[] = []
  private siblings: SiblingOutcome[]
  private step = 0
  private notesTold = 0
  private divergence: string | undefined

  constructor(request: EpisodeRequest, options: OptionValues, student: Model) {
    this.request = request
    this.method = request.method
    this.options = options
    this.student = student
    this.siblings = (request.siblings ?? []).map(({ name }) => ({
      isUsed: false,
      sentence: `${name} was not needed: nothing was trained.`,
      agreement: null,
    }))
    const now = request.now ?? (() => performance.now())
    this.progress = new ProgressCounter(now, request.onProgress)
    this.previews = request.onPreview && new Previews(request.onPreview, now)
  }

  async *run(): AsyncGenerator<EpisodeEvent, EpisodeResult, void> {
    const { model, study, signal, seed, trace = false, guard } = this.request
    const depth = study.volume.shape[2]
    const wanted = this.method.slices(this.options)
    this.progress.begin('source prediction', 2 * depth + 10 * Math.min(wanted, study.tissueSlices.length))
    const before = this.request.before ?? (await predictStudy(model, study, this.predicting()))
    yield { kind: 'before', probability: before, elapsedMs: this.progress.elapsedMs }

    const work = new EpisodeWork({
      source: model,
      student: this.student,
      scan: study,
      slices: spreadSlices(study.tissueSlices, wanted),
      before,
      options: this.options,
      random: createRandom(seed).fork('episode'),
      signal,
      traced: trace,
      advance: (slices) => this.progress.advance(slices),
    })
    this.previews?.first(work)
    const examiner = new Examiner(work, this.method, guard, this.request.measured)
    const gate = await examiner.gate(this.request.extent)
    work.extent = gate.extent
    yield this.event(work, 'gate', {}, { scores: gate.scores })
    if (gate.extent !== 'none') {
      yield* this.inputPhase(work, examiner)
      if (!this.divergence) yield* this.trainPhase(work, examiner)
    }
    return yield* this.conclude(work, examiner, before)
  }

  private async *inputPhase(work: EpisodeWork, examiner: Examiner): AsyncGenerator<EpisodeEvent, void, void> {
    const passes = this.method.passes?.(work) ?? 0
    if (!this.method.correct) return
    this.progress.begin('input steps', this.slicesToCome(work, passes, this.request.siblings?.length ?? 0))
    let last: StepReport | undefined
    for await (const report of this.method.correct(work)) {
      this.step++
      last = report
      this.previews?.next(work, this.step)
      if (this.step < passes) yield this.event(work, 'input', report, { checkpoint: this.checkpoint(work) })
    }
    const { candidate, divergence } = await examiner.examine(this.step, 'input', () => this.checkpoint(work))
    this.divergence = divergence
    if (candidate) this.candidates.push(candidate)
    yield this.event(work, 'input', last ?? {}, candidate ?? {})
  }

  private async *trainPhase(work: EpisodeWork, examiner: Examiner): AsyncGenerator<EpisodeEvent, void, void> {
    const { method } = this
    const steps = method.steps?.(work) ?? 0
    if (steps === 0 || !method.step) return
    const scans = this.request.siblings ?? []
    if (scans.length) {
      this.progress.begin('other series', this.slicesToCome(work, 0, scans.length))
      this.siblings = await joinSiblings(work, method, scans)
    }
    this.progress.begin('training', this.slicesToCome(work, 0))
    const state = await method.configure?.(work)
    try {
      for (let n = 1; n <= steps; n++) {
        this.request.signal?.throwIfAborted()
        const report = await method.step(work, state)
        this.step++
        this.divergence = whatDiverged(report)
        if (this.divergence) {
          yield this.event(work, 'train', report, {})
          return
        }
        this.previews?.next(work, this.step)
        const lost = n < steps && n % stepsBetweenGlances === 0 ? await examiner.vanished() : undefined
        if (lost) work.note(stopped(lost, n, steps))
        const isLast = n === steps || lost !== undefined
        if (!isLast) yield this.event(work, 'train', report, { checkpoint: this.checkpoint(work) })
        else {
          const parameters = this.parametersForTrace(report)
          await method.settle?.(work, state)
          const { candidate, divergence } = await examiner.examine(this.step, 'train', () => this.checkpoint(work))
          this.divergence = divergence
          if (candidate) this.candidates.push(candidate)
          yield this.event(work, 'train', report, { ...candidate, ...(parameters && { parameters }) })
          return
        }
        // Lets timers, messages and signals through between two steps.
        await new Promise((resolve) => setImmediate(resolve))
      }
    } finally {
      method.dispose?.(state)
    }
  }

  private async *conclude(
    work: EpisodeWork,
    examiner: Examiner,
    before: ProbabilityMap,
  ): AsyncGenerator<EpisodeEvent, EpisodeResult, void> {
    const { model, study } = this.request
    const guard = await examiner.verdict(this.candidates, this.divergence)
    const last = this.candidates.at(-1)
    const kept = this.candidates.find(({ step }) => step === guard.kept)
    const isShown = !this.request.isBranch
    const others = kept && kept !== last ? 2 : 1
    this.progress.begin('final prediction', last ? others * study.volume.shape[2] : 0)
    const after =
      last && !this.divergence && isShown
        ? await predictAdapted(this.student, study, work.surroundings, this.predicting())
        : before
    let mask = kept ? after : before
    if (kept && kept !== last && isShown)
      mask = await predictCheckpoint(model, study, kept.checkpoint, this.predicting())
    yield this.event(work, 'final', {}, { scores: guard.scores })
    return {
      options: this.options,
      before,
      after,
      mask,
      kept: guard.kept,
      checkpoint: kept?.checkpoint,
      candidates: this.candidates,
      guard,
      siblings: this.siblings,
      notes: work.notes,
      steps: this.step,
      elapsedMs: this.progress.elapsedMs,
    }
  }

  private predicting(): { signal?: AbortSignal; onProgress: (done: number) => void } {
    const { signal } = this.request
    let before = 0
    const onProgress = (done: number): void => {
      this.progress.advance(done - before)
      before = done
    }
    return { ...(signal && { signal }), onProgress }
  }

  private checkpoint(work: EpisodeWork): Checkpoint {
    const names = this.method.collect?.(this.student, this.options).map(({ name }) => name) ?? []
    return takeCheckpoint(this.student, this.request.model, names, work.surroundings)
  }

  private parametersForTrace({ trace }: StepReport): ParameterValues | undefined {
    if (!trace) return undefined
    const statistics = this.student.parameters('norm-stats').map(({ name }) => name)
    return new Map([...this.student.values(), ...this.student.values(statistics)])
  }

  private event(
    work: EpisodeWork,
    phase: Phase,
    report: StepReport,
    extra: { scores?: GuardScores; checkpoint?: Checkpoint; parameters?: ParameterValues },
  ): EpisodeStep {
    const notes = work.notes.slice(this.notesTold)
    this.notesTold = work.notes.length
    const { scores, checkpoint, parameters = this.parametersForTrace(report) } = extra
    return {
      kind: 'step',
      step: this.step,
      phase,
      ...report,
      ...(scores && { scores }),
      ...(checkpoint && { checkpoint }),
      ...(parameters && { parameters }),
      notes,
      elapsedMs: this.progress.elapsedMs,
      progress: this.progress.current,
    }
  }

  /** Slices still to go through the network, from the number of passes that are left, and of series that are yet to join. */
  private slicesToCome(work: EpisodeWork, passes: number, joining = 0): number {
    const slices = work.positions.length
    const series = 1 + work.siblings.length + joining
    const training = (this.method.steps?.(work) ?? 0) * (this.method.stepCost?.(this.options) ?? 0) * series
    const others = joining * (slices * (2 + (this.method.passes?.(work) ?? 0)) + slices)
    const examining = this.request.guard ? 4 * slices : slices
    return slices * (passes + 1) + others + training + examining + work.depth
  }
}

/** A training that lets a label vanish does not bring it back: it is looked for this often. */
const stepsBetweenGlances = 5

const stopped = (label: string, step: number, steps: number): Note => ({
  code: 'collapsed',
  message: `Training was stopped after ${step} of ${steps} steps: ${label} had vanished from the mask.`,
})

/** What of a step is no longer a number; undefined where all is well. */
function whatDiverged({ losses = {}, gradientNorm = 0 }: StepReport): string | undefined {
  const broken = Object.entries({ ...losses, gradient: gradientNorm }).find(([, value]) => !Number.isFinite(value))
  return broken && `The training diverged: ${broken[0]} is not a number any more.`
}
