import { parseOptions } from '../adapt/options.ts'
import { UserError } from '../errors.ts'
import { loadModel } from '../model/files.ts'
import type { Model } from '../model/model.ts'
import { Report, reportOf } from '../report/report.ts'
import { readRun } from '../runs/files.ts'
import { adaptTo } from './adaptation.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'
import { findMethod } from './methods.ts'
import type { Input } from './input.ts'
import type { Work } from './progress.ts'
import { freshFolder, hashesOf, readJson, removeFolder } from './replay-files.ts'
import { readRecorded } from './together.ts'
import type { Other } from './together.ts'

export type ReplayRequest = {
  /** A report.json. */
  readonly report: string
  /** PATH of the scan: a report does not say where it lies. */
  readonly scan: string
  readonly series?: string | undefined
  /** Other series that it adapted together with, where they are not in the scan's study. */
  readonly with?: readonly string[] | undefined
  readonly engine: EngineChoice
}

export type Difference = {
  /** What is not the same: a file, a step's loss, a volume, ... */
  readonly what: string
  readonly reported: string
  readonly replayed: string
  /** Relative, for numbers; null where there is no size. */
  readonly size: number | null
}

export type Replay = {
  readonly outcome: 'equal' | 'within-tolerance' | 'different'
  readonly sentence: string
  /** What differs, in the order in which it arises; empty where all is equal. */
  readonly differences: readonly Difference[]
  /** Engines, versions: what may explain a difference. */
  readonly circumstances: readonly Difference[]
}

/** Losses, scores and volumes may differ by this share before they count as different: other engines round otherwise. */
const tolerance = 0.01

/**
 * Runs the episode of a report again, with its model, method, options and seed, on the scan that it names by hash, and
 * compares every step and mask. Throws UserError where the scan or the model is another one, or the report of a run that
 * did not come to its end.
 */
export async function replay(request: ReplayRequest, work: Work): Promise<Replay> {
  const parsed = Report.safeParse(await readJson(request.report))
  if (!parsed.success) throw unusable(request.report, 'it is no report.json of a run')
  const report = parsed.data
  if (report.run.state !== 'done') throw unusable(request.report, 'its run did not come to its end')
  parseOptions(findMethod(report.method.name).options, report.method.parameters)
  const engine = await startWork(request.engine)
  const model = await loadModel(report.model.name)
  const folder = await freshFolder()
  try {
    if (model.card.sha256 !== report.model.sha256) throw otherModel(request.report, report.model.name)
    const { with: wanted = [] } = request
    const read = await readRecorded(request.scan, request.series, report.with ?? [], wanted, work)
    const { input } = read
    if (input.record.seriesHash !== report.input.seriesHash)
      throw new UserError('input-unsupported', {
        path: request.scan,
        reason: 'it is not the scan that the report is of',
        remedy: 'Give that scan, and its series with --series.',
      })
    await run(report, { model, engine, ...read, folder }, work)
    const again = await readRun(folder)
    const replayed = reportOf({ run: again, identity: undefined, files: await hashesOf(folder), agreement: {} })
    return outcomeOf(report, replayed)
  } finally {
    model.dispose()
    await removeFolder(folder)
  }
}

type Means = {
  readonly model: Model
  readonly engine: Awaited<ReturnType<typeof startWork>>
  readonly input: Input
  readonly others: readonly Other[]
  readonly folder: string
}

async function run(report: Report, { model, engine, input, others, folder }: Means, work: Work): Promise<void> {
  const { name, parameters, seed } = report.method
  // A run without a guard has no scores of one; a person's later decision does not change that.
  const guard = report.verdict.scores.length > 0 || report.verdict.verdict !== 'off'
  const given = { model, engine, input, others, reference: undefined, method: name, options: parameters, seed, guard }
  await adaptTo({ ...given, checkpointEvery: 1, out: folder, started: performance.now(), readMs: 0 }, work)
}

function outcomeOf(report: Report, replayed: Report): Replay {
  const differences = [
    ...stepDifferences(report, replayed),
    ...report.volumes.flatMap((row) => {
      const other = replayed.volumes.find(({ name }) => name === row.name)
      return number(`ml of ${row.name} before`, row.beforeMl, other?.beforeMl ?? null)
    }),
    ...fileDifferences(report, replayed),
  ]
  const circumstances = [
    ...text('engine', engineOf(report), engineOf(replayed)),
    ...text('Scanbridge', report.scanbridge.version, replayed.scanbridge.version),
    ...text('commit', report.scanbridge.commit ?? 'unknown', replayed.scanbridge.commit ?? 'unknown'),
  ]
  const isFar = differences.some(({ what, size }) => !isHash(what) && (size === null || size > tolerance))
  const outcome = differences.length === 0 ? 'equal' : isFar ? 'different' : 'within-tolerance'
  return { outcome, sentence: sentenceOf(outcome, differences, replayed), differences, circumstances }
}

const engineOf = ({ engine }: Report): string => `${engine.name} ${engine.tensorflow} (${engine.threads} threads)`
const isHash = (what: string): boolean => what.endsWith('.gz')

function sentenceOf(
  outcome: Replay['outcome'],
  differences: readonly Difference[],
  { run: { steps } }: Report,
): string {
  if (outcome === 'equal') return `Equal: ${steps} steps and both masks are the same to the bit.`
  const [first] = differences
  const where = `first in ${first!.what}: ${first!.reported} in the report, ${first!.replayed} now`
  if (outcome === 'different') return `Different, ${where}.`
  return `Equal within ${100 * tolerance} %, ${where}.`
}

function stepDifferences(report: Report, replayed: Report): Difference[] {
  const found = text('number of steps', String(report.steps.length), String(replayed.steps.length))
  for (const [n, line] of report.steps.entries()) {
    const other = replayed.steps[n]
    if (!other) break
    for (const kind of ['loss', 'scores', 'measures'] as const)
      for (const [name, value] of Object.entries(line[kind]))
        found.push(...number(`${name} of step ${line.step} (${line.phase})`, value, other[kind][name] ?? null))
  }
  return found
}

/** The masks before and after: the kept one may be a person's choice. */
function fileDifferences(report: Report, replayed: Report): Difference[] {
  const hash = ({ files }: Report, wanted: string): string =>
    files.find(({ name }) => name === wanted)?.sha256 ?? 'none'
  return ['before.nii.gz', 'after.nii.gz'].flatMap((name) =>
    text(`SHA-256 of ${name}`, hash(report, name), hash(replayed, name)),
  )
}

function number(what: string, reported: number | null, replayed: number | null): Difference[] {
  if (reported === replayed) return []
  if (reported === null || replayed === null)
    return [{ what, reported: String(reported), replayed: String(replayed), size: null }]
  const size = Math.abs(replayed - reported) / Math.max(Math.abs(reported), Math.abs(replayed))
  return [{ what, reported: String(reported), replayed: String(replayed), size }]
}

function text(what: string, reported: string, replayed: string): Difference[] {
  return reported === replayed ? [] : [{ what, reported, replayed, size: null }]
}

function otherModel(path: string, model: string): UserError {
  const reason = `it adapted another version of ${model} than is here`
  return new UserError('input-unsupported', { path, reason, remedy: 'Put back the version that the report names.' })
}

function unusable(path: string, reason: string): UserError {
  return new UserError('input-unsupported', { path, reason, remedy: 'Give the report.json of a finished run.' })
}
