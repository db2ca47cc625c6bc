/** The folder of a lab's calibration: what it was begun with, and a line a state. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../errors.ts'

const State = z.object({
  case: z.string(),
  scanner: z.string(),
  /** Of the manifest; without one every case counts as a subject of its own. */
  subject: z.string().optional(),
  episode: z.string(),
  before: z.number(),
  after: z.number(),
  scores: z.record(z.string(), z.number().nullable()),
})

/** A line of states.jsonl; an episode that reached no state is one too, so that it is not run again. */
const Line = z.union([State, z.object({ case: z.string(), episode: z.string(), none: z.literal(true) })])
export type StateLine = z.infer<typeof Line>

export type StatesFolder = {
  /** What is there already. */
  readonly lines: readonly StateLine[]
  /** On disk when it returns; the lines of one episode together. */
  append(lines: readonly StateLine[]): void
}

/** A new folder, or one that was stopped: half a last line, what a kill leaves, is cut off. Throws UserError where it holds
 *  something else, or was begun with other settings. */
export function openStates(folder: string, settings: Readonly<Record<string, unknown>>): StatesFolder {
  const [path, begun] = [join(folder, 'states.jsonl'), join(folder, 'calibration-settings.json')]
  const text = `${JSON.stringify(settings, null, 2)}\n`
  if (existsSync(begun)) {
    if (readFileSync(begun, 'utf8') !== text)
      throw inTheWay(folder, 'a calibration with another model, manifest, methods or seed was begun in it')
  } else {
    if (existsSync(folder) && readdirSync(folder).length > 0) throw inTheWay(folder, 'there is something else in it')
    writing(folder, () => {
      mkdirSync(folder, { recursive: true })
      writeFileSync(begun, text)
    })
  }
  const whole = existsSync(path) ? readFileSync(path) : Buffer.alloc(0)
  const end = whole.lastIndexOf(10) + 1
  if (end < whole.length) truncateSync(path, end)
  const lines = whole.subarray(0, end).toString('utf8').split('\n').filter(Boolean)
  return {
    lines: lines.map((line) => Line.parse(JSON.parse(line))),
    append: (more) =>
      writing(folder, () => appendFileSync(path, more.map((line) => `${JSON.stringify(line)}\n`).join(''))),
  }
}

function inTheWay(folder: string, reason: string): UserError {
  return new UserError('cannot-write', { path: folder, reason, remedy: 'Name a new folder.' })
}

function writing(folder: string, write: () => void): void {
  try {
    write()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(
      'cannot-write',
      { path: folder, reason, remedy: 'Check the disk and its permissions.' },
      { cause },
    )
  }
}
