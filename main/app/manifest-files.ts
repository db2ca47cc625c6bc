import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { parse } from 'csv-parse/sync'
import { UserError } from '../errors.ts'
import { findInstances } from '../dicom/files.ts'
import { describeProtocol } from '../dicom/protocol.ts'
import { describeScanner } from '../dicom/scanner.ts'
import { Unreadable } from '../dicom/unreadable.ts'
import { readSidecar } from './sidecar-files.ts'

/** One row of a manifest. */
export type ManifestCase = {
  readonly case: string
  /** Row, from 0. */
  readonly index: number
  /** Absolute. */
  readonly image: string
  readonly series: string | undefined
  readonly reference: string | undefined
  /** In place of what the files say; '' leaves it to them. */
  readonly scanner: string
  readonly group: string
  /** Columns of the lab's own. */
  readonly columns: Readonly<Record<string, string>>
}

export type Manifest = { readonly cases: readonly ManifestCase[]; readonly sha256: string }

const known = ['case', 'image', 'series', 'reference', 'scanner', 'group']

/** Reads MANIFEST.csv (cli.md). Paths are relative to it. Throws UserError that names the row for what cannot be used. */
export async function readManifest(path: string): Promise<Manifest> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new UserError('input-not-found', { path }, { cause })
    throw unusable(path, cause.code === 'EISDIR' ? 'it is a folder' : cause.message, cause)
  })
  const rows = parseRows(path, bytes)
  const first = rows[0]
  if (!first) throw unusable(path, 'it lists no cases')
  for (const column of ['case', 'image'])
    if (!(column in first)) throw unusable(path, `its first line names no column "${column}"`)
  const seen = new Set<string>()
  const cases = rows.map((row, index) => {
    const name = row['case']!
    if (!name || !row['image']) throw unusable(path, `row ${index + 1} lacks a case or an image`)
    if (seen.has(name)) throw unusable(path, `the case ${name} is there twice`)
    seen.add(name)
    const at = (column: string): string | undefined => row[column] || undefined
    const reference = at('reference')
    return {
      case: name,
      index,
      image: resolve(dirname(path), row['image']),
      series: at('series'),
      reference: reference && resolve(dirname(path), reference),
      scanner: at('scanner') ?? '',
      group: at('group') ?? '',
      columns: Object.fromEntries(Object.entries(row).filter(([column]) => !known.includes(column))),
    }
  })
  return { cases, sha256: createHash('sha256').update(bytes).digest('hex') }
}

function parseRows(path: string, bytes: Uint8Array): Record<string, string>[] {
  const text = textOf(path, bytes)
  const columns = (header: string[]): string[] => {
    const twice = header.find((name, n) => header.indexOf(name) !== n)
    if (twice !== undefined) throw new Error(`its first line names the column "${twice}" twice`)
    return header
  }
  try {
    return parse(text, { columns, delimiter: delimiterOf(text), trim: true, skip_empty_lines: true })
  } catch (cause) {
    throw unusable(path, (cause as Error).message.replace(/\.$/, ''), cause)
  }
}

/** Spreadsheets save other encodings too, in which umlauts of a path would go wrong. */
function textOf(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw unusable(path, 'it is not in UTF-8 (save it as "CSV UTF-8")', cause)
  }
}

/** Where decimals have a comma, spreadsheets put semicolons between columns. */
function delimiterOf(text: string): string {
  const [head = ''] = text.split(/[\r\n]/, 1)
  return head.includes(',') ? ',' : (/[;\t]/.exec(head)?.[0] ?? ',')
}

/** Something in a folder of scans that may be a case, with the mask found for it: names relative to that folder. */
export type FoundCase = { readonly image: string; readonly reference: string | undefined }

/**
 * Every folder directly in it, and every NIfTI file or ZIP, may be a case; a mask beside or in it called truth, reference, mask
 * or seg (.nii, .nii.gz) is its reference. Of a folder of NIfTI files the scan is the only one, or the only T1. Sorted by
 * name. Throws UserError where there is no such folder.
 */
export async function findCases(folder: string): Promise<FoundCase[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new UserError('input-not-found', { path: folder }, { cause })
    throw unusable(folder, cause.code === 'ENOTDIR' ? 'it is no folder' : cause.message, cause)
  })
  const masks = entries
    .map(({ name }) => name)
    .filter(isMask)
    .sort()
  const found = entries
    .filter((entry) => entry.isDirectory() || (/\.(nii|nii\.gz|zip)$/i.test(entry.name) && !isMask(entry.name)))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  return Promise.all(
    found.map(async (entry) =>
      entry.isDirectory()
        ? caseIn(entry.name, await readdir(join(folder, entry.name)).catch(() => []))
        : { image: entry.name, reference: maskBeside(entry.name, masks) },
    ),
  )
}

