/**
 * Cohorts on disk: home/cohorts/<id>/ with cohort.json (its scans, as a person looked through them, and its set-up), manifest.csv
 * (of the included ones, for the command line too), pictures/ and evaluation/ once something was run.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, readdirSync, statSync } from 'node:fs'
import { mkdir, readFile, rename, rm, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { CohortSetup, SeriesChoice } from '../contract/cohort-schemas.ts'
import { ErrorShape, Id, PictureHeader, Scanner } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import type { CaseRow } from '../evaluate/case-row.ts'
import { isEvaluation, readRowsFrom, summarisedRows } from './evaluation-files.ts'
import { trashPlace } from './home-runs-files.ts'
import { identifyingFiles } from './kept-files.ts'
import { writeBytes, writeState } from './state-files.ts'
import type { Home } from './state-files.ts'

export const StoredRow = z.object({
  case: z.string(),
  /** Of the folder or file. */
  name: z.string(),
  /** Absolute; null where it was not found, or may not be read: it lies in no place that was picked. */
  image: z.string().nullable(),
  /** As the manifest named them, to be looked for in another place. */
  wanted: z.object({ image: z.string(), reference: z.string().nullable() }).nullable(),
  kind: z.enum(['dicom', 'nifti']).nullable(),
  /** As a person or the manifest wrote it; '' where the files decide. */
  scanner: z.string(),
  facts: Scanner.nullable(),
  choices: z.array(SeriesChoice),
  series: z.string().nullable(),
  /** Absolute. */
  ownReference: z.string().nullable(),
  reference: z.union([z.enum(['own', 'none']), z.object({ path: z.string() })]),
  group: z.string(),
  isIncluded: z.boolean(),
  picture: PictureHeader.nullable(),
  problem: ErrorShape.nullable(),
  notes: z.array(z.string()),
  /** Of the manifest's own that tables may show. */
  columns: z.record(z.string(), z.string()),
})
export type StoredRow = z.infer<typeof StoredRow>

const StoredCohort = z.object({
  schema: z.literal(1),
  id: Id,
  name: z.string(),
  created: z.iso.datetime(),
  source: z.object({ of: z.enum(['folder', 'manifest', 'evaluation', 'copy']), name: z.string() }),
  setup: CohortSetup,
  rows: z.array(StoredRow),
  /** Sentences about how it was made. */
  notes: z.array(z.string()),
})
export type StoredCohort = z.infer<typeof StoredCohort>

type Held = { readonly stamp: string; readonly cohort: StoredCohort }
type HeldRows = { readonly id: string; end: number; rows: CaseRow[] }

/** Those that this process was asked for stay in memory, as long as their files are the same. */
export class CohortStore {
  private readonly home: Home
  private readonly held = new Map<string, Held>()
  private readonly counted = new Map<string, { end: number; done: number; failed: number }>()
  private rows: HeldRows | undefined

  constructor(home: Home) {
    this.home = home
  }

  newId(now: Date): string {
    return `cohort-${now.toISOString().replace(/[-:]|\..*/g, '')}-${randomBytes(3).toString('hex')}`
  }

  /** Latest first. One that cannot be read is left out, with a line in the log. */
  list(): StoredCohort[] {
    const ids = readdirSync(this.home.cohorts).filter((id) => isCohortId(id) && existsSync(this.file(id)))
    return ids
      .sort()
      .reverse()
      .flatMap((id) => {
        try {
          return [this.read(id)]
        } catch (error) {
          console.error(error)
          return []
        }
      })
  }

  /** Throws UserError where there is none. */
  read(id: string): StoredCohort {
    const stamp = isCohortId(id) ? stampOf(this.file(id)) : undefined
    if (stamp === undefined) throw noCohort()
    const held = this.held.get(id)
    if (held?.stamp === stamp) return held.cohort
    const cohort = StoredCohort.parse(JSON.parse(readFileSync(this.file(id), 'utf8')))
    this.held.set(id, { stamp, cohort })
    return cohort
  }

  write(cohort: StoredCohort): void {
    mkdirSync(this.folder(cohort.id), { recursive: true, mode: 0o700 }) // it knows where patients' scans lie
    writeState(this.file(cohort.id), cohort)
    this.held.set(cohort.id, { stamp: stampOf(this.file(cohort.id))!, cohort })
  }

  /** For evaluate. */
  writeManifest(id: string, csv: string): void {
    writeBytes(this.manifest(id), csv)
  }

  folder(id: string): string {
    return join(this.home.cohorts, id)
  }

  manifest(id: string): string {
    return join(this.folder(id), 'manifest.csv')
  }

  evaluation(id: string): string {
    return join(this.folder(id), 'evaluation')
  }

