import {
  closeSync,
  createReadStream,
  existsSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { readFile, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { UserError } from '../errors.ts'
import { CaseRow } from '../evaluate/case-row.ts'
import { Evaluation } from '../evaluate/evaluation.ts'
import type { EvaluationSummary } from '../evaluate/evaluation.ts'
import { formats } from '../report/files.ts'
import { openNifti, readLabelMap } from '../volume/nifti.ts'
import type { LabelMap } from '../volume/volume.ts'

/** A line of timing.jsonl: apart from the rows, which are the same whenever they are made. */
export type CaseTiming = {
  readonly case: string
  readonly method: string
  readonly readMs: number
  readonly episodeMs: number
  readonly scoreMs: number
  readonly residentMb: number
  /** Of the build that did it: of one version there are many. */
  readonly commit: string | null
}

export type EvaluationFolder = {
  readonly folder: string
  /** What is done already. */
  readonly rows: readonly CaseRow[]
  /** On disk when it returns. */
  append(row: CaseRow, timing: CaseTiming): void
  close(): void
}

/**
 * Opens a new folder for an evaluation, or goes on in one that was stopped. Half a last line, what a kill leaves, is cut off
 * and made again; `isRetry`: so are the rows that failed. Throws UserError where the folder holds something else, or the same with other settings.
 */
export async function openEvaluation(
  folder: string,
  evaluation: Evaluation,
  words: FolderWords = commandLine(folder),
  isRetry = false,
): Promise<EvaluationFolder> {
  if (existsSync(folder) && !statSync(folder).isDirectory()) throw inTheWay(folder)
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw cannotWrite(folder, cause)
  }
  await removeUnfinished(folder)
  const settings = join(folder, 'evaluation.json')
  if (existsSync(settings)) refuseOther(folder, await readEvaluation(folder), evaluation, words)
  else if ((await readdir(folder)).some((name) => !unfinished.test(name))) throw inTheWay(folder)
  else await writeInto(folder, 'evaluation.json', `${JSON.stringify(evaluation, null, 2)}\n`)
  const rows = await (isRetry ? withoutFailed(folder) : readRows(folder, true))
  cutHalfLine(join(folder, 'timing.jsonl'))
  const files = ['cases.jsonl', 'timing.jsonl'].map((name) => openSync(join(folder, name), 'a'))
  const sizes = files.map((file) => fstatSync(file).size)
  return {
    folder,
    rows,
    append(row, timing) {
      // The row last: it alone says that the case is done.
      for (const [n, line] of [[1, timing] as const, [0, row] as const]) {
        const file = files[n]!
        // What another process wrote in the meantime is not touched.
        if (fstatSync(file).size !== sizes[n]) throw notAlone(words)
        try {
          // Unlike writeSync, to the last byte or not without an error.
          writeFileSync(file, `${JSON.stringify(line)}\n`)
          fsyncSync(file)
        } catch (cause) {
          throw cannotWrite(folder, cause)
        }
        sizes[n] = fstatSync(file).size
      }
    },
    close: () => files.forEach((file) => closeSync(file)),
  }
}

export function isEvaluation(folder: string): boolean {
  return existsSync(join(folder, 'evaluation.json'))
}

export async function readEvaluation(folder: string): Promise<Evaluation> {
  const text = await readFile(join(folder, 'evaluation.json'), 'utf8').catch((cause: unknown) => {
    throw unusable(folder, 'there is no evaluation.json in it', cause)
  })
  try {
    return Evaluation.parse(JSON.parse(text))
  } catch (cause) {
    throw unusable(folder, 'its evaluation.json is damaged or from another version', cause)
  }
}

/** In the order in which they were done. */
export async function readRows(folder: string, isRepaired = false): Promise<CaseRow[]> {
  const { rows, end, size } = await readRowsFrom(folder, 0)
  if (isRepaired && end < size) truncateSync(join(folder, 'cases.jsonl'), end)
  return rows
}

/** Rows that failed are taken out of cases.jsonl, whole or not at all: what stopped them may be mended. */
async function withoutFailed(folder: string): Promise<CaseRow[]> {
  const all = await readRows(folder, true)
  const rows = all.filter(({ state }) => state === 'done')
  if (rows.length < all.length)
    await writeInto(folder, 'cases.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return rows
}

/** The rows that begin at a byte of cases.jsonl, as far as they are whole, and where the next one will begin. */
export async function readRowsFrom(
  folder: string,
  start: number,
): Promise<{ rows: CaseRow[]; end: number; size: number }> {
  const path = join(folder, 'cases.jsonl')
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
  if (size <= start) return { rows: [], end: start, size }
  const bytes = await readBytes(path, start)
  const end = bytes.lastIndexOf(10) + 1
  const lines = bytes.subarray(0, end).toString('utf8').split('\n').filter(Boolean)
  const rows = lines.map((line, n) => {
    try {
      return CaseRow.parse(JSON.parse(line))
    } catch (cause) {
      throw unusable(folder, `line ${n + 1} of its cases.jsonl cannot be read`, cause)
    }
  })
  return { rows, end: start + end, size: start + bytes.length }
}

async function readBytes(path: string, start: number): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of createReadStream(path, { start })) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

/** How many rows its tables and reports were made of; undefined where they are not all there. */
export async function summarisedRows(folder: string): Promise<number | undefined> {
  if (['cases.csv', ...formats.map((format) => `report.${format}`)].some((name) => !existsSync(join(folder, name))))
    return undefined
  const text = await readFile(join(folder, 'summary.json'), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as EvaluationSummary).counts.rows
}

export async function writeInto(folder: string, name: string, content: string | Uint8Array): Promise<void> {
  await writeFileAtomic(join(folder, name), typeof content === 'string' ? content : Buffer.from(content)).catch(
    (cause: unknown) => {
      throw cannotWrite(folder, cause)
    },
  )
}

/** Names that write-file-atomic gives to what is not whole yet. */
const unfinished = /^(evaluation|cases|summary|report)\.\w+\.\d{9,10}$/

/** What a kill leaves of a file that had been begun; a process that is at work has younger ones. */
async function removeUnfinished(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => unfinished.test(name))
  for (const path of names.map((name) => join(folder, name))) {
    const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Infinity
    if (Date.now() - written > 60_000) await rm(path, { force: true })
  }
}

