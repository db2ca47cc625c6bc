import { UserError } from '../errors.ts'
import { writeReports } from '../report/files.ts'
import { readRun, readRunFile, reopenRun } from '../runs/files.ts'
import type { ReadRun } from '../runs/files.ts'
import type { Kept, RunRecord } from '../runs/run.ts'
import { openNifti, readLabelMap } from '../volume/nifti.ts'
import { maskFile, writeKept } from './kept-files.ts'
import { volumesOf } from './masks.ts'
import type { Work } from './progress.ts'
import { predictStep } from './step-mask.ts'
import type { StepMaskRequest } from './step-mask.ts'

/** What the history says of a choice: "A user kept" the mask of step 3. */
export type Decision = { readonly event: 'rolled-back' | 'undone' | 'redone'; readonly says: string }

/**
 * Makes the source's mask, or that of an earlier step, the kept result of a run: bytes are copied, nothing is computed,
 * unless a scan is given for a step that has stored parameters but no stored mask. The decision goes on record, the reports
 * are made again. Throws UserError where there is no such mask.
 */
export async function rollBack(
  folder: string,
  to: Kept,
  scan?: { readonly request: StepMaskRequest; readonly work: Work },
  decision: Decision = { event: 'rolled-back', says: 'A user kept' },
): Promise<RunRecord> {
  const run = await readRun(folder)
  const name = maskFile(to)
  const stored = await readRunFile(folder, name)
  const mask = stored ?? (scan && to !== 'source' ? await predictStep(run, to, scan.request, scan.work) : undefined)
  if (!mask) throw noMask(run, to)
  const writer = await reopenRun(folder)
  if (!stored) await writer.writeFile(name, mask)
  await writeKept(folder, mask)
  const { record } = writer
  const volumes = volumesOf(readLabelMap(openNifti(mask, name)), record.model.labels)
  await writer.decide(
    decision.event,
    `${decision.says} ${to === 'source' ? "the source model's mask" : `the mask of step ${to}`}.`,
    {
      kept: to,
      guard: { ...record.guard, verdict: verdictAfter(record, to) },
      ...(record.reference && { reference: referenceAfter(record.reference, to, await isLast(folder, mask)) }),
      volumes: Object.fromEntries(
        Object.entries(record.volumes).map(([label, ml]) => [label, { ...ml, kept: volumes[label] ?? ml.kept }]),
      ),
    },
  )
  writer.close()
  await writeReports(folder, ['html', 'pdf', 'json', 'csv'])
  return writer.record
}

/** A person who chooses what the guard had chosen does not overrule it; without a guard there is nothing to overrule. */
function verdictAfter({ guard, guardChoice }: RunRecord, to: Kept): RunRecord['guard']['verdict'] {
  if (!guardChoice || guardChoice.verdict === 'off') return guard.verdict
  return guardChoice.kept === to ? guardChoice.verdict : 'overruled'
}

/** The reference itself is not part of the run: a mask that was compared with it before the choice keeps its scores. */
function referenceAfter(
  { before, after }: NonNullable<RunRecord['reference']>,
  to: Kept,
  isLast: boolean,
): NonNullable<RunRecord['reference']> {
  const kept = to === 'source' ? before : isLast ? after : undefined
  return { before, after, ...(kept && { kept }) }
}

async function isLast(folder: string, mask: Uint8Array): Promise<boolean> {
  const after = await readRunFile(folder, 'after.nii.gz')
  return after?.length === mask.length && after.every((byte, n) => byte === mask[n])
}

function noMask({ folder, masks, journal }: ReadRun, to: Kept): UserError {
  if (to === 'source') return unusable(folder, 'it ended before its first mask', 'Run "adapt" again into a new folder.')
  const isStep = journal.some(({ step, checkpoint }) => step === to && checkpoint)
  const known = masks.length ? `Steps with one: ${masks.join(', ')}. ` : ''
  if (isStep)
    return unusable(
      folder,
      `step ${to} has no stored mask`,
      `${known}Or give the scan with --scan to predict it again.`,
    )
  const reason = journal.some(({ step }) => step === to) ? `step ${to} was not stored` : `it has no step ${to}`
  return unusable(folder, reason, known ? known.trim() : 'Leave out --to for the source.')
}

function unusable(path: string, reason: string, remedy: string): UserError {
  return new UserError('run-unusable', { path, reason, remedy })
}
