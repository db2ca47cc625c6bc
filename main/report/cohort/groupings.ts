import type { CaseRow } from '../../evaluate/case-row.ts'

/** What a scan's own files say of where it comes from. */
const own = ['scanner', 'manufacturer', 'model', 'fieldStrength', 'group'] as const

const personal = /name|patient|birth|dob|mrn|address|phone|mail|accession|insurance|date/i

/** A column of the manifest that is not shown, and why; it is not called by a heading that may be a person's. */
export type LeftOut = { readonly column: string; readonly reason: string }

/**
 * Columns by which cases are put together. Of the manifest's own columns only those whose every value at least two cases
 * share: what is different in each case says nothing of a group, and may say who it is. So may some headings.
 */
export function groupings(rows: readonly Pick<CaseRow, 'index' | 'columns'>[]): {
  columns: string[]
  leftOut: LeftOut[]
} {
  const first = [...new Map(rows.map((row) => [row.index, row])).values()]
  const columns: string[] = [...own]
  const leftOut: LeftOut[] = []
  for (const column of [...new Set(first.flatMap((row) => Object.keys(row.columns)))].sort()) {
    const counts = new Map<string, number>()
    for (const row of first) {
      const value = row.columns[column] ?? ''
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    if (personal.test(column)) leftOut.push({ column: 'a column', reason: 'its heading may name a person' })
    else if (Math.min(...counts.values()) < 2) leftOut.push({ column, reason: 'a value stands for a single case' })
    else columns.push(column)
  }
  return { columns, leftOut }
}

const columnNames: Readonly<Record<string, string>> = {
  scanner: 'scanner',
  manufacturer: 'maker',
  model: 'scanner model',
  fieldStrength: 'field strength',
  group: 'group',
}

export function columnName(column: string): string {
  return columnNames[column] ?? column
}
