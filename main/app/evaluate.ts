import { parseOptions } from '../adapt/options.ts'
import type { OptionValue } from '../adapt/options.ts'
import { UserError } from '../errors.ts'
import type { CaseRow } from '../evaluate/case-row.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import { loadModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import { toModelGrid } from '../predict/preprocess.ts'
import type { RunRecord } from '../runs/run.ts'
import { thisBuild } from './build-files.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { evaluateCase, failedRow } from './evaluate-case.ts'
import type { ReadCase } from './evaluate-case.ts'
import { openEvaluation, runFolder } from './evaluation-files.ts'
import type { EvaluationFolder } from './evaluation-files.ts'
import { writeSummary } from './evaluation-summary.ts'
import { forecast } from './forecast.ts'
import type { Forecast } from './forecast.ts'
import { readInput } from './input.ts'
import { readManifest } from './manifest-files.ts'
import type { ManifestCase } from './manifest-files.ts'
import { labelNames } from './masks.ts'
import { findMethod } from './methods.ts'
import type { Work } from './progress.ts'
import { readReference } from './reference-files.ts'

export type EvaluateRequest = {
  readonly manifest: string
  readonly model: string
  /** By name, with options in place of the defaults. */
  readonly methods: readonly { readonly name: string; readonly options: Readonly<Record<string, OptionValue>> }[]
  readonly out: string
  /** Every count-th case, beginning with the index-th from 1. */
  readonly shard?: { readonly index: number; readonly count: number } | undefined
  readonly guard: boolean
  /** Keep a run folder a case and method. */
  readonly keepRuns: boolean
  readonly toleranceMm: number
  readonly seed: number
  readonly engine: EngineChoice
  /** Told before the first episode, from a look at the first case. */
  readonly onForecast?: (forecast: Forecast) => void
}

export type EvaluateResult = {
  readonly folder: string
  readonly cases: number
  /** Rows that were there already, done now, and failed among all. */
  readonly resumed: number
  readonly done: number
  readonly failed: number
}

/**
 * Many episodes, one model: a row a case and method, each on disk before the next begins, so that a stopped evaluation goes on
 * where it was. One scan is in memory at a time. A case that fails is a row with its error. Throws UserError where nothing
 * can be done at all, or the signal's reason.
 */
export async function evaluate(request: EvaluateRequest, work: Work): Promise<EvaluateResult> {
  const methods = request.methods.map(({ name, options }) => ({
    name,
    parameters: parseOptions(findMethod(name).options, options),
  }))
  if (new Set(methods.map(({ name }) => name)).size < methods.length)
    throw new UserError('usage', { problem: 'A method is named twice', remedy: 'Name each method once.' })
  const { cases, sha256 } = await readManifest(request.manifest)
  const engine = await startWork(request.engine)
  const { keepRuns } = request
  const model = await loadModel(request.model)
  const { name, version, sha256: modelHash } = model.card
  const evaluation: Evaluation = {
    schema: 1,
    scanbridge: { version: thisBuild().version },
    manifest: { sha256, cases: cases.length },
    model: { name, version, sha256: modelHash, labels: labelNames(model.card) },
    methods,
    engine: `${engine.name} ${engine.tensorflow}`,
    seed: request.seed,
    guard: request.guard,
    toleranceMm: request.toleranceMm,
  }
  let folder: EvaluationFolder | undefined
  try {
    folder = await openEvaluation(request.out, evaluation)
    const own = cases.filter(({ index }) => !request.shard || index % request.shard.count === request.shard.index - 1)
    const isDone = (one: ManifestCase, method: string): boolean =>
      folder!.rows.some((row) => row.case === one.case && row.method === method)
    const left = own.filter((one) => methods.some((method) => !isDone(one, method.name)))
    if (request.onForecast && left[0]) {
      const count = (method: string): number => left.filter((one) => !isDone(one, method)).length
      const episodes = methods.map((method) => ({ method: method.name, count: count(method.name) }))
      // A first case that cannot be read is a row like any other; there is no forecast then.
      const first = await readCase(left[0], model, work).catch((error: unknown) => {
        if (error instanceof UserError) return undefined
        throw error
      })
      if (first) request.onForecast(await forecast(first, methods, episodes, keepRuns))
    }
    const rows: CaseRow[] = []
    const pace = createPace(left.length * methods.length, work)
    for (const one of left) {
      const todo = methods.filter((method) => !isDone(one, method.name))
      rows.push(...(await evaluateOne(one, todo, { model, engine, evaluation, folder, keepRuns, work, pace })))
    }
    const all = [...folder.rows, ...rows]
    await writeSummary(request.out, evaluation, all)
    const failed = all.filter(({ state }) => state === 'failed').length
    return { folder: request.out, cases: own.length, resumed: folder.rows.length, done: rows.length, failed }
  } finally {
    folder?.close()
    model.dispose()
  }
}

type Around = {
  readonly model: Model
  readonly evaluation: Evaluation
  readonly engine: RunRecord['engine']
  readonly folder: EvaluationFolder
  readonly keepRuns: boolean
  readonly work: Work
  readonly pace: (one: ManifestCase, method: string) => Work
}

async function evaluateOne(
  one: ManifestCase,
  methods: Evaluation['methods'],
  { model, engine, evaluation, folder, keepRuns, work, pace }: Around,
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
      if (work.signal.aborted) throw error
      row = failedRow(one, method.name, error)
    }
    folder.append(row, {
      case: one.case,
      method: method.name,
      readMs: Math.round(timing.readMs),
      episodeMs: Math.round(timing.episodeMs),
      scoreMs: Math.round(timing.scoreMs),
      residentMb: residentMb(),
    })
    rows.push(row)
  }
  return rows
}

async function readCase(one: ManifestCase, model: Model, work: Work): Promise<Omit<ReadCase, 'engine'>> {
  const input = await readInput(one.image, one.series, { ...work, onProgress: () => {} })
  const labels = labelNames(model.card)
  const reference = one.reference ? await readReference(one.reference, input.volume, labels) : undefined
  return { model, input, study: toModelGrid(input.volume, model.card, model.stride), reference }
}

/** Progress over all episodes; the time left is that of the mean episode so far. */
function createPace(total: number, work: Work): Around['pace'] {
  const began = performance.now()
  let begun = -1
  return (one, method) => {
    begun++
    const elapsed = performance.now() - began
    const remaining = begun > 0 ? (elapsed / begun) * (total - begun) : undefined
    work.onProgress(`case ${one.case}, ${method}`, begun / total, remaining)
    return { signal: work.signal, onProgress: () => {} }
  }
}

function residentMb(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20)
}
