import { UserError } from '../errors.ts'
import { formats, writeReports } from '../report/files.ts'
import type { Format } from '../report/files.ts'
import { findRuns } from '../runs/files.ts'
import { readIdentity } from './kept-files.ts'

export type ReportRequest = {
  /** A run, or a folder with runs directly in it. */
  readonly path: string
  readonly formats: readonly string[]
  readonly withIdentity: boolean
}

/** (Re)writes the reports of one run or of every run in a folder; returns the paths written, by run. */
export async function report(
  request: ReportRequest,
  onShare: (share: number) => void,
): Promise<{ run: string; files: string[] }[]> {
  const wanted = request.formats.map(formatOf)
  const written: { run: string; files: string[] }[] = []
  const runs = findRuns(request.path)
  for (const run of runs) {
    onShare(written.length / runs.length)
    const identity = request.withIdentity ? await readIdentity(run) : undefined
    written.push({ run, files: await writeReports(run, wanted, identity) })
  }
  return written
}

function formatOf(name: string): Format {
  const format = formats.find((known) => known === name)
  if (format) return format
  throw new UserError('usage', {
    problem: `There is no report format ${name}`,
    remedy: `Choose from: ${formats.join(', ')}.`,
  })
}
