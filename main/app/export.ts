/** One ZIP of what a person takes out of a run. It names nobody unless it was asked to. */
import { zip } from 'fflate'
import type { Zippable } from 'fflate'
import type { ExportItem } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { notice } from '../report/report.ts'
import { verdictSentence } from '../report/verdict.ts'
import type { ReadRun } from '../runs/files.ts'
import { exportable, readForExport } from './export-files.ts'
import type { ExportFile, Network } from './export-files.ts'

export type ExportRequest = {
  readonly items: readonly string[]
  /** Reports name the patient. */
  readonly identity: boolean
  /** The adapted network, made when it is asked for. */
  readonly network: Network
}

/** What an export of a run can hold, and why some of it cannot be had. `obstacle`: of the adapted network. */
export function exportItems(run: ReadRun, obstacle: string | null): ExportItem[] {
  return exportable(run, obstacle).map(({ files: _, ...item }) => item)
}

export type Exported = {
  readonly name: string
  readonly bytes: Uint8Array
  readonly entries: readonly { readonly name: string; readonly bytes: number }[]
}

/** Throws UserError where an item is not there. The same run, items and version give the same bytes. */
export async function makeExport(run: ReadRun, obstacle: string | null, request: ExportRequest): Promise<Exported> {
  const items = exportable(run, obstacle)
  const chosen = [...new Set(request.items)].map((name) => {
    const item = items.find((one) => one.name === name)
    if (!item) throw refused(`There is no ${name} to export`)
    if (item.obstacle !== null) throw refused(`${item.title} cannot be exported: ${lower(item.obstacle)}`)
    return item
  })
  const files = await readForExport(run, chosen, request)
  const contents: ExportFile = {
    name: 'CONTENTS.txt',
    what: '',
    bytes: new TextEncoder().encode(contentsOf(run, files)),
    identifies: false,
  }
  const all = [contents, ...files]
  return {
    name: `scanbridge-${run.record.id}.zip`,
    bytes: await zipped(all, new Date(run.record.created)),
    entries: all.map(({ name, bytes }) => ({ name, bytes: bytes.length })),
  }
}

function refused(problem: string): UserError {
  return new UserError('usage', { problem: problem.replace(/\.$/, ''), remedy: 'Leave it out, and export the rest.' })
}

const lower = (text: string): string => text[0]!.toLowerCase() + text.slice(1)

/** What is packed already is stored as it is. */
const packed = /\.(gz|pdf|png|onnx|safetensors)$/

export function zipped(files: readonly Pick<ExportFile, 'name' | 'bytes'>[], mtime: Date): Promise<Uint8Array> {
  const tree: Zippable = {}
  for (const { name, bytes } of files) tree[name] = [bytes, { level: packed.test(name) ? 0 : 6, mtime }]
  return new Promise((resolve, reject) => zip(tree, (error, bytes) => (error ? reject(error) : resolve(bytes))))
}

/** The list that lies first in the ZIP. */
function contentsOf({ record, state }: ReadRun, files: readonly ExportFile[]): string {
  const identifying = files.filter(({ identifies }) => identifies).map(({ name }) => name)
  return [
    'Scanbridge export',
    '',
    `Run:    ${record.id}, ${record.created}`,
    `Model:  ${record.model.name} ${record.model.version}, SHA-256 ${record.model.sha256}`,
    `Method: ${record.method.name}, seed ${record.method.seed}`,
    `Result: ${verdictSentence(record, state)}`,
    `Made by Scanbridge ${record.scanbridge.version}.`,
    '',
    notice,
    '',
    identifying.length
      ? `Names the patient or the study: ${identifying.join(', ')}. Do not pass these on without permission.`
      : 'Nothing in here names the patient or the study. A scan or mask of a head can still be recognised by its shape.',
    '',
    ...files.flatMap(({ name, what, bytes, sha256, identifies }) => [
      name,
      `  ${what}${identifies ? ' NAMES THE PATIENT OR THE STUDY.' : ''}`,
      `  ${bytes.length} bytes, SHA-256 ${sha256}`,
      '',
    ]),
  ].join('\n')
}