/** What a kill leaves at the end of a file of lines. */
function cutHalfLine(path: string): void {
  if (!existsSync(path)) return
  const bytes = readFileSync(path)
  const end = bytes.lastIndexOf(10) + 1
  if (end < bytes.length) truncateSync(path, end)
}

/** Where the run of a case and method is kept; names of cases are not those of folders. */
export function runFolder(folder: string, index: number, method: string): string {
  return join(folder, 'runs', runName(index, method))
}

export function runName(index: number, method: string): string {
  return `${String(index + 1).padStart(5, '0')}-${method}`
}

export async function removeRun(run: string): Promise<void> {
  await rm(run, { recursive: true, force: true })
}

/** Before, after and kept, as a run holds them. */
export async function readMasks(run: string): Promise<[LabelMap, LabelMap, LabelMap]> {
  const read = async (name: string): Promise<LabelMap> => readLabelMap(openNifti(await readFile(join(run, name)), name))
  return [await read('before.nii.gz'), await read('after.nii.gz'), await read('mask.nii.gz')]
}

/** How a refusal calls the folder, and what to do. */
export type FolderWords = { readonly name: string; readonly remedy: string }

function commandLine(folder: string): FolderWords {
  return {
    name: folder,
    remedy: 'Choose a new folder with --out, or give the same manifest, model, methods and options again.',
  }
}

/** Throws where two evaluations are not the same in everything but where they ran. */
export function refuseOther(
  folder: string,
  there: Evaluation,
  here: Evaluation,
  { name, remedy } = commandLine(folder),
): void {
  const keys = Object.keys(here) as (keyof Evaluation)[]
  const other = keys.filter((key) => JSON.stringify(there[key]) !== JSON.stringify(here[key]))
  if (other.length > 0)
    throw new UserError('usage', {
      problem: `${name} holds another evaluation: ${other.join(', ')} ${other.length > 1 ? 'differ' : 'differs'}`,
      remedy,
    })
}

function notAlone({ name }: FolderWords): UserError {
  return new UserError('usage', {
    problem: `Another process writes into ${name}, so this one stopped`,
    remedy: 'Let that one go on; start again when it has ended, if rows are missing then.',
  })
}

function cannotWrite(folder: string, cause: unknown): UserError {
  const { code } = cause as NodeJS.ErrnoException
  if (code === undefined) throw cause
  const reason = code === 'ENOSPC' ? 'the disk is full' : code
  const remedy =
    'Check the space that is left and your permission to write there; the same command goes on where it stopped.'
  return new UserError('cannot-write', { path: folder, reason, remedy }, { cause })
}

function inTheWay(path: string): UserError {
  return new UserError('usage', {
    problem: `${path} holds something that is no evaluation`,
    remedy: 'Choose a new folder with --out.',
  })
}

function unusable(path: string, reason: string, cause: unknown): UserError {
  const remedy = 'Give the folder that "evaluate --out" wrote.'
  return new UserError('input-unsupported', { path, reason, remedy }, { cause })
}
