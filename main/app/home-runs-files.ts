/** The app's run folders: home/runs/<id>, and where deleted ones lie for a while. */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { readRun } from '../runs/files.ts'
import type { ReadRun } from '../runs/files.ts'
import { identifyingFiles } from './kept-files.ts'
import type { Home } from './state-files.ts'

/** One that cannot be read is listed with the reason. */
export type FoundRun = { readonly id: string } & (
  { readonly run: ReadRun; readonly hasThumbnail: boolean } | { readonly problem: string; readonly modified: Date }
)

/** How long a deleted run can be had back by hand. */
const trashDays = 30

const trash = (home: Home): string => join(home.folder, 'trash')

/** A run that belongs to a cohort: its id names both. */
export function cohortRunId(cohort: string, run: string): string {
  return `${cohort}.${run}`
}

/** The parts of such an id; undefined for runs of their own. */
export function partsOfRunId(id: string): { readonly cohort: string; readonly run: string } | undefined {
  const [, cohort, run] = /^(cohort-[\w-]+)\.(\d{5,}-[\w-]+)$/.exec(id) ?? []
  return cohort !== undefined && run !== undefined ? { cohort, run } : undefined
}

/** Where a run lies or will lie. Throws UserError for what cannot be the name of one. */
export function runPath(home: Home, id: string): string {
  const parts = partsOfRunId(id)
  if (parts) return join(home.cohorts, parts.cohort, 'evaluation', 'runs', parts.run)
  if (/^\w[\w.-]*$/.test(id)) return join(home.runs, id)
  throw notThere()
}

/** Throws UserError where there is none of this id. */
export function runFolder(home: Home, id: string): string {
  const folder = runPath(home, id)
  if (!existsSync(folder)) throw notThere()
  return folder
}

export function notThere(): UserError {
  return new UserError('not-there', { what: 'This run', remedy: 'See the list of runs.' })
}

/** Latest first. */
export async function findHomeRuns(home: Home): Promise<FoundRun[]> {
  const names = (await readdir(home.runs, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory() && /^\w[\w.-]{0,127}$/.test(entry.name))
    .map(({ name }) => name)
    .sort()
    .reverse()
  const found = await Promise.all(names.map((id) => readHomeRun(home, id)))
  return found.filter((one) => one !== undefined)
}

/** Undefined where it was deleted meanwhile. */
async function readHomeRun(home: Home, id: string): Promise<FoundRun | undefined> {
  const folder = join(home.runs, id)
  try {
    return { id, run: await readRun(folder), hasThumbnail: existsSync(join(folder, 'pictures', 'pictures.json')) }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    const facts = await stat(folder).catch(() => undefined)
    return facts && { id, problem: error.sentence, modified: facts.mtime }
  }
}

/** A run that was deleted by a slip can be moved back by hand: home/trash/<time of deletion>_<id>. What of it names the patient
 *  is gone at once. */
export async function moveToTrash(home: Home, id: string, now: Date): Promise<void> {
  const folder = runFolder(home, id)
  await mkdir(trash(home), { recursive: true })
  const place = trashPlace(home, id, now)
  await rename(folder, place).catch((cause: NodeJS.ErrnoException) => {
    const remedy = 'Close programs that have one of its files open, then try again.'
    throw new UserError('cannot-write', { path: id, reason: cause.code ?? cause.message, remedy }, { cause })
  })
  for (const name of identifyingFiles) await rm(join(place, name), { force: true })
}

export function trashPlace(home: Home, id: string, now: Date): string {
  return join(trash(home), `${now.toISOString().replace(/[-:]|\..*/g, '')}_${id}`)
}

/** Deletes for good what was deleted long ago. */
export async function emptyTrash(home: Home, now: Date): Promise<void> {
  for (const name of existsSync(trash(home)) ? await readdir(trash(home)) : []) {
    const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)T\d{6}_/.exec(name) ?? []
    const deleted = Date.parse(`${year}-${month}-${day}T00:00:00Z`)
    if (now.getTime() - deleted > trashDays * 24 * 3600e3)
      await rm(join(trash(home), name), { recursive: true, force: true })
  }
}

/** As a person would write it. */
export function shownPath(path: string): string {
  const home = homedir()
  return path.startsWith(home) ? `~${path.slice(home.length)}` : path
}
