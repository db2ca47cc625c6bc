import type { Kept, RunRecord } from '../runs/run.ts'

/** Events of the history by which a person chose what is kept. */
const byPerson = ['rolled-back', 'undone', 'redone']

export type Choices = {
  /** What was kept one after the other, the last one now: first what the run itself ended with, then each choice of a person. */
  readonly kept: readonly Kept[]
  /** What was taken back since, the last one last: a new choice ends it. */
  readonly takenBack: readonly Kept[]
}

/** History that does not say what was kept (of an earlier version) is no ground for an undo or a redo. */
export function choicesOf({ history }: Pick<RunRecord, 'history'>): Choices {
  const choices: { kept: Kept[]; takenBack: Kept[] } = { kept: [], takenBack: [] }
  for (const { event, kept } of history) {
    if (kept === undefined) {
      if (byPerson.includes(event)) Object.assign(choices, { kept: [], takenBack: [] })
    } else if (event === 'undone') choices.takenBack.push(...choices.kept.splice(-1))
    else if (event === 'redone') choices.kept.push(...choices.takenBack.splice(-1))
    else if (event === 'rolled-back') Object.assign(choices, { kept: [...choices.kept, kept], takenBack: [] })
    else Object.assign(choices, { kept: [kept], takenBack: [] })
  }
  return choices
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
