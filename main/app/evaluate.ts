import type { OptionValue } from '../adapt/options.ts'
import { UserError } from '../errors.ts'
import type { CaseRow } from '../evaluate/case-row.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { loadModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import type { RunRecord } from '../runs/run.ts'
import { thisBuild } from './build-files.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { evaluateCase, failedRow } from './evaluate-case.ts'
import type { ReadCase } from './evaluate-case.ts'
import { openEvaluation, runFolder } from './evaluation-files.ts'
import type { EvaluationFolder, FolderWords } from './evaluation-files.ts'
import { writeSummary } from './evaluation-summary.ts'
import { forecast } from './forecast.ts'
import type { Forecast } from './forecast.ts'
import { readInput } from './input.ts'
import { readManifest } from './manifest-files.ts'
import type { ManifestCase } from './manifest-files.ts'
import { labelNames } from './masks.ts'
import { parseMethods } from './methods.ts'
import { modelStudy } from './model-study.ts'
import type { Work } from './progress.ts'
import { readReference } from './reference-files.ts'

/** What is to be done, whatever it runs on. */
export type Evaluating = {
  readonly manifest: string
  /** By name, with options in place of the defaults. */
  readonly methods: readonly { readonly name: string; readonly options: Readonly<Record<string, OptionValue>> }[]
  readonly out: string
  /** What a refusal says where `out` holds another evaluation. */
  readonly words?: FolderWords | undefined
  /** Every count-th case, beginning with the index-th from 1. */
  readonly shard?: { readonly index: number; readonly count: number } | undefined
  readonly guard: boolean
  /** Do what failed before again: a share that was away is back, a file was mended. */
  readonly retryFailed?: boolean | undefined
  /** Keep a run folder a case and method. */
  readonly keepRuns: boolean
  readonly toleranceMm: number
  readonly seed: number
  /** Told before the first episode, from a look at the first case that can be read. */
  readonly onForecast?: (forecast: Forecast) => void
  /** A row is on disk. */
  readonly onRow?: (row: CaseRow) => void
}

export type EvaluateRequest = Evaluating & { readonly model: string; readonly engine: EngineChoice }

/** An engine that was started, and the model that every episode begins with. */
export type Machine = { readonly engine: RunRecord['engine']; readonly model: Model }

export type EvaluateResult = {
  readonly folder: string
  readonly cases: number
  /** Rows that were there already, done now, and failed among all. */
  readonly resumed: number
  readonly done: number
  readonly failed: number
}

/** Many episodes, one model: see evaluateOn. */
export async function evaluate(request: EvaluateRequest, work: Work): Promise<EvaluateResult> {
  parseMethods(request.methods)
  await readManifest(request.manifest)
  const engine = await startWork(request.engine)
  const model = await loadModel(request.model)
  try {
    return await evaluateOn(request, { engine, model }, work)
  } finally {
    model.dispose()
  }
}

/**
 * A row a case and method, each on disk before the next begins, so that a stopped evaluation goes on where it was. One scan is
 * in memory at a time. A case that fails is a row with its error. Throws UserError where nothing can be done at all, or the
 * signal's reason.
 */
export async function evaluateOn(request: Evaluating, machine: Machine, work: Work): Promise<EvaluateResult> {
  const methods = parseMethods(request.methods)
  const { cases, sha256 } = await readManifest(request.manifest)
  const { keepRuns } = request
  const { engine, model } = machine
  const { version, commit } = thisBuild()
  const { sha256: modelHash } = model.card
  const evaluation: Evaluation = {
    schema: 1,
    scanbridge: { version },
    manifest: { sha256, cases: cases.length },
    model: { name: model.card.name, version: model.card.version, sha256: modelHash, labels: labelNames(model.card) },
    methods,
    engine: `${engine.name} ${engine.tensorflow}`,
    seed: request.seed,
    guard: request.guard,
    toleranceMm: request.toleranceMm,
  }
  const folder = await openEvaluation(request.out, evaluation, request.words, request.retryFailed)
  try {
    const own = cases.filter(({ index }) => !request.shard || index % request.shard.count === request.shard.index - 1)
    const todo = leftOf(own, methods, folder.rows)
    if (request.onForecast) {
      const foretold = await forecastOf(todo.slice(0, 5), todo, methods, { model, keepRuns }, work)
      if (foretold) request.onForecast(foretold)
    }
    const rows: CaseRow[] = []
    const pace = createPace(todo, work)
    for (const { one, methods: left } of todo) {
      const around = { model, engine, evaluation, commit, folder, keepRuns, work, pace, onRow: request.onRow }
      rows.push(...(await evaluateOne(one, left, around)))
    }
    const all = [...folder.rows, ...rows]
    await writeSummary(request.out, evaluation, all)
    const failed = all.filter(({ state }) => state === 'failed').length
    return { folder: request.out, cases: own.length, resumed: folder.rows.length, done: rows.length, failed }
  } finally {
    folder.close()
  }
}

/** What evaluateOn will take for what `rows` do not have yet; undefined where none of the first cases can be read. */
export async function forecastOn(
  request: Pick<Evaluating, 'manifest' | 'methods' | 'keepRuns'>,
  rows: readonly CaseRow[],
  { model }: Machine,
  work: Work,
): Promise<Forecast | undefined> {
  const methods = parseMethods(request.methods)
  const todo = leftOf((await readManifest(request.manifest)).cases, methods, rows)
  return forecastOf(todo.slice(0, 5), todo, methods, { model, keepRuns: request.keepRuns }, work)
}

