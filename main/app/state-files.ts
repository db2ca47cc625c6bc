/** The app's own folder: what lies where, and small files that are written whole or not at all. */
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { UserError } from '../errors.ts'

export type Home = {
  readonly folder: string
  /** Run folders, one each, named by the run's id. */
  readonly runs: string
  /** Cohorts, a folder each, named by its id. */
  readonly cohorts: string
  readonly exports: string
  /** Small pictures of recent scans. */
  readonly pictures: string
  readonly settings: string
  readonly recents: string
  readonly session: string
  /** There as long as a run is at work. */
  readonly atWork: string
  /** What pseudonyms are made with. */
  readonly salt: string
}

/** Where the app keeps its things: SCANBRIDGE_HOME, or Scanbridge in the user's home folder. */
export function homeFolder(): string {
  return process.env['SCANBRIDGE_HOME'] || join(homedir(), 'Scanbridge')
}

/** Throws UserError where nothing can be written there. */
export function openHome(folder: string): Home {
  const home = {
    folder,
    runs: join(folder, 'runs'),
    cohorts: join(folder, 'cohorts'),
    exports: join(folder, 'exports'),
    pictures: join(folder, 'pictures'),
    settings: join(folder, 'settings.json'),
    recents: join(folder, 'recents.json'),
    session: join(folder, 'session.json'),
    atWork: join(folder, 'at-work.json'),
    salt: join(folder, 'salt.json'),
  }
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 }) // it will know where patients' scans lie
    for (const path of [home.runs, home.cohorts, home.pictures]) mkdirSync(path, { recursive: true })
  } catch (cause) {
    throw cannotWrite(folder, cause)
  }
  return home
}

/** What a file of ours holds, or undefined where there is none or it is damaged: that one is set aside, with a note. */
export function readState(path: string): unknown {
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    setAside(path)
    return undefined
  }
}

/** Nothing is deleted: somebody may want to see what was in it. */
export function setAside(path: string): void {
  const aside = `${path}.damaged`
  renameSync(path, aside)
  console.error(`${basename(path)} was damaged; it lies at ${basename(aside)} now, and a new one is begun.`)
}

/** Written to a file beside it first, then renamed. Throws UserError. */
export function writeState(path: string, value: unknown): void {
  writeBytes(path, JSON.stringify(value, null, 1) + '\n')
}

export function writeBytes(path: string, bytes: Uint8Array | string): void {
  try {
    writeFileAtomic.sync(path, typeof bytes === 'string' ? bytes : Buffer.from(bytes))
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}

function cannotWrite(path: string, cause: unknown): UserError {
  const reason = (cause as NodeJS.ErrnoException).code ?? 'the disk refuses it'
  const remedy = 'Check the space that is left and your permission to write there.'
  return new UserError('cannot-write', { path, reason, remedy }, { cause })
}
