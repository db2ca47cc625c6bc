import type { CaseRow, State } from '../../evaluate/case-row.ts'
import { mean } from '../../evaluate/statistics.ts'

/** A finished case that has a reference. */
export type Scored = CaseRow & { readonly reference: NonNullable<CaseRow['reference']> }

/** Of one method, or of all. */
export function scoredRows(rows: readonly CaseRow[], method?: string): Scored[] {
  return rows.filter(
    (row): row is Scored =>
      row.state === 'done' && row.reference !== null && (method === undefined || row.method === method),
  )
}

/** Over the labels. */
export function meanDice(row: Scored, state: State): number {
  return mean(Object.values(row.reference[state]).map(({ dice }) => dice))
}

/** At most so many, evenly over the order given: what a figure can show. */
export function thinned<T>(values: readonly T[], most: number): readonly T[] {
  if (values.length <= most) return values
  return Array.from({ length: most }, (_, n) => values[Math.floor((n * values.length) / most)]!)
}
