import type { CaseRow } from '../../evaluate/case-row.ts'
import { change, number } from '../format.ts'
import { meanDice, scoredRows, thinned } from './scored.ts'
import type { Scored } from './scored.ts'

const most = 6

/** Which cases of a method are shown: least, middle and largest change; without references evenly picked ones. */
export function montageRows(rows: readonly CaseRow[], method: string): CaseRow[] {
  const own = rows.filter((row) => row.method === method && row.state === 'done')
  const scored = scoredRows(own)
  if (scored.length === 0) return [...thinned(own, most)]
  const sorted = [...scored].sort((a, b) => gain(a) - gain(b) || a.index - b.index)
  if (sorted.length <= most) return sorted
  const middle = Math.floor(sorted.length / 2)
  return [...sorted.slice(0, 2), ...sorted.slice(middle - 1, middle + 1), ...sorted.slice(-2)]
}

function gain(row: Scored): number {
  return meanDice(row, 'kept') - meanDice(row, 'before')
}

export function montageTitle(row: CaseRow): string {
  const [scored] = scoredRows([row])
  const before = scored && meanDice(scored, 'before')
  const dice =
    scored && before !== undefined
      ? `; Dice ${number(before, 3)} before, ${number(meanDice(scored, 'kept'), 3)} kept (${change(gain(scored), 3, '')})`
      : ''
  return `${row.method}, case ${row.case}, ${row.scanner}${row.verdict ? `, ${row.verdict}` : ''}${dice}`
}
