import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, openSync, readdirSync, statSync, writeSync } from 'node:fs'
import { mkdir, readFile, readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { UserError } from '../errors.ts'
import { isGone, isThisProcess, thisProcess } from './process-files.ts'
import { JournalLine, RunRecord, stepName } from './run.ts'
import type { HistoryEntry, ReadState } from './run.ts'
import { readSafetensors, writeSafetensors } from './safetensors.ts'
import type { Tensors } from './safetensors.ts'

/** What is known when a run begins; the rest is filled in as it goes. */
export type NewRun = Pick<RunRecord, 'scanbridge' | 'engine' | 'input' | 'with' | 'model' | 'method' | 'isGuarded'> & {
  /** Where the folder is to bear its name: newRunId's. */
  readonly id?: string
}

/** A step as its maker knows it; the writer adds the time and the name of the file. */
export type NewStep = Omit<JournalLine, 'time' | 'checkpoint'> & { readonly checkpoint?: Tensors }

/** A run that is being written. Every change is on disk when its call returns. */
export type RunWriter = {
  readonly folder: string
  readonly record: RunRecord
  update(change: Partial<RunRecord>): Promise<void>
  /** A decision, with its time, into `history`. */
  decide(event: string, detail: string, change?: Partial<RunRecord>): Promise<void>
  /** Checkpoint first, then the line that names it: a line never points to a file that is not there. */
  appendStep(step: NewStep): Promise<void>
  writeFile(name: string, bytes: Uint8Array | string): Promise<void>
  close(): void
}

export type ReadRun = {
  readonly folder: string
  readonly record: RunRecord
  readonly state: ReadState
  readonly journal: readonly JournalLine[]
  /** Steps whose mask is stored beside the checkpoint. */
  readonly masks: readonly number[]
  /** What was found damaged and left out. */
  readonly problems: readonly string[]
}

/** Folders of runs that this process writes now. */
const atWork = new Set<string>()

/** Sorts by time; nothing of it tells whose scan it is. */
export function newRunId(now: Date): string {
  return `${now.toISOString().replace(/[-:]|\..*/g, '')}-${randomBytes(3).toString('hex')}`
}

/** Makes the folder and its run.json with state 'running'. A folder that holds anything already is refused. */
export async function createRun(folder: string, run: NewRun, now = () => new Date()): Promise<RunWriter> {
  await claimFolder(folder)
  const time = now()
  const created = time.toISOString()
  const { id = newRunId(time), ...known } = run
  const record: RunRecord = {
    schema: 1,
    id,
    created,
    ...known,
    state: 'running',
    kept: 'source',
    guard: { verdict: 'off', scores: {}, reasons: ['The run has no verdict yet.'] },
    volumes: {},
    timing: {},
    history: [{ time: created, event: 'created', detail: 'The run began.' }],
    process: thisProcess(),
  }
  await writeFileAtomic(join(folder, 'run.json'), pretty(record))
  atWork.add(resolve(folder))
  return openWriter(folder, record, now)
}

/** Opens a finished or interrupted run for a later decision. A run that is still being written is refused. */
export async function reopenRun(folder: string, now = () => new Date()): Promise<RunWriter> {
  const run = await readRun(folder)
  if (run.state === 'running')
    throw unusable(folder, 'it is still being written', 'Wait until it ends, or stop it with Ctrl-C.')
  const writer = openWriter(folder, run.record, now)
  if (run.state === 'interrupted') {
    const failure = `The run was interrupted after step ${run.journal.at(-1)?.step ?? 0}.`
    await writer.decide('interrupted', failure, { state: 'failed', failure })
  }
  return writer
}

function openWriter(folder: string, first: RunRecord, now: () => Date): RunWriter {
  let record = first
  let journal: number | undefined
  const update = async (change: Partial<RunRecord>): Promise<void> => {
    record = RunRecord.parse({ ...record, ...change })
    await writeFileAtomic(join(folder, 'run.json'), pretty(record))
  }
  return {
    folder,
    get record() {
      return record
    },
    update,
    async decide(event, detail, change = {}) {
      const { kept } = change
      const entry: HistoryEntry = { time: now().toISOString(), event, detail, ...(kept !== undefined && { kept }) }
      await update({ ...change, history: [...record.history, entry] })
    },
    async appendStep({ checkpoint, ...step }) {
      const file = `checkpoints/${stepName(step.step)}.safetensors`
      if (checkpoint) await writeFileAtomic(join(folder, file), buffer(writeSafetensors(checkpoint)))
      const line = { ...step, time: now().toISOString(), checkpoint: checkpoint ? file : null }
      journal ??= openSync(join(folder, 'steps.jsonl'), 'a')
      writeSync(journal, JSON.stringify(line) + '\n')
      fsyncSync(journal)
    },
    async writeFile(name, bytes) {
      await writeFileAtomic(join(folder, name), typeof bytes === 'string' ? bytes : buffer(bytes))
    },
    close() {
      if (journal !== undefined) closeSync(journal)
      journal = undefined
      atWork.delete(resolve(folder))
    },
  }
}

/** Reads a run in whatever state its writer left it. Throws UserError('run-unusable') where there is no readable run.json. */
export async function readRun(folder: string): Promise<ReadRun> {
  const record = await readRecord(folder)
  const { lines, problems } = await readJournal(folder)
  return {
    folder,
    record,
    state: readState(folder, record),
    journal: lines,
    masks: await storedMasks(folder),
    problems,
  }
}

/** A file of the run, or undefined where the run has none of this name. */
export async function readRunFile(folder: string, name: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(join(folder, name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Stores the mask of a step of a finished run beside its checkpoint. */
export async function writeStepMask(folder: string, step: number, bytes: Uint8Array): Promise<void> {
  await writeFileAtomic(join(folder, `checkpoints/${stepName(step)}.nii.gz`), buffer(bytes))
}

/** The changed parameters of a step. */
export async function readCheckpoint(folder: string, step: number): Promise<Tensors> {
  const name = `checkpoints/${stepName(step)}.safetensors`
  const bytes = await readRunFile(folder, name)
  if (!bytes)
    throw unusable(folder, `step ${step} has no checkpoint`, `Choose one of the steps in its checkpoints folder.`)
  try {
    return readSafetensors(bytes)
  } catch (error) {
    throw unusable(folder, `${name} is damaged (${(error as Error).message})`, 'Choose another step.', error)
  }
}

/** The run folders at a path: the folder itself, or those directly in it, sorted by name. */
export function findRuns(path: string): string[] {
  if (existsSync(join(path, 'run.json'))) return [path]
  const inside = existsSync(path) ? readdirSync(path, { withFileTypes: true }) : []
  const runs = inside
    .filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, 'run.json')))
    .map((entry) => join(path, entry.name))
    .sort()
  if (runs.length === 0) throw unusable(path, 'there is no run.json in it', 'Give the folder that "adapt --out" wrote.')
  return runs
}

async function storedMasks(folder: string): Promise<number[]> {
  const names = await readdir(join(folder, 'checkpoints')).catch(() => [])
  return names
    .flatMap((name) => /^(\d{4,})\.nii\.gz$/.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b)
}

/** Throws where a run cannot begin in this folder, before anything long is done for it. */
export function checkFree(folder: string): void {
  if (!existsSync(folder)) return
  if (!statSync(folder).isDirectory()) throw inTheWay(folder)
  const found = readdirSync(folder)
  if (found.includes('run.json')) throw occupied(folder, 'already holds a run')
  if (found.length > 0) throw occupied(folder, 'is a folder that is not empty')
}

async function claimFolder(folder: string): Promise<void> {
  checkFree(folder)
  try {
    await mkdir(folder, { recursive: true })
    // Not recursive: of two runs that start at once in the same folder, one fails here.
    await mkdir(join(folder, 'checkpoints'))
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && existsSync(join(folder, 'checkpoints'))) throw occupied(folder, 'already holds a run')
    throw code === 'EEXIST' || code === 'ENOTDIR' ? inTheWay(folder, error) : cannotWrite(folder, message, error)
  }
}

