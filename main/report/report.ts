import { z } from 'zod'
import { GuardRecord, JournalLine, Kept, Overlap, RunRecord, Scanner } from '../runs/run.ts'
import type { ReadRun } from '../runs/files.ts'
import { expectedSentence } from './expected.ts'
import { scoreNames } from './scores.ts'
import { partialNote, verdictSentence } from './verdict.ts'

export const notice = 'Research use only. Scanbridge is not a medical device, and its masks are not a diagnosis.'

/** Whose scan it is: only with --identity, and only from DICOM. */
export const Identity = z.object({
  patientName: z.string(),
  patientId: z.string(),
  birthDate: z.string(),
  sex: z.string(),
  studyDate: z.string(),
  studyDescription: z.string(),
})
export type Identity = z.infer<typeof Identity>

const VolumeRow = z.object({
  name: z.string(),
  value: z.number().int(),
  color: z.string(),
  /** Of the source model's mask; of the one it is compared with; of the one that is kept. */
  beforeMl: z.number(),
  afterMl: z.number().nullable(),
  keptMl: z.number(),
  changeMl: z.number().nullable(),
  /** Of the volume before; null where that is empty. */
  changePercent: z.number().nullable(),
  /** Dice of the label before with the label after. */
  agreement: z.number().nullable(),
})
export type VolumeRow = z.infer<typeof VolumeRow>

/** report.json. Made from a run folder alone, so made again it is the same. */
export const Report = z.object({
  schema: z.literal(1),
  kind: z.literal('run'),
  notice: z.string(),
  run: z.object({
    id: z.string(),
    created: z.string(),
    state: z.enum(['running', 'done', 'cancelled', 'failed', 'interrupted']),
    kept: Kept,
    steps: z.number().int(),
  }),
  /** One sentence where the run did not come to its end. */
  partial: z.string().nullable(),
  identity: Identity.nullable(),
  verdict: z.object({
    verdict: GuardRecord.shape.verdict,
    sentence: z.string(),
    /** The mean Dice that the model's calibration expects, where it has one. */
    expected: z.string().optional(),
    expectedDice: GuardRecord.shape.expectedDice,
    reasons: z.array(z.string()),
    scores: z.array(z.object({ key: z.string(), name: z.string(), meaning: z.string(), value: z.number().nullable() })),
  }),
  /**
   * Which state stands for "after" here, beside the source's "before": the kept step, or where the source was kept the last
   * step. Null where no step has a mask.
   */
  compared: z.object({ step: z.number().int(), isKept: z.boolean() }).nullable(),
  volumes: z.array(VolumeRow),
  reference: z.array(z.object({ name: z.string(), before: Overlap.nullable(), after: Overlap.nullable() })).nullable(),
  steps: z.array(JournalLine.extend({ mask: z.boolean() })),
  input: z.object({
    kind: z.string(),
    seriesHash: z.string(),
    modality: z.string().nullable(),
    scanner: Scanner.nullable(),
    shape: z.array(z.number()),
    spacing: z.array(z.number()),
    notes: z.array(z.string()),
  }),
  with: RunRecord.shape.with,
  model: RunRecord.shape.model,
  method: RunRecord.shape.method,
  engine: RunRecord.shape.engine,
  scanbridge: RunRecord.shape.scanbridge,
  timing: RunRecord.shape.timing,
  history: RunRecord.shape.history,
  files: z.array(z.object({ name: z.string(), sha256: z.string() })),
  problems: z.array(z.string()),
})
export type Report = z.infer<typeof Report>

export type ReportFacts = {
  readonly run: ReadRun
  readonly identity: Identity | undefined
  readonly files: readonly { readonly name: string; readonly sha256: string }[]
  /** Dice by label name of the mask before with the mask it is compared with. */
  readonly agreement: Readonly<Record<string, number>>
}

/** Which state a run's report compares the source with; see Report.compared. */
export function comparedState({ record: { kept }, journal }: ReadRun): Report['compared'] {
  if (kept !== 'source') return { step: kept, isKept: true }
  const last = journal.findLast(({ phase }) => phase === 'final')
  return last && last.step > 0 ? { step: last.step, isKept: false } : null
}

/** The facts of a run as plain data: what every format of the report shows. */
export function reportOf({ run, identity, files, agreement }: ReportFacts): Report {
  const { record, state, journal } = run
  const compared = comparedState(run)
  const expected = expectedSentence(record)
  const { expectedDice } = record.guard
  return {
    schema: 1,
    kind: 'run',
    notice,
    run: {
      id: record.id,
      created: record.created,
      state,
      kept: record.kept,
      steps: journal.filter(({ step, phase }) => step > 0 && phase !== 'final').length,
    },
    partial: partialNote(state, record, journal) ?? null,
    identity: identity ?? null,
    verdict: {
      verdict: record.guard.verdict,
      sentence: verdictSentence(record, state),
      ...(expected !== undefined && { expected }),
      ...(expectedDice && { expectedDice }),
      reasons: record.guard.reasons,
      scores: Object.entries(record.guard.scores).map(([key, value]) => ({ key, ...scoreNames(key), value })),
    },
    compared,
    volumes: volumeRows(record, compared, agreement),
    reference: record.reference ? referenceRows(record.reference, compared) : null,
    steps: journal.map((line) => ({ ...line, mask: line.phase !== 'final' && run.masks.includes(line.step) })),
    input: record.input,
    ...(record.with && { with: record.with }),
    model: record.model,
    method: record.method,
    engine: record.engine,
    scanbridge: record.scanbridge,
    timing: record.timing,
    history: record.history,
    files: [...files],
    problems: [...run.problems],
  }
}

function volumeRows(
  { volumes, model }: RunRecord,
  compared: Report['compared'],
  agreement: ReportFacts['agreement'],
): VolumeRow[] {
  return model.labels.flatMap(({ name, value, color }) => {
    const row = volumes[name]
    if (!row) return []
    const afterMl = compared && (compared.isKept ? row.kept : row.after)
    const changeMl = afterMl === null ? null : afterMl - row.before
    return {
      name,
      value,
      color,
      beforeMl: row.before,
      afterMl,
      keptMl: row.kept,
      changeMl,
      changePercent: changeMl === null || row.before === 0 ? null : (100 * changeMl) / row.before,
      agreement: agreement[name] ?? null,
    }
  })
}

function referenceRows(
  { before, after, kept }: NonNullable<RunRecord['reference']>,
  compared: Report['compared'],
): NonNullable<Report['reference']> {
  const other = compared?.isKept ? kept : compared ? after : undefined
  return Object.keys(before).map((name) => ({ name, before: before[name]!, after: other?.[name] ?? null }))
}
