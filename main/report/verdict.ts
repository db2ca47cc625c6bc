import type { JournalLine, ReadState, RunRecord } from '../runs/run.ts'

/** What is kept, in one sentence that a reader can act on. */
export function verdictSentence({ guard, kept, method }: RunRecord, state: ReadState): string {
  const what = kept === 'source' ? "the source model's mask" : `the mask after step ${kept}`
  if (state === 'running') return 'The run is still at work; there is no verdict yet.'
  if (state === 'interrupted' || state === 'failed')
    return `The run did not come to a verdict; what is kept is ${what}.`
  if (state === 'cancelled') return `The run was stopped before a verdict; what is kept is ${what}.`
  if (method.name === 'source' && guard.verdict === 'not-needed')
    return `The source model segmented the scan as it is; nothing was to be adapted: what is kept is ${what}.`
  return {
    accepted: `The guard accepts the adaptation: what is kept is ${what}.`,
    'not-needed': `The model fits this scan as it is, so no adaptation was needed: what is kept is ${what}.`,
    'rolled-back': `The guard rolled the adaptation back: what is kept is ${what}.`,
    overruled: `A person overruled the guard: what is kept is ${what}.`,
    off: `No guard judged this run: what is kept is ${what}.`,
  }[guard.verdict]
}

/** Why a reader must take the report as partial, or undefined where the run came to its end. */
export function partialNote(state: ReadState, record: RunRecord, journal: readonly JournalLine[]): string | undefined {
  const at = journal.length === 0 ? 'before its first step' : `after step ${journal.at(-1)!.step}`
  if (state === 'running') return `This report is partial: the run is still at work, ${at}.`
  if (state === 'interrupted') return `This report is partial: the run was interrupted ${at}.`
  if (state === 'cancelled') return `This report is partial: the run was cancelled ${at}.`
  if (state === 'failed') return `This report is partial. ${record.failure ?? `The run failed ${at}.`}`
  return undefined
}