function inTheWay(path: string, cause?: unknown): UserError {
  return cannotWrite(path, 'a file is in the way', cause)
}

function cannotWrite(path: string, reason: string, cause?: unknown): UserError {
  return new UserError('cannot-write', { path, reason, remedy: 'Choose another folder with --out.' }, { cause })
}

function occupied(folder: string, reason: string): UserError {
  return new UserError('usage', {
    problem: `${folder} ${reason}`,
    remedy: 'Nothing is overwritten: choose a new folder with --out, or delete this one first.',
  })
}

async function readRecord(folder: string): Promise<RunRecord> {
  const bytes = await readRunFile(folder, 'run.json').catch((cause: unknown) => {
    throw unusable(folder, (cause as Error).message, 'Give the folder that "adapt --out" wrote.', cause)
  })
  if (!bytes) throw unusable(folder, 'there is no run.json in it', 'Give the folder that "adapt --out" wrote.')
  try {
    return RunRecord.parse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  } catch (cause) {
    throw unusable(
      folder,
      'its run.json is damaged or from another version',
      'Run "adapt" again into a new folder.',
      cause,
    )
  }
}

/** Half a last line is what a kill in the middle of a write leaves; anything else that cannot be read is reported. */
async function readJournal(folder: string): Promise<{ lines: JournalLine[]; problems: string[] }> {
  const bytes = await readRunFile(folder, 'steps.jsonl')
  const texts = bytes ? Buffer.from(bytes).toString('utf8').split('\n') : []
  const lines: JournalLine[] = []
  const problems: string[] = []
  for (const [n, text] of texts.entries()) {
    if (text === '') continue
    const line = parseLine(text)
    if (line) lines.push(line)
    else problems.push(`steps.jsonl: line ${n + 1} ${n === texts.length - 1 ? 'was cut off' : 'cannot be read'}.`)
  }
  return { lines, problems }
}

function parseLine(text: string): JournalLine | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined // Not an error here: the caller counts and names such lines.
  }
  return JournalLine.safeParse(value).data
}

/** A disk that refuses writes leaves 'running' in a record whose writer has ended, also within this process. */
function readState(folder: string, { state, process }: RunRecord): ReadState {
  if (state !== 'running') return state
  return isGone(process) || (isThisProcess(process) && !atWork.has(resolve(folder))) ? 'interrupted' : state
}

/** What a person makes nothing of as a code. */
const refusals: Readonly<Record<string, string>> = {
  EACCES: 'writing there is not permitted',
  ENOENT: 'its folder is not there any more',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk can only be read',
}

/** A disk's refusal within `work` as UserError, which names the folder alone: where it lies may be nobody's business. */
export async function writing<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (!(cause instanceof Error) || code === undefined || syscall === undefined) throw cause
    const remedy = 'Check the space that is left and your permission to write there.'
    const reason = refusals[code] ?? code
    throw new UserError('cannot-write', { path: `The run ${basename(folder)}`, reason, remedy }, { cause })
  }
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2) + '\n'
}

function buffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function unusable(path: string, reason: string, remedy: string, cause?: unknown): UserError {
  return new UserError('run-unusable', { path, reason, remedy }, { cause })
}
