import type { Verdict } from '../adapt/examiner.ts'
import type { GuardRecord } from '../runs/run.ts'

/** A verdict as a run or an evaluation keeps it; a score that is not defined, such as one that the model lacks figures for, is null. */
export function guardRecord({ verdict, scores, reasons, expectedDice }: Verdict): GuardRecord {
  return {
    verdict,
    scores: Object.fromEntries(
      Object.entries(scores).map(([name, score]) => [name, Number.isFinite(score) ? score : null]),
    ),
    reasons: [...reasons],
    ...(expectedDice && { expectedDice: { ...expectedDice, interval: [...expectedDice.interval] } }),
  }
}