/** A case and the methods that it was not done with. */
type Left = { readonly one: ManifestCase; readonly methods: Evaluation['methods'] }

function leftOf(cases: readonly ManifestCase[], methods: Evaluation['methods'], rows: readonly CaseRow[]): Left[] {
  const done = new Set(rows.map((row) => `${row.method} ${row.case}`))
  return cases.flatMap((one) => {
    const left = methods.filter(({ name }) => !done.has(`${name} ${one.case}`))
    return left.length > 0 ? { one, methods: left } : []
  })
}

/** From the first of `tried` that can be read: one that cannot is a row like any other, later. */
async function forecastOf(
  tried: readonly Left[],
  todo: readonly Left[],
  methods: Evaluation['methods'],
  { model, keepRuns }: { readonly model: Model; readonly keepRuns: boolean },
  work: Work,
): Promise<Forecast | undefined> {
  const count = (name: string): number =>
    todo.filter((left) => left.methods.some((method) => method.name === name)).length
  const episodes = methods.map(({ name }) => ({ method: name, count: count(name) }))
  for (const { one } of tried) {
    const first = await readCase(one, model, work).catch((error: unknown) => {
      if (error instanceof UserError) return undefined
      throw error
    })
    if (first) return forecast(first, methods, episodes, keepRuns)
  }
  return undefined
}

type Around = {
  readonly model: Model
  readonly evaluation: Evaluation
  readonly commit: string | null
  readonly engine: RunRecord['engine']
  readonly folder: EvaluationFolder
  readonly keepRuns: boolean
  readonly work: Work
  readonly pace: (one: ManifestCase, method: string) => Work
  readonly onRow: Evaluating['onRow']
}

async function evaluateOne(
  one: ManifestCase,
  methods: Evaluation['methods'],
  { model, engine, evaluation, commit, folder, keepRuns, work, pace, onRow }: Around,
): Promise<CaseRow[]> {
  const rows: CaseRow[] = []
  const { seed, guard, toleranceMm } = evaluation
  let read: ReadCase | undefined
  for (const method of methods) {
    const doing = pace(one, method.name)
    const started = performance.now()
    let timing = { readMs: 0, episodeMs: 0, scoreMs: 0 }
    let row: CaseRow
    try {
      read ??= { ...(await readCase(one, model, doing)), engine }
      timing.readMs = performance.now() - started
      const run = keepRuns ? runFolder(folder.folder, one.index, method.name) : undefined
      const settings = { method: method.name, options: method.parameters, seed, guard, toleranceMm, run }
      const result = await evaluateCase(one, read, settings, doing)
      timing = { ...timing, episodeMs: result.episodeMs, scoreMs: result.scoreMs }
      row = result.row
    } catch (error) {
      // A disk that takes nothing more is no fault of the case: it is not done, and comes again.
      if (work.signal.aborted || (error instanceof UserError && error.code === 'cannot-write')) throw error
      row = failedRow(one, method.name, error)
    }
    folder.append(row, {
      case: one.case,
      method: method.name,
      readMs: Math.round(timing.readMs),
      episodeMs: Math.round(timing.episodeMs),
      scoreMs: Math.round(timing.scoreMs),
      residentMb: residentMb(),
      commit,
    })
    rows.push(row)
    onRow?.(row)
  }
  return rows
}

async function readCase(one: ManifestCase, model: Model, work: Work): Promise<Omit<ReadCase, 'engine'>> {
  const input = await readInput(one.image, one.series, { ...work, onProgress: () => {} })
  const labels = labelNames(model.card)
  const reference = one.reference ? await readReference(one.reference, input.volume, labels) : undefined
  return { model, input, study: modelStudy(input.volume, model), reference }
}

/** Progress over all episodes; the time left is that of the mean episode of each method so far, where one is done. */
function createPace(todo: readonly Left[], work: Work): Around['pace'] {
  const ahead = new Map<string, number>()
  for (const { name } of todo.flatMap(({ methods }) => methods)) ahead.set(name, (ahead.get(name) ?? 0) + 1)
  const total = [...ahead.values()].reduce((sum, count) => sum + count, 0)
  const spent = new Map<string, { ms: number; count: number }>()
  const meanOf = (method: string): number => {
    const all = spent.has(method) ? [spent.get(method)!] : [...spent.values()]
    return all.reduce((sum, { ms }) => sum + ms, 0) / all.reduce((sum, { count }) => sum + count, 0)
  }
  let doing: { readonly method: string; readonly since: number } | undefined
  let begun = -1
  return (one, method) => {
    begun++
    const [done, started] = [begun, performance.now()]
    if (doing) {
      const { ms, count } = spent.get(doing.method) ?? { ms: 0, count: 0 }
      spent.set(doing.method, { ms: ms + started - doing.since, count: count + 1 })
    }
    doing = { method, since: started }
    ahead.set(method, ahead.get(method)! - 1)
    const later = [...ahead].reduce((sum, [name, count]) => sum + (count > 0 ? count * meanOf(name) : 0), 0)
    const tell = (stage: string): void => {
      const left = later + Math.max(0, meanOf(method) - (performance.now() - started))
      // NaN before the first is done; 0 where the last takes longer than the others did.
      work.onProgress(`case ${one.case}, ${method}${stage}`, done / total, left > 0 ? left : undefined)
    }
    tell('')
    return { signal: work.signal, onProgress: (stage) => tell(`: ${stage}`) }
  }
}

function residentMb(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20)
}
