import type { Kept, RunRecord } from '../runs/run.ts'

/** Events of the history by which a person chose what is kept. */
const byPerson = ['rolled-back', 'undone']

/**
 * What was kept one after the other and not taken back since, the last one now: first what the run itself ended with, then
 * each choice of a person. History that does not say what was kept (of an earlier version) is no ground for an undo.
 */
export function keptOneAfterTheOther({ history }: Pick<RunRecord, 'history'>): Kept[] {
  const stack: Kept[] = []
  for (const { event, kept } of history) {
    if (kept === undefined && byPerson.includes(event)) stack.length = 0
    if (kept === undefined) continue
    if (event === 'undone') stack.pop()
    else if (event === 'rolled-back') stack.push(kept)
    else stack.splice(0, stack.length, kept)
  }
  return stack
}

/**
 * What was kept when its result last left the app (`exported`: when), or where it never did, what the run itself ended with.
 * Undefined where the history (of an earlier version) does not say.
 */
export function keptWhenSaved({ history }: Pick<RunRecord, 'history'>, exported: string | undefined): Kept | undefined {
  return history.findLast(
    ({ event, time, kept }) =>
      kept !== undefined && (exported === undefined ? !byPerson.includes(event) : time <= exported),
  )?.kept
}

/** Whether a person chose what is kept, and nothing that left the app shows it. */
export function isUnsaved(record: Pick<RunRecord, 'history' | 'kept'>, exported: string | undefined): boolean {
  const decided = record.history.findLast(({ event }) => byPerson.includes(event))?.time
  if (decided === undefined || (exported !== undefined && decided <= exported)) return false
  return record.kept !== keptWhenSaved(record, exported)
}
