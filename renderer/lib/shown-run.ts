/** What becomes of the run on screen when it is read again, or grows. */
import type { JournalLine, RunDetail } from '../../main/contract/schemas.ts'
import type { Mask } from './scan.ts'

/** The run with steps that were told; those that it has by now are not taken twice. */
export function withLines<R extends Pick<RunDetail, 'journal' | 'steps'>>(run: R, told: readonly JournalLine[]): R {
  const lines = told.filter((line) => !run.journal.some((known) => isSameLine(known, line)))
  if (lines.length === 0) return run
  return { ...run, journal: [...run.journal, ...lines], steps: lines.at(-1)!.step }
}

function isSameLine(a: JournalLine, b: JournalLine): boolean {
  return a.step === b.step && a.phase === b.phase
}

type Known = Pick<RunDetail, 'id' | 'kept'>

/** Masks of the run before that are those of the run now, too. A decision, of whatever window, makes "kept" another one. */
export function masksThatStay<M extends Pick<Mask, 'of'>>(
  masks: readonly M[],
  before: Known | undefined,
  now: Known,
): readonly M[] {
  if (before?.id !== now.id) return []
  return before.kept === now.kept ? masks : masks.filter(({ of }) => of !== 'kept')
}
