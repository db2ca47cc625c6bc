/** What of a cohort leaves the app, as one ZIP. */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExportItem } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { notice } from '../report/report.ts'
import type { StoredCohort } from './cohort-files.ts'
import { includedRows } from './cohort-view.ts'
import { manifestOf, scannerOf } from './cohort-edit.ts'
import { manifestCsv } from './manifest-files.ts'
import { zipped } from './export.ts'
import type { Exported } from './export.ts'

type Item = Omit<ExportItem, 'bytes' | 'obstacle'> & { readonly files: readonly string[] }

type Packed = { readonly name: string; readonly what: string; readonly bytes: Uint8Array; readonly identifies: boolean }

const items: readonly Item[] = [
  item('report.html', 'Report, one page', 'Results, plots, tables and definitions, to be read in any browser.'),
  item('report.pdf', 'Report, PDF', 'The same to print or to attach to a paper.'),
  item('report.json', 'Report, JSON', 'All its numbers for a program.'),
  item('report.csv', 'Report, table', 'Every number of its tables for a spreadsheet.'),
  item('cases.csv', 'Cases, table', 'One line a case, method and label: scores before, after and kept.'),
  {
    ...item('rows', 'All rows', 'What the tables are made of, and its settings: enough to make the report again.'),
    files: ['evaluation.json', 'cases.jsonl', 'summary.json'],
  },
  {
    ...item(
      'manifest.csv',
      'Manifest',
      'Which case is of which scanner and group; with identity, where its files lie.',
    ),
    files: [],
  },
]

function item(name: string, title: string, summary: string): Item {
  return { name, title, summary, identifies: false, files: [name] }
}

/** `folder`: of its evaluation, undefined before it was begun. */
export function cohortExportItems(folder: string | undefined): ExportItem[] {
  return items.map(({ files, ...known }) => ({
    ...known,
    bytes: folder ? files.reduce((sum, name) => sum + sizeOf(join(folder, name)), 0) || null : null,
    obstacle: folder || files.length === 0 ? null : 'Nothing was run yet.',
  }))
}

/** The reports and tables must be written. Throws UserError where an item is not there. */
export async function exportCohort(
  cohort: StoredCohort,
  folder: string | undefined,
  asked: readonly string[],
  identity: boolean,
): Promise<Exported> {
  const files: Packed[] = []
  for (const name of new Set(asked)) {
    const found = items.find((one) => one.name === name)
    if (!found) throw new UserError('usage', { problem: `There is no ${name} to export`, remedy: 'Leave it out.' })
    if (name === 'manifest.csv') {
      const text = identity ? manifestOf(cohort.rows) : withoutPaths(cohort)
      files.push({ name, what: found.summary, bytes: new TextEncoder().encode(text), identifies: identity })
    }
    if (found.files.length > 0 && !folder)
      throw new UserError('usage', {
        problem: `${found.title} cannot be exported: nothing was run yet`,
        remedy: 'Run it.',
      })
    for (const file of found.files)
      files.push({ name: file, what: found.summary, bytes: await readFile(join(folder!, file)), identifies: false })
  }
  const contents = new TextEncoder().encode(contentsOf(cohort, files))
  const all = [{ name: 'CONTENTS.txt', bytes: contents }, ...files]
  return {
    name: `scanbridge-${cohort.id}.zip`,
    bytes: await zipped(all, new Date(cohort.created)),
    entries: all.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
  }
}

function withoutPaths(cohort: StoredCohort): string {
  const rows = includedRows(cohort).map((n) => cohort.rows[n]!)
  return manifestCsv(
    ['case', 'scanner', 'group'],
    rows.map((row) => ({ case: row.case, scanner: scannerOf(row), group: row.group })),
  )
}

function contentsOf({ id, created, setup }: StoredCohort, files: readonly Packed[]): string {
  const identifying = files.filter(({ identifies }) => identifies).map(({ name }) => name)
  return [
    'Scanbridge cohort export',
    '',
    `Cohort:  ${id}, ${created}`,
    `Model:   ${setup.model}`,
    `Methods: ${setup.methods.map(({ name }) => name).join(', ')}, seed ${setup.seed}`,
    '',
    notice,
    '',
    identifying.length
      ? `Names where scans lie, and so at times whose they are: ${identifying.join(', ')}. Do not pass it on without permission.`
      : 'Nothing in here names a patient, a study or a place: cases are called as the list of scans calls them.',
    '',
    ...files.flatMap(({ name, what, bytes }) => [
      name,
      `  ${what}`,
      `  ${bytes.length} bytes, SHA-256 ${createHash('sha256').update(bytes).digest('hex')}`,
      '',
    ]),
  ].join('\n')
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}
