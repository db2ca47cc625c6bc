import { UserError } from '../errors.ts'
import type { CaseRow } from '../evaluate/case-row.ts'
import { montageRows } from '../report/cohort/montage.ts'
import { openEvaluation, readEvaluation, readRows, refuseOther, writeInto } from './evaluation-files.ts'
import { inOrder, writeSummary } from './evaluation-summary.ts'
import { copyRun, isSameFolder } from './merge-files.ts'

/**
 * Joins the shards of one evaluation into a folder: new, or that of an earlier merge of some of them. The runs that the
 * report shows come along where they were kept, so that it is the report of one machine. Throws UserError where the shards
 * are not of one evaluation, two did the same case, or the folder holds rows that none of them has.
 */
export async function merge(
  folders: readonly string[],
  out: string,
): Promise<{ folder: string; rows: number; expected: number }> {
  for (const folder of folders)
    if (await isSameFolder(folder, out))
      throw new UserError('usage', {
        problem: `${out} is one of the folders to be joined`,
        remedy: 'Choose a new folder with --out.',
      })
  const [first, ...others] = await Promise.all(folders.map(readEvaluation))
  others.forEach((other, n) => refuseOther(folders[n + 1]!, other, first!))
  const parts = await Promise.all(folders.map((folder) => readRows(folder)))
  const from = new Map<string, string>()
  for (const [n, part] of parts.entries())
    for (const row of part) {
      if (from.has(key(row)))
        throw new UserError('usage', {
          problem: `Two of the folders did the case ${row.case} with ${row.method}`,
          remedy: 'Give each shard once.',
        })
      from.set(key(row), folders[n]!)
    }
  const rows = inOrder(first!, parts.flat())
  const target = await openEvaluation(out, first!)
  target.close()
  const foreign = target.rows.find((row) => !from.has(key(row)))
  if (foreign)
    throw new UserError('usage', {
      problem: `${out} has the case ${foreign.case} with ${foreign.method}, which is in none of the folders to be joined`,
      remedy: 'Choose a new folder with --out.',
    })
  await writeInto(out, 'cases.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  for (const { name } of first!.methods)
    for (const row of montageRows(rows, name)) await copyRun(from.get(key(row))!, out, row)
  await writeSummary(out, first!, rows)
  return { folder: out, rows: rows.length, expected: first!.manifest.cases * first!.methods.length }
}

const key = (row: CaseRow): string => `${row.method}\n${row.case}`