function caseIn(folder: string, names: readonly string[]): FoundCase {
  const mask = names.filter(isMask).sort()[0]
  // DICOM files beside them would be the scan, and these something that was made of it.
  const isNiftiOnly = names.every((name) => /^\.|\.(nii|nii\.gz|json|tsv|csv|txt|md|bval|bvec)$/i.test(name))
  const scans = isNiftiOnly ? names.filter((name) => /\.nii(\.gz)?$/i.test(name) && !isMask(name)) : []
  const t1 = scans.filter((name) => /t1/i.test(name))
  const only = scans.length === 1 ? scans[0] : t1.length === 1 ? t1[0] : undefined
  return {
    image: only === undefined ? folder : `${folder}/${only}`,
    reference: mask === undefined ? undefined : `${folder}/${mask}`,
  }
}

/** `masks`: those that lie beside the scan. */
function maskBeside(scan: string, masks: readonly string[]): string | undefined {
  const stem = scan.replace(/\.(nii|nii\.gz|zip)$/i, '')
  // The mask of scan 10 is none of scan 1.
  return masks.find((mask) => mask.startsWith(stem) && /^[-_.]/.test(mask.slice(stem.length)))
}

/**
 * A manifest for a folder of scans: scanner and protocol are the files' own; names of cases are numbers, since those of folders are
 * patients' at times. Returns the CSV's text.
 */
export async function proposeManifest(folder: string): Promise<string> {
  const rows: ManifestRow[] = []
  for (const { image, reference } of await findCases(folder)) {
    const origin = await originOf(join(folder, image))
    if (origin === undefined) continue
    rows.push({ case: caseName(rows.length), image, reference: reference ?? '', group: '', ...origin })
  }
  if (rows.length === 0) throw noScan(folder)
  return manifestCsv(['case', 'image', 'reference', 'scanner', 'group', 'protocol'], rows)
}

export const caseName = (index: number): string => `case-${String(index + 1).padStart(4, '0')}`

export function noScan(folder: string): UserError {
  const remedy = 'Choose a folder that holds a folder, NIfTI file or ZIP for each scan.'
  return new UserError('input-unsupported', { path: basename(folder), reason: 'no scan was found in it', remedy })
}

/** A line by its columns. */
export type ManifestRow = Readonly<Record<string, string>>

export function manifestCsv(columns: readonly string[], rows: readonly ManifestRow[]): string {
  const lines = rows.map((row) => columns.map((column) => quoted(row[column] ?? '')).join(','))
  return [columns.map(quoted).join(','), ...lines, ''].join('\n')
}

const isMask = (name: string): boolean => /(^|[-_.])(truth|reference|mask|seg)\.nii(\.gz)?$/i.test(name)

/** Where a scan comes from; '' for NIfTI without a word on that beside it; undefined where there is no scan. */
async function originOf(path: string): Promise<{ scanner: string; protocol: string } | undefined> {
  if (/\.nii(\.gz)?$/i.test(path)) {
    const sidecar = await readSidecar(path)
    return { scanner: sidecar ? scannerName(sidecar.scanner) : '', protocol: sidecar?.protocol ?? '' }
  }
  const found = await findInstances(path).catch((error: unknown) => {
    if (error instanceof Unreadable) return undefined
    throw error
  })
  const first = found?.instances[0]
  if (!first) return undefined
  return { scanner: scannerName(await describeScanner(first.scanner)), protocol: describeProtocol(first.sequence) }
}

/** A scanner as a table names it. */
export function scannerName(scanner: { manufacturer: string; model: string; fieldStrength: number }): string {
  const { manufacturer, model, fieldStrength } = scanner
  return [manufacturer, model, fieldStrength ? `${fieldStrength} T` : ''].filter(Boolean).join(' ') || 'unknown'
}

function quoted(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function unusable(path: string, reason: string, cause?: unknown): UserError {
  return new UserError(
    'input-unsupported',
    {
      path: basename(path),
      reason,
      remedy: 'A manifest is a CSV file with the columns case and image, see `scanbridge evaluate --help`.',
    },
    { cause },
  )
}
