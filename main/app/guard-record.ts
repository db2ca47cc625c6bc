import type { Verdict } from '../adapt/examiner.ts'
import type { GuardRecord } from '../runs/run.ts'

/** A verdict as a run or an evaluation keeps it. */
export function guardRecord({ verdict, scores, reasons, expectedDice }: Verdict): GuardRecord {
  return {
    verdict,
    scores: { ...scores },
    reasons: [...reasons],
    ...(expectedDice && { expectedDice: { ...expectedDice, interval: [...expectedDice.interval] } }),
  }
}