  /** Something was run: rows and set-up stay as they are. */
  isBegun(id: string): boolean {
    return isEvaluation(this.evaluation(id))
  }

  /** What is done, in the order in which it was; only what is new is read. */
  async caseRows(id: string): Promise<readonly CaseRow[]> {
    const folder = this.evaluation(id)
    const held = this.rows?.id === id && this.rows.end <= sizeOf(join(folder, 'cases.jsonl')) ? this.rows : undefined
    const { rows, end } = await readRowsFrom(folder, held?.end ?? 0)
    if (held && rows.length === 0) return held.rows
    const all = { id, end, rows: [...(held?.rows ?? []), ...rows] }
    this.rows = all
    return all.rows
  }

  /** How many rows there are, and how many of them failed. Only what is new is looked at. */
  counts(id: string): { readonly done: number; readonly failed: number } {
    const path = join(this.evaluation(id), 'cases.jsonl')
    const size = sizeOf(path)
    const before = this.counted.get(id)
    const from = before && before.end <= size ? before : { end: 0, done: 0, failed: 0 }
    if (from.end === size) return from
    const bytes = readFrom(path, from.end, size - from.end)
    const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
    const now = {
      end: from.end + whole.length,
      done: from.done + occurrences(whole, '\n'),
      // Quotes within texts are escaped: only the row's own state can read like this.
      failed: from.failed + occurrences(whole, '"state":"failed"'),
    }
    this.counted.set(id, now)
    return now
  }

  /** report.json, unchecked; undefined where it is missing or older than the rows. */
  async report(id: string): Promise<unknown> {
    const folder = this.evaluation(id)
    if ((await summarisedRows(folder)) !== this.counts(id).done) return undefined
    return JSON.parse(await readFile(join(folder, 'report.json'), 'utf8')) as unknown
  }

  /** Names of the kept runs' folders. */
  runNames(id: string): Set<string> {
    const folder = join(this.evaluation(id), 'runs')
    return new Set(existsSync(folder) ? readdirSync(folder) : [])
  }

  putPicture(id: string, row: number, bytes: Uint8Array): void {
    mkdirSync(join(this.folder(id), 'pictures'), { recursive: true })
    writeBytes(this.picture(id, row), bytes)
  }

  async getPicture(id: string, row: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return readFile(this.picture(id, row)).then(
      (bytes) => new Uint8Array(bytes),
      () => undefined,
    )
  }

  /** Left on its disk; null where that cannot be told. */
  async freeBytes(): Promise<number | null> {
    const facts = await statfs(this.home.cohorts).catch(() => undefined)
    return facts ? facts.bavail * facts.bsize : null
  }

  /** Results can be had back by hand for a while, as a deleted run's; what says whose they are is gone at once. */
  async remove(id: string, now: Date): Promise<void> {
    this.read(id)
    const evaluation = this.evaluation(id)
    if (existsSync(evaluation)) {
      for (const run of this.runNames(id))
        for (const name of identifyingFiles) await rm(join(evaluation, 'runs', run, name), { force: true })
      const place = trashPlace(this.home, id, now)
      await mkdir(join(place, '..'), { recursive: true })
      await rename(evaluation, place).catch((cause: NodeJS.ErrnoException) => {
        const remedy = 'Close programs that have one of its files open, then try again.'
        throw new UserError('cannot-write', { path: id, reason: cause.code ?? cause.message, remedy }, { cause })
      })
    }
    await rm(this.folder(id), { recursive: true, force: true })
    this.held.delete(id)
    this.counted.delete(id)
    if (this.rows?.id === id) this.rows = undefined
  }

  /** One that did not come to be. */
  async discard(id: string): Promise<void> {
    await rm(this.folder(id), { recursive: true, force: true })
  }

  private file(id: string): string {
    return join(this.folder(id), 'cohort.json')
  }

  private picture(id: string, row: number): string {
    return join(this.folder(id), 'pictures', `${row}.gray`)
  }
}

const isCohortId = (id: string): boolean => /^cohort-[\w-]+$/.test(id)

function noCohort(): UserError {
  return new UserError('not-there', { what: 'This cohort', remedy: 'See the list of cohorts.' })
}

/** Another when the file was written again. */
function stampOf(path: string): string | undefined {
  const facts = statSync(path, { throwIfNoEntry: false })
  return facts && `${facts.mtimeMs} ${facts.size} ${facts.ino}`
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function readFrom(path: string, start: number, length: number): Buffer {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(length)
    return bytes.subarray(0, readSync(file, bytes, 0, length, start))
  } finally {
    closeSync(file)
  }
}

function occurrences(bytes: Buffer, text: string): number {
  let count = 0
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) count++
  return count
}
