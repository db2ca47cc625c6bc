import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExportItem } from '../contract/schemas.ts'
import { makeReports } from '../report/files.ts'
import type { Format } from '../report/files.ts'
import type { ReadRun } from '../runs/files.ts'
import { readIdentity } from './kept-files.ts'

/** One file of an export. */
export type ExportFile = {
  readonly name: string
  readonly what: string
  readonly bytes: Uint8Array
  readonly identifies: boolean
  readonly sha256?: string
}

export type Network = () => Promise<{ bytes: Uint8Array; notes: readonly string[] }>

/** An item, and the files of the run's folder that it is; none where it is made when it is asked for. */
type Exportable = ExportItem & { readonly files: readonly string[] }

const reports: Readonly<Record<Format, readonly [title: string, summary: string]>> = {
  html: ['Report, one page', 'Verdict, pictures, curves, volumes and settings, to be read in any browser.'],
  pdf: ['Report, PDF', 'The same to print or to file.'],
  json: ['Report, JSON', 'All its numbers for a program.'],
  csv: ['Report, table', 'The volumes and scores for a spreadsheet.'],
}

/** What of a run folder can be shared: never what files with the study only. */
const runFiles = ['steps.jsonl', 'before.nii.gz', 'after.nii.gz', 'mask.nii.gz']
const runFolders = ['checkpoints', 'pictures']

export function exportable(run: ReadRun, networkObstacle: string | null): Exportable[] {
  const { folder, record } = run
  const file = (name: string, title: string, summary: string, identifies = false, reason = ''): Exportable => {
    const bytes = sizeOf(folder, name)
    const obstacle = bytes === null ? reason || 'The run ended before it was made.' : null
    return { name, title, summary, bytes, identifies, obstacle, files: [name] }
  }
  const notDicom =
    record.input.kind === 'dicom' ? 'What it needs of the study was deleted from the run.' : 'The scan is not DICOM.'
  const all = filesOfRun(folder)
  return [
    file('mask.nii.gz', 'Mask, NIfTI', "The kept mask on the scan's own grid."),
    file(
      'mask.dcm',
      'Mask, DICOM SEG',
      'The kept mask as an object of the study, to be stored with it.',
      true,
      notDicom,
    ),
    file('before.nii.gz', 'Mask before', "The source model's mask."),
    file('after.nii.gz', 'Mask after', 'The mask after the last step, kept or not.'),
    {
      name: 'adapted.onnx',
      title: 'Adapted model',
      summary: 'The network of the kept step, to be run by any program that reads ONNX.',
      bytes: null,
      identifies: false,
      obstacle: networkObstacle,
      files: [],
    },
    ...(Object.keys(reports) as Format[]).map((format) => ({
      name: `report.${format}`,
      title: reports[format][0],
      summary: reports[format][1],
      bytes: sizeOf(folder, `report.${format}`),
      identifies: false,
      obstacle: null,
      files: [],
    })),
    {
      name: 'run',
      title: 'Run folder',
      summary: 'Settings, history, journal, parameters of each step and masks: all that is needed to check the run.',
      bytes: all.reduce((sum, name) => sum + (sizeOf(folder, name) ?? 0), 0),
      identifies: false,
      obstacle: null,
      files: all,
    },
  ]
}

const whats: readonly (readonly [RegExp, string])[] = [
  [/mask\.nii\.gz$/, 'The kept mask: label values on the grid of the scan.'],
  [/before\.nii\.gz$/, "The source model's mask."],
  [/after\.nii\.gz$/, 'The mask after the last step.'],
  [/\d+\.nii\.gz$/, 'The mask of a step.'],
  [/\.safetensors$/, 'What a step changed of the model, by the names of its ONNX file.'],
  [/mask\.dcm$/, 'The kept mask as DICOM SEG.'],
  [/steps\.jsonl$/, 'The journal: one line a step.'],
  [/\.png$/, 'A slice of the scan, cropped to the masks and a margin.'],
  [/pictures\.json$/, 'Where those slices lie.'],
]
const whatOf = (name: string): string => whats.find(([pattern]) => pattern.test(name))?.[1] ?? ''

/** The files of the chosen items with their hashes. Reports are made anew, with or without identity as asked. */
export async function readForExport(
  run: ReadRun,
  items: readonly Exportable[],
  { identity, network }: { readonly identity: boolean; readonly network: Network },
): Promise<ExportFile[]> {
  const { folder, record } = run
  const files: ExportFile[] = []
  const add = (file: ExportFile): void => {
    files.push({ ...file, sha256: createHash('sha256').update(file.bytes).digest('hex') })
  }
  const formats = (Object.keys(reports) as Format[]).filter((one) => items.some(({ name }) => name === `report.${one}`))
  const whose = identity ? await readIdentity(folder) : undefined
  const made = formats.length ? await makeReports(folder, formats, whose) : new Map<string, Uint8Array>()
  for (const { name: item, summary, identifies, files: stored } of items) {
    const report = made.get(item)
    if (report)
      add({ name: item, what: summary, bytes: report, identifies: whose !== undefined && item !== 'report.csv' })
    if (item === 'adapted.onnx') {
      const { bytes, notes } = await network()
      add({ name: item, what: [`The network after step ${record.kept}.`, ...notes].join(' '), bytes, identifies })
    }
    if (item === 'run') {
      // Which machine and process wrote it is of no use elsewhere.
      const { process: _, ...shared } = record
      const bytes = new TextEncoder().encode(JSON.stringify(shared, null, 2) + '\n')
      add({ name: 'run/run.json', what: 'What was done, to what, with what, and what is kept.', bytes, identifies })
    }
    for (const name of stored)
      add({
        name: item === 'run' ? `run/${name}` : name,
        what: whatOf(name),
        bytes: await readFile(join(folder, name)),
        identifies,
      })
  }
  return files
}

function sizeOf(folder: string, name: string): number | null {
  return statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? null
}

function filesOfRun(folder: string): string[] {
  const inside = runFolders.flatMap(
    (name) =>
    sizeOf(folder, name) === null ? [] : readdirSync(join(folder, name)).sort().map((file) => `${name}/${file}`), // prettier-ignore
  )
  return [...runFiles.filter((name) => sizeOf(folder, name) !== null), ...inside]
}
