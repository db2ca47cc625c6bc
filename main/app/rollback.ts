import { UserError } from '../errors.ts'
import { writeReports } from '../report/files.ts'
import { readRun, readRunFile, reopenRun } from '../runs/files.ts'
import type { ReadRun } from '../runs/files.ts'
import { stepName } from '../runs/run.ts'
import type { Kept, RunRecord } from '../runs/run.ts'
import { openNifti, readLabelMap } from '../volume/nifti.ts'
import { writeKept } from './kept-files.ts'
import { volumesOf } from './masks.ts'

/**
 * Makes the source's mask, or that of an earlier step, the kept result of a run: bytes are copied, nothing is computed.
 * The decision goes on record, the reports are made again. Throws UserError where there is no such mask.
 */
export async function rollBack(folder: string, to: Kept): Promise<RunRecord> {
  const run = await readRun(folder)
  const name = to === 'source' ? 'before.nii.gz' : `checkpoints/${stepName(to)}.nii.gz`
  const mask = await readRunFile(folder, name)
  if (!mask) throw noMask(run, to)
  const writer = await reopenRun(folder)
  await writeKept(folder, mask)
  const { record } = writer
  const volumes = volumesOf(readLabelMap(openNifti(mask, name)), record.model.labels)
  await writer.decide(
    'rolled-back',
    `A user kept ${to === 'source' ? "the source model's mask" : `the mask of step ${to}`}.`,
    {
      kept: to,
      guard: { ...record.guard, verdict: verdictAfter(record, to) },
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

function noMask({ folder, masks, journal }: ReadRun, to: Kept): UserError {
  if (to === 'source') return unusable(folder, 'it ended before its first mask', 'Run "adapt" again into a new folder.')
  const known = masks.length
    ? `Steps with one: ${masks.join(', ')}.`
    : 'No step of it has one; leave out --to for the source.'
  const reason = journal.some(({ step }) => step === to) ? `step ${to} has no stored mask` : `it has no step ${to}`
  return unusable(folder, reason, known)
}

function unusable(path: string, reason: string, remedy: string): UserError {
  return new UserError('run-unusable', { path, reason, remedy })
}
