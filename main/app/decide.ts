/** What a person decides about a run, one decision after the other. */
import { UserError } from '../errors.ts'
import { readRun, reopenRun, writing } from '../runs/files.ts'
import type { ReadRun } from '../runs/files.ts'
import type { Kept } from '../runs/run.ts'
import { settleKept } from './kept-files.ts'
import { choicesOf } from './decisions.ts'
import type { Decision } from './rollback.ts'

/** Makes the source's or a step's mask the kept one, on record. What is kept already stays without a word. Throws UserError. */
export async function keep(folder: string, to: Kept): Promise<void> {
  const { record } = await settled(folder)
  if (record.kept === to) return
  await choose(folder, to)
}

/** Takes a person's last choice back, on record too: both stay in the history. Throws UserError where there is none. */
export async function undo(folder: string): Promise<void> {
  const { record } = await readRun(folder)
  const before = choicesOf(record).kept.at(-2)
  if (before === undefined) {
    const remedy = 'What the run itself ended with stays as it is.'
    throw new UserError('usage', { problem: 'There is no decision of a person to take back', remedy })
  }
  await choose(folder, before, { event: 'undone', says: 'A user took the last choice back and kept' })
}

/** Makes the choice that was last taken back again, on record too. Throws UserError where there is none. */
export async function redo(folder: string): Promise<void> {
  const { record } = await readRun(folder)
  const again = choicesOf(record).takenBack.at(-1)
  if (again === undefined) {
    const remedy = 'A new decision ends what was taken back before it.'
    throw new UserError('usage', { problem: 'There is no decision that was taken back', remedy })
  }
  await choose(folder, again, { event: 'redone', says: 'A user made the choice that was taken back again and kept' })
}

async function choose(folder: string, to: Kept, decision?: Decision): Promise<void> {
  const { rollBack } = await import('./rollback.ts')
  await writing(folder, () => rollBack(folder, to, undefined, decision))
}

/** An ended run as it is once its mask files are those of what it keeps. Not for a run that is being written. */
export async function settled(folder: string): Promise<ReadRun> {
  const run = await readRun(folder)
  if (run.state !== 'running' && (await settleKept(folder, run.record.kept))) {
    const { formats, writeReports } = await import('../report/files.ts')
    await writeReports(folder, formats)
  }
  return run
}

/** An ended run says that it was run again, and as which run. */
export async function noteResumed(folder: string, as: string): Promise<void> {
  const writer = await reopenRun(folder)
  await writer.decide('resumed', `It was run again, with the same settings, as ${as}.`)
  writer.close()
}

/** Runs what is asked of one run in the order in which it was asked. */
export class InTurn {
  private readonly last = new Map<string, Promise<unknown>>()

  /** When all that was asked is done. */
  async done(): Promise<void> {
    while (this.last.size > 0) await Promise.allSettled(this.last.values())
  }

  do<T>(run: string, work: () => Promise<T>): Promise<T> {
    const done = (this.last.get(run) ?? Promise.resolve()).then(work, work)
    this.last.set(run, done)
    void done.catch(() => {}).then(() => this.last.get(run) === done && this.last.delete(run))
    return done
  }
}
