/** A run folder as the windows show it. */
import type { JournalLine, RunDetail, RunSummary, VolumeRef } from '../contract/schemas.ts'
import { expectedSentence } from '../report/expected.ts'
import { verdictSentence } from '../report/verdict.ts'
import type { ReadRun } from '../runs/files.ts'
import { choicesOf, isUnsaved, keptWhenSaved } from './decisions.ts'
import type { FoundRun } from './home-runs-files.ts'

/** What is known of a run beside its folder. */
export type Beside = {
  /** When its result last left the app. */
  readonly exported: string | undefined
  readonly hasThumbnail: boolean
}

export function summarizeRun(id: string, run: ReadRun, { exported, hasThumbnail }: Beside): RunSummary {
  const { record, state } = run
  return {
    id,
    created: record.created,
    state,
    verdict: record.guard.verdict,
    sentence: sentenceOf(run),
    kept: record.kept,
    steps: stepsOf(run),
    model: record.model.name,
    method: record.method.name,
    scanner: record.input.scanner,
    volumes: record.volumes,
    isUnsaved: isUnsaved(record, exported),
    hasThumbnail,
  }
}

/** A run that cannot be read, so that it can at least be seen and deleted. */
export function summarizeDamaged({ id, problem, modified }: Extract<FoundRun, { problem: string }>): RunSummary {
  return {
    id,
    created: modified.toISOString(),
    state: 'failed',
    verdict: 'off',
    sentence: `This run cannot be read. ${problem}`,
    kept: 'source',
    steps: 0,
    model: '',
    method: '',
    scanner: null,
    volumes: {},
    isUnsaved: false,
    hasThumbnail: false,
  }
}

export type Around = Beside & {
  readonly folder: string
  /** The scan, where it is open. */
  readonly scan: VolumeRef | null
  readonly canOpenScan: boolean
}

export function detailOf(id: string, run: ReadRun, around: Around): RunDetail {
  const { record, journal, masks, problems } = run
  const { folder, scan, canOpenScan } = around
  const { before, after, kept } = record.reference ?? {}
  const expected = expectedSentence(record)
  const { expectedDice } = record.guard
  const choices = choicesOf(record)
  return {
    ...summarizeRun(id, run, around),
    folder,
    engine: record.engine,
    modelVersion: record.model.version,
    labels: record.model.labels,
    parameters: record.method.parameters,
    seed: record.method.seed,
    guard: record.guard,
    ...(expected !== undefined && { expected }),
    ...(expectedDice && { expectedDice }),
    guardChoice: record.guardChoice ?? null,
    timing: record.timing,
    reference: before && after ? { before, after, kept: kept ?? null } : null,
    ...(record.with && { with: record.with.map(shownOther) }),
    history: record.history.map(({ time, event, detail }) => ({ time, event, detail })),
    journal: journal.map(shownLine),
    masks: [...masks],
    problems: [...record.input.notes, ...record.engine.notes, ...problems],
    scan,
    canOpenScan,
    canUndo: choices.kept.length > 1,
    canRedo: choices.takenBack.length > 0,
    saved: keptWhenSaved(record, around.exported) ?? null,
  }
}

function shownOther({ name, outcome }: NonNullable<ReadRun['record']['with']>[number]): {
  name: string
  isUsed: boolean
  sentence: string | null
} {
  return { name, isUsed: outcome?.isUsed ?? false, sentence: outcome?.sentence ?? null }
}

/** A line of the journal, on disk or just about to be. */
export function shownLine(line: Omit<JournalLine, 'isStored'> & { readonly checkpoint?: unknown }): JournalLine {
  const { step, phase, elapsedMs, loss, learningRate, gradNorm, scores, measures, notes, checkpoint } = line
  const isStored = checkpoint !== undefined && checkpoint !== null
  return { step, phase, elapsedMs, loss, learningRate, gradNorm, scores, measures, notes, isStored }
}

function stepsOf({ journal }: ReadRun): number {
  return journal.filter(({ step, phase }) => step > 0 && phase !== 'final').length
}

function sentenceOf(run: ReadRun): string {
  const { record, state } = run
  const steps = stepsOf(run)
  const at = steps === 0 ? 'before its first step' : `after step ${steps}`
  if (state === 'running') return steps === 0 ? 'At work: no step is done yet.' : `At work: step ${steps} is done.`
  if (state === 'interrupted') return `Interrupted ${at}. It can be resumed: run again with its settings.`
  if (state === 'cancelled') return `Cancelled ${at}; kept is ${keptName(record.kept)}.`
  if (state === 'failed') return record.failure ?? `Failed ${at}.`
  return verdictSentence(record, state)
}

function keptName(kept: RunSummary['kept']): string {
  return kept === 'source' ? "the source model's mask" : `the mask after step ${kept}`
}
