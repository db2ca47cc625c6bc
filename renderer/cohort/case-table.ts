/** Which cases a reader wants to see, and in which order. */
import type { CohortResult } from '../../main/contract/cohort-schemas.ts'
import { diceOf, type After } from './results.ts'

export type CaseColumn = 'case' | 'scanner' | 'verdict' | 'before' | 'after' | 'change' | 'volume'
export type CaseSort = { readonly column: CaseColumn; readonly isDescending: boolean }
export type CaseFilter = 'all' | 'better' | 'harmed' | 'rolled-back' | 'failed'

/** One line of the table, with what it shows worked out once. */
export type CaseLine = {
  readonly result: CohortResult
  /** Dice; null without a reference. */
  readonly before: number | null
  readonly after: number | null
  readonly change: number | null
  /** Change of the volume of the label, or of all labels together, percent; null where there was none before. */
  readonly volume: number | null
}

const limit = 0.01

export function caseLines(results: readonly CohortResult[], method: string, label: string, after: After): CaseLine[] {
  return results
    .filter((result) => result.method === method)
    .map((result) => {
      const dice = diceOf(result, label, after)
      return {
        result,
        before: dice?.before ?? null,
        after: dice?.after ?? null,
        change: dice ? dice.after - dice.before : null,
        volume: volumeChange(result, label, after),
      }
    })
}

function volumeChange({ volumes }: CohortResult, label: string, after: After): number | null {
  const own = label in volumes ? [volumes[label]!] : Object.values(volumes)
  const before = own.reduce((sum, one) => sum + one.before, 0)
  return before > 0 ? 100 * (own.reduce((sum, one) => sum + one[after], 0) / before - 1) : null
}

export function isOf({ result, change }: CaseLine, filter: CaseFilter): boolean {
  switch (filter) {
    case 'all':
      return true
    case 'better':
      return change !== null && change > limit
    case 'harmed':
      return change !== null && change < -limit
    case 'rolled-back':
      return result.state === 'done' && result.keptStep === 'source'
    case 'failed':
      return result.state === 'failed'
  }
}

export function matches({ result }: CaseLine, wanted: string): boolean {
  const text = [result.case, result.scanner, result.group, result.verdict ?? '', result.error?.message ?? '']
    .join(' ')
    .toLowerCase()
  return wanted
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

type Wish = { readonly after: After; readonly filter: CaseFilter; readonly wanted: string; readonly sort: CaseSort }

/** The lines that a reader asked for, in the order asked for. */
export function shownLines(
  results: readonly CohortResult[],
  method: string,
  label: string,
  { after, filter, wanted, sort }: Wish,
): readonly CaseLine[] {
  const lines = caseLines(results, method, label, after)
  return sortedLines(
    lines.filter((line) => isOf(line, filter) && matches(line, wanted.trim())),
    sort,
  )
}

/** What has no value comes last, whichever way; equal ones by case. */
export function sortedLines(lines: readonly CaseLine[], { column, isDescending }: CaseSort): readonly CaseLine[] {
  const way = isDescending ? -1 : 1
  return lines.toSorted((a, b) => {
    const [x, y] = [valueOf(a, column), valueOf(b, column)]
    if (x === null || y === null) return Number(x === null) - Number(y === null) || byCase(a, b)
    const order = typeof x === 'string' ? text(x, y as string) : x - (y as number)
    return way * order || byCase(a, b)
  })
}

function valueOf({ result, before, after, change, volume }: CaseLine, column: CaseColumn): string | number | null {
  switch (column) {
    case 'case':
      return result.case
    case 'scanner':
      return result.scanner
    case 'verdict':
      return result.state === 'failed' ? 'zz' : (result.verdict ?? null)
    case 'before':
      return before
    case 'after':
      return after
    case 'change':
      return change
    case 'volume':
      return volume
  }
}

const byCase = (a: CaseLine, b: CaseLine): number => text(a.result.case, b.result.case)

function text(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true })
}
