import { runEpisode } from '../adapt/episode.ts'
import type { OptionValue } from '../adapt/options.ts'
import { UserError } from '../errors.ts'
import { scoreLabels } from '../evaluate/case-row.ts'
import type { CaseRow, State } from '../evaluate/case-row.ts'
import { diagonalMm } from '../evaluate/overlap.ts'
import type { Model } from '../model/model.ts'
import { restoreGrid } from '../predict/postprocess.ts'
import type { ModelStudy } from '../predict/study.ts'
import type { Kept, RunRecord } from '../runs/run.ts'
import type { LabelMap, ProbabilityMap } from '../volume/volume.ts'
import { adaptTo } from './adaptation.ts'
import { readMasks, removeRun } from './evaluation-files.ts'
import { guardRecord } from './guard-record.ts'
import type { Input } from './input.ts'
import { scannerName } from './manifest-files.ts'
import type { ManifestCase } from './manifest-files.ts'
import { labelNames, volumesOf } from './masks.ts'
import { findMethod } from './methods.ts'
import type { Work } from './progress.ts'

/** A case that was read. */
export type ReadCase = {
  readonly model: Model
  readonly input: Input
  readonly study: ModelStudy
  readonly reference: LabelMap | undefined
  readonly engine: RunRecord['engine']
}

export type EpisodeSettings = {
  readonly method: string
  readonly options: Readonly<Record<string, OptionValue>>
  readonly seed: number
  readonly guard: boolean
  readonly toleranceMm: number
  /** Folder for the episode's whole run; undefined: only its scores are kept. */
  readonly run: string | undefined
}

/** One episode on one case, scored: a row, and how long its two parts took. Throws UserError, or the signal's reason. */
export async function evaluateCase(
  one: ManifestCase,
  read: ReadCase,
  settings: EpisodeSettings,
  work: Work,
): Promise<{ row: CaseRow; episodeMs: number; scoreMs: number }> {
  const started = performance.now()
  const { model, input, reference } = read
  const { method, toleranceMm } = settings
  const { masks, guard, keptStep } = await (settings.run ? recorded : unrecorded)(read, settings, work)
  const scoring = performance.now()
  const labels = labelNames(model.card)
  const ml = byState(masks, (mask) => volumesOf(mask, labels))
  const row: CaseRow = {
    ...blankRow(one, method),
    ...scannerOf(one, input),
    state: 'done',
    seriesHash: input.record.seriesHash,
    verdict: guard.verdict,
    keptStep,
    reasons: [...guard.reasons],
    labelFree: { ...expectations(guard), ...guard.scores },
    volumes: Object.fromEntries(labels.map(({ name }) => [name, byState(ml, (volumes) => volumes[name]!)])),
    reference: reference ? byState(masks, (mask) => scoreLabels(mask, reference, labels, toleranceMm)) : null,
    diagonalMm: reference ? diagonalMm(reference) : null,
  }
  return { row, episodeMs: scoring - started, scoreMs: performance.now() - scoring }
}

/** What the model's calibration expects of the case, beside the scores that it made it of. */
function expectations({ expectedDice }: RunRecord['guard']): Record<string, number> {
  if (!expectedDice) return {}
  return { 'expected Dice': expectedDice.kept, 'expected Dice before': expectedDice.source }
}

type Outcome = {
  readonly masks: Readonly<Record<State, LabelMap>>
  readonly guard: RunRecord['guard']
  readonly keptStep: Kept
}

async function unrecorded(read: ReadCase, settings: EpisodeSettings, work: Work): Promise<Outcome> {
  const { model, study } = read
  const { options, seed, guard } = settings
  const events = runEpisode({
    ...{ model, study, method: findMethod(settings.method), options, seed, guard, signal: work.signal },
    onProgress: ({ doing, share, remainingMs }) => work.onProgress(doing, share, remainingMs),
  })
  let next = await events.next()
  while (!next.done) next = await events.next()
  const result = next.value
  const native = (probability: ProbabilityMap): LabelMap => restoreGrid(probability, study, model.card)
  const before = native(result.before)
  const adapted = result.after === result.before ? before : native(result.after)
  const kept = result.mask === result.before ? before : result.mask === result.after ? adapted : native(result.mask)
  return { masks: { before, adapted, kept }, guard: guardRecord(result.guard), keptStep: result.kept }
}

/** The same with a run folder, as `adapt` writes it. What an evaluation that was killed left of the run goes. */
async function recorded(read: ReadCase, settings: EpisodeSettings, work: Work): Promise<Outcome> {
  const { model, engine, input, reference } = read
  const { method, options, seed, guard, run } = settings
  await removeRun(run!)
  const given = { model, engine, input, reference, method, options, seed, guard, checkpointEvery: 1, out: run! }
  const record = await adaptTo({ ...given, started: performance.now(), readMs: 0 }, work)
  const [before, adapted, kept] = await readMasks(run!)
  return { masks: { before, adapted, kept }, guard: record.guard, keptStep: record.kept }
}

/** A case that could not be done is a row too: it is counted, never dropped. */
export function failedRow(one: ManifestCase, method: string, error: unknown): CaseRow {
  const { code, message, remedy } =
    error instanceof UserError
      ? { code: error.code, message: error.sentence, remedy: error.remedy }
      : { code: 'internal', message: `Scanbridge failed: ${(error as Error).message}`, remedy: '' }
  return { ...blankRow(one, method), error: { code, message: anonymous(message, one), remedy } }
}

/** Names of folders and files are patients' at times. Some sentences begin with the last part of a path alone. */
function anonymous(text: string, { case: name, image, reference }: ManifestCase): string {
  const last = (path: string): string => path.split(/[\\/]/).at(-1)!
  const without = (told: string, path: string, called: string): string => {
    const whole = told.replaceAll(path, called)
    return whole.startsWith(last(path)) ? called + whole.slice(last(path).length) : whole
  }
  // First, since it may lie in the folder of the image.
  const known = reference ? without(text, reference, `the reference of ${name}`) : text
  return without(known, image, name).replace(/^the reference/, 'The reference')
}

function blankRow(one: ManifestCase, method: string): CaseRow {
  return {
    case: one.case,
    method,
    index: one.index,
    state: 'failed',
    scanner: one.scanner || 'unknown',
    manufacturer: '',
    model: '',
    fieldStrength: 0,
    group: one.group,
    columns: { ...one.columns },
    seriesHash: null,
    verdict: null,
    keptStep: null,
    reasons: [],
    labelFree: {},
    volumes: {},
    reference: null,
    diagonalMm: null,
    error: null,
  }
}

function scannerOf(
  one: ManifestCase,
  { record: { scanner } }: Input,
): Pick<CaseRow, 'scanner' | 'manufacturer' | 'model' | 'fieldStrength'> {
  const { manufacturer = '', model = '', fieldStrength = 0 } = scanner ?? {}
  return {
    scanner: one.scanner || scannerName({ manufacturer, model, fieldStrength }),
    manufacturer,
    model,
    fieldStrength,
  }
}

function byState<T, U>(values: Readonly<Record<State, T>>, of: (value: T) => U): Record<State, U> {
  return { before: of(values.before), adapted: of(values.adapted), kept: of(values.kept) }
}
