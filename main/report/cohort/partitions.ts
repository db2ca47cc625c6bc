import type { CaseRow } from '../../evaluate/case-row.ts'
import { groupValue } from '../../evaluate/summary.ts'
import { columnName, groupings } from './groupings.ts'
import type { LeftOut } from './groupings.ts'

/** Scanners are what it is about, and the group marks what is in domain: they are there even where they tell nothing new. */
const always = ['scanner', 'group']

/**
 * The groupings that are worth a table each. One that puts all cases together, or splits them as another one does already,
 * would say the same numbers again, and count the same tests twice in Holm's correction: it is named with its values instead.
 */
export function distinctGroupings(rows: readonly CaseRow[]): { columns: string[]; leftOut: LeftOut[] } {
  const { columns, leftOut } = groupings(rows)
  const done = rows.filter(({ state }) => state === 'done')
  const kept: string[] = []
  const told: LeftOut[] = []
  for (const column of columns) {
    const values = [...new Set(done.map((row) => groupValue(row, column)))]
    const same = kept.find((other) => isSamePartition(done, other, column))
    if (always.includes(column)) kept.push(column)
    else if (values.length === 1) {
      if (values[0] !== 'unknown') told.push({ column, reason: `${values[0]!} in all cases` })
    } else if (same !== undefined) told.push({ column, reason: sameAs(done, same, column) })
    else kept.push(column)
  }
  return { columns: kept, leftOut: [...leftOut, ...told] }
}

function isSamePartition(rows: readonly CaseRow[], one: string, other: string): boolean {
  const pairs = new Set(rows.map((row) => JSON.stringify([groupValue(row, one), groupValue(row, other)])))
  const count = (column: string): number => new Set(rows.map((row) => groupValue(row, column))).size
  return pairs.size === count(one) && pairs.size === count(other)
}

function sameAs(rows: readonly CaseRow[], known: string, column: string): string {
  const pairs = [...new Map(rows.map((row) => [groupValue(row, known), groupValue(row, column)]))].sort()
  // "Siemens Avanto 1.5 T" says already that it is an Avanto.
  const news = pairs.filter(([name, value]) => !name.includes(value))
  const values = news.length ? `: ${pairs.map(([name, value]) => `${name} is ${value}`).join(', ')}` : ''
  return `it splits the cases as ${columnName(known)} does${values}`
}
