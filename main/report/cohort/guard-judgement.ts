import type { CaseRow } from '../../evaluate/case-row.ts'
import { meanDice, scoredRows } from './scored.ts'

/** What the guard said, and beside a reference, whether it was right. It never sees the reference. */
export type GuardJudgement = {
  readonly method: string
  readonly verdicts: Readonly<Record<string, number>>
  /** Cases whose last step loses more than 0.01 of the mean Dice, and of those, in which the kept mask does not. */
  readonly harmful: { readonly cases: number; readonly averted: number }
  /** Cases whose last step wins more than 0.01, and of those, in which the kept mask does so too. */
  readonly helpful: { readonly cases: number; readonly kept: number }
}

const limit = 0.01

export function guardJudgement(rows: readonly CaseRow[], method: string): GuardJudgement {
  const own = rows.filter((row) => row.method === method && row.state === 'done')
  const verdicts: Record<string, number> = {}
  for (const { verdict } of own) if (verdict) verdicts[verdict] = (verdicts[verdict] ?? 0) + 1
  const changes = scoredRows(own).map((row) => {
    const before = meanDice(row, 'before')
    return { adapted: meanDice(row, 'adapted') - before, kept: meanDice(row, 'kept') - before }
  })
  const harmful = changes.filter(({ adapted }) => adapted < -limit)
  const helpful = changes.filter(({ adapted }) => adapted > limit)
  return {
    method,
    verdicts,
    harmful: { cases: harmful.length, averted: harmful.filter(({ kept }) => kept >= -limit).length },
    helpful: { cases: helpful.length, kept: helpful.filter(({ kept }) => kept > limit).length },
  }
}
