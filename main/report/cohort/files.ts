import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import type { CaseRow } from '../../evaluate/case-row.ts'
import type { EvaluationSummary } from '../../evaluate/evaluation.ts'
import { readRunFile } from '../../runs/files.ts'
import type { LabelMap } from '../../volume/volume.ts'
import { readMask, readPlaces } from '../files.ts'
import type { Format } from '../files.ts'
import { pictureRow } from '../panels.ts'
import { planeGrid } from '../planes.ts'
import type { MontageCase } from './blocks.ts'
import { cohortReportOf } from './cohort-report.ts'
import type { CohortReport } from './cohort-report.ts'
import { cohortCsv } from './csv.ts'
import { cohortHtml } from './html.ts'
import { foldedJson } from './json.ts'
import { montageRows, montageTitle } from './montage.ts'
import { cohortPdf } from './pdf.ts'
import { cohortStylesheet } from './style.ts'

export type CohortFacts = {
  readonly summary: EvaluationSummary
  /** In the order of manifest and methods. */
  readonly rows: readonly CaseRow[]
  /** Where the run of a row is kept, whether it is there or not. */
  readonly runOf: (row: CaseRow) => string
}

/** Writes the reports of a cohort into the evaluation's folder; the same rows give the same bytes. Returns the names of the files. */
export async function writeCohortReports(
  folder: string,
  { summary, rows, runOf }: CohortFacts,
  wanted: readonly Format[],
): Promise<string[]> {
  const report = cohortReportOf(summary, rows, await hashes(folder))
  const content = { report, rows, ...(await readMontage(report, rows, runOf)) }
  const make: Record<Format, () => Promise<Uint8Array | string> | string> = {
    html: () => cohortHtml(content, sha256(cohortStylesheet, 'base64')),
    pdf: () => cohortPdf(content),
    json: () => foldedJson(report),
    csv: () => cohortCsv(report),
  }
  const names: string[] = []
  for (const format of wanted) {
    const made = await make[format]()
    const name = `report.${format}`
    await writeFileAtomic(join(folder, name), typeof made === 'string' ? made : Buffer.from(made))
    names.push(name)
  }
  return names
}

async function readMontage(
  report: CohortReport,
  rows: readonly CaseRow[],
  runOf: CohortFacts['runOf'],
): Promise<{ montage: MontageCase[]; pictures: Map<string, Uint8Array> }> {
  const montage: MontageCase[] = []
  const pictures = new Map<string, Uint8Array>()
  for (const { name } of report.evaluation.methods)
    for (const row of montageRows(rows, name)) {
      const shown = await readCase(row, runOf(row), report)
      if (!shown) continue
      montage.push(shown.one)
      pictures.set(shown.one.row.picture, shown.png)
    }
  return { montage, pictures }
}

/** The axial picture of a run on which masks differ most; undefined where no run was kept. */
async function readCase(
  row: CaseRow,
  run: string,
  { evaluation: { model } }: CohortReport,
): Promise<{ one: MontageCase; png: Uint8Array } | undefined> {
  const before = await readMask(run, 'before.nii.gz')
  const isKept = row.keptStep !== 'source'
  const after = await readMask(run, isKept ? 'mask.nii.gz' : 'after.nii.gz')
  if (!before || !after) return undefined
  const axial = (await readPlaces(run)).filter(({ plane }) => plane === 'axial')
  const [chosen] = axial.sort((a, b) => differing(before, after, b.index) - differing(before, after, a.index))
  const png = chosen && (await readRunFile(run, `pictures/${chosen.file}`))
  if (!chosen || !png) return undefined
  const { file: _, ...place } = chosen
  const shown = { before, labels: model.labels, after: { mask: after, name: isKept ? 'Kept' : 'Last step, not kept' } }
  const picture = `case-${row.index}-${row.method}`
  return { one: { title: montageTitle(row), row: pictureRow(picture, place, shown) }, png }
}

function differing(before: LabelMap, after: LabelMap, slice: number): number {
  const { columns, rows, voxel } = planeGrid(before, 'axial')
  let count = 0
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) if (before.data[voxel(c, r, slice)] !== after.data[voxel(c, r, slice)]) count++
  return count
}

async function hashes(folder: string): Promise<CohortReport['files']> {
  const names = ['evaluation.json', 'cases.jsonl', 'cases.csv', 'summary.json']
  return Promise.all(names.map(async (name) => ({ name, sha256: sha256(await readFile(join(folder, name)), 'hex') })))
}

function sha256(bytes: Uint8Array | string, encoding: 'hex' | 'base64'): string {
  return createHash('sha256').update(bytes).digest(encoding)
}
