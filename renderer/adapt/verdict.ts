/** What came out of a run, in words that a reader can act on. The sentence itself is the run's own. */
import type { Kept, RunDetail } from '../../main/contract/schemas.ts'

export type Tone = 'good' | 'note' | 'bad' | 'plain'
export type VerdictWords = {
  readonly badge: string
  readonly tone: Tone
  /** What to make of it, and what can be done now. */
  readonly advice: string
}

type Judged = Pick<RunDetail, 'state' | 'verdict' | 'kept' | 'method' | 'steps' | 'guardChoice' | 'volumes'>

export function keptName(kept: Kept): string {
  return kept === 'source' ? "the source model's mask" : `the mask after step ${kept}`
}

/** What is kept of a run, or that there is nothing to keep. */
export function keptText(run: Pick<RunDetail, 'kept' | 'volumes' | 'state'>): string {
  if (hasMask(run)) return keptName(run.kept)
  return run.state === 'running' ? 'no mask yet' : 'nothing, it ended before its first mask'
}

function hasMask({ state, volumes }: Pick<RunDetail, 'volumes' | 'state'>): boolean {
  return state === 'done' || Object.keys(volumes).length > 0
}

/** The badges are those of the reports (main/report/sections.ts). */
export function verdictWords(run: Judged): VerdictWords {
  const { state, verdict, kept, steps } = run
  const reached = steps > 0 ? `after step ${steps}` : 'before the first step'
  const choice = !hasMask(run)
    ? 'No mask was made.'
    : kept === 'source'
      ? 'The mask from before is kept.'
      : `${capital(keptName(kept))} is kept, by choice.`
  switch (state) {
    case 'running':
      return { badge: 'At work', tone: 'plain', advice: 'There is no verdict yet.' }
    case 'cancelled':
      return {
        badge: 'Cancelled',
        tone: 'plain',
        advice: `It was stopped ${reached}, so nothing judged what was done by then. ${choice}`,
      }
    case 'failed':
      return { badge: 'Failed', tone: 'bad', advice: `It ended ${reached}. ${choice} The run can be started anew.` }
    case 'interrupted':
      return {
        badge: 'Interrupted',
        tone: 'bad',
        advice: `Scanbridge ended while the run was at work, ${reached}. What was done is on disk. ${choice}`,
      }
    case 'done':
      return doneWords(run, verdict)
  }
}

function doneWords({ method, kept, guardChoice }: Judged, verdict: Judged['verdict']): VerdictWords {
  // A segmentation alone was never to adapt, so there is nothing to judge.
  if (method === 'source')
    return {
      badge: 'Source model',
      tone: 'plain',
      advice: 'The mask of the model as it was shipped. Nothing was adapted.',
    }
  switch (verdict) {
    case 'accepted':
      return {
        badge: 'Adaptation kept',
        tone: 'good',
        advice: 'No score speaks against it. Scores see harm, not truth: look at what changed before you use the mask.',
      }
    case 'not-needed':
      return {
        badge: 'No adaptation needed',
        tone: 'note',
        advice: 'Adapting here would rather harm than help, so the model was left as it is.',
      }
    case 'rolled-back':
      return {
        badge: 'Rolled back',
        tone: 'bad',
        advice: 'Nothing that was changed is kept. You can look at the steps, and still keep one: that goes on record.',
      }
    case 'overruled':
      return {
        badge: 'Guard overruled',
        tone: 'plain',
        advice: `The guard had chosen ${keptName(guardChoice?.kept ?? 'source')}. The choice is on record and can be taken back.`,
      }
    case 'off':
      return {
        badge: 'Not guarded',
        tone: 'plain',
        advice:
          kept === 'source'
            ? 'The guard was off. The mask from before is kept.'
            : 'The guard was off, so nothing judged this mask: compare it with the one before.',
      }
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
