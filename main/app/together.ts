/** Other series of the same study, to adapt together with a scan. */
import { UserError } from '../errors.ts'
import type { RunRecord } from '../runs/run.ts'
import { describeOpened, openInput, readInput } from './input.ts'
import type { Input, OpenedInput } from './input.ts'
import type { Work } from './progress.ts'

/** Another series, and what a run calls it. */
export type Other = { readonly name: string; readonly input: Input }

type OnRecord = NonNullable<RunRecord['with']>[number]

/**
 * The scan, and the series to adapt together with it. `wanted`: of DICOM a SeriesInstanceUID or series number of the same
 * PATH; beside a NIfTI file, other NIfTI files. Throws UserError where one is not known to lie in the scan's space.
 */
export async function readTogether(
  path: string,
  series: string | undefined,
  wanted: readonly string[],
  work: Work,
): Promise<{ input: Input; others: Other[] }> {
  const opened = await openInput(path, series, work)
  const others: Other[] = []
  for (const one of wanted)
    others.push(
      opened.study.kind === 'nifti'
        ? { name: `Other scan ${others.length + 1}`, input: await readInput(one, undefined, work) }
        : await readSeries(opened, one, work),
    )
  checkTogether(path, opened.input, others)
  return { input: opened.input, others }
}

async function readSeries({ study }: OpenedInput, wanted: string, work: Work): Promise<Other> {
  const one = await describeOpened(study, wanted, work)
  return { name: seriesName(study.series.find(({ seriesUid }) => seriesUid === one.seriesUid)!), input: one.input }
}

/** Quotes no description: names are found in these at times. */
export function seriesName({ seriesNumber }: { readonly seriesNumber: number | null }): string {
  return `Series ${seriesNumber ?? 'without a number'}`
}

/**
 * Throws UserError unless each other series is another one, of the same study and, by what the files say, in the same
 * coordinates: DICOM by StudyInstanceUID and FrameOfReferenceUID, NIfTI by its affine alone.
 */
export function checkTogether(path: string, scan: Input, others: readonly Other[]): void {
  const hashes = new Set([scan.record.seriesHash])
  for (const { name, input } of others) {
    const reason = obstacle(scan, input) ?? (hashes.has(input.record.seriesHash) ? 'it was named twice' : undefined)
    if (reason)
      throw new UserError('input-unsupported', {
        path: `${name} of ${path}`,
        reason: `it cannot adapt together with the scan: ${reason}`,
        remedy: 'Name another series of the same study and position, or adapt to the scan alone.',
      })
    hashes.add(input.record.seriesHash)
  }
}

function obstacle(scan: Input, other: Input): string | undefined {
  if (scan.record.seriesHash === other.record.seriesHash) return 'it is the scan itself'
  if (scan.record.kind !== other.record.kind) return 'one is DICOM and the other NIfTI'
  if (!scan.source || !other.source) return undefined
  if (scan.source.studyUid !== other.source.studyUid) return 'it is of another study'
  const frame = scan.source.frameOfReferenceUid
  if (!frame || frame !== other.source.frameOfReferenceUid)
    return 'the files do not say that both lie in the same coordinates (FrameOfReferenceUID)'
  return undefined
}

/** The series that a run adapted together with, found again by their hashes: in the study of its scan, or as they are named. */
export async function readRecorded(
  path: string,
  series: string | undefined,
  recorded: readonly OnRecord[],
  wanted: readonly string[],
  work: Work,
): Promise<{ input: Input; others: Other[] }> {
  if (recorded.length === 0 || wanted.length > 0) {
    const { input, others } = await readTogether(path, series, wanted, work)
    return { input, others: recorded.map((one) => named(path, one, others)) }
  }
  const opened = await openInput(path, series, work)
  const found: Other[] = []
  for (const { seriesUid, volumes } of opened.study.series)
    for (const [index, { shape }] of volumes.entries()) {
      if (!recorded.some((one) => one.shape.every((n, axis) => n === shape[axis]))) continue
      const { input } = await describeOpened(opened.study, seriesUid, work, index)
      found.push({ name: '', input })
    }
  return { input: opened.input, others: recorded.map((one) => named(path, one, found)) }
}

function named(path: string, { name, seriesHash }: OnRecord, among: readonly Other[]): Other {
  const one = among.find(({ input }) => input.record.seriesHash === seriesHash)
  if (one) return { ...one, name }
  throw new UserError('input-unsupported', {
    path,
    reason: `what the run adapted together with (${name}) is not there`,
    remedy: 'Give it with --with.',
  })
}

/** What a run notes of its other series when it begins. */
export function recordOf(others: readonly Other[]): Pick<RunRecord, 'with'> {
  if (others.length === 0) return {}
  return { with: others.map(({ name, input }) => ({ ...input.record, name, outcome: null })) }
}
