import { UserError } from '../errors.ts'
import { formats, writeReports } from '../report/files.ts'
import type { Format } from '../report/files.ts'
import { findRuns } from '../runs/files.ts'
import { isEvaluation } from './evaluation-files.ts'
import { rewriteReports } from './evaluation-summary.ts'
import { readIdentity } from './kept-files.ts'

export type ReportRequest = {
  /** A run, a folder with runs directly in it, or an evaluation. */
  readonly path: string
  readonly formats: readonly string[]
  readonly withIdentity: boolean
}

/** (Re)writes the reports of one run, of every run in a folder, or of an evaluation; returns the names written, by folder. */
export async function report(
  request: ReportRequest,
  onShare: (share: number) => void,
): Promise<{ run: string; files: string[] }[]> {
  const wanted = request.formats.map(formatOf)
  if (isEvaluation(request.path)) {
    if (request.withIdentity) throw nobody(request.path)
    return [{ run: request.path, files: await rewriteReports(request.path, wanted) }]
  }
  const written: { run: string; files: string[] }[] = []
  const runs = findRuns(request.path)
  for (const run of runs) {
    onShare(written.length / runs.length)
    const identity = request.withIdentity ? await readIdentity(run) : undefined
    written.push({ run, files: await writeReports(run, wanted, identity) })
  }
  return written
}

function nobody(path: string): UserError {
  return new UserError('usage', {
    problem: `${path} is an evaluation, whose reports name nobody`,
    remedy: 'Leave out --identity.',
  })
}

function formatOf(name: string): Format {
  const format = formats.find((known) => known === name)
  if (format) return format
  throw new UserError('usage', {
    problem: `There is no report format ${name}`,
    remedy: `Choose from: ${formats.join(', ')}.`,
  })
}
