/** The list of a cohort's scans, grouped and counted. */
import type { CohortRow } from '../../main/contract/cohort-schemas.ts'

export type ScanGroup = {
  readonly scanner: string
  readonly rows: readonly CohortRow[]
  readonly included: number
  readonly withReference: number
  /** The group that all of its rows are in; undefined where they are in different ones. */
  readonly group: string | undefined
  /** Of the rows, as the files say it: more than one where a person put scanners together. */
  readonly protocols: readonly string[]
}

export function scanGroups(rows: readonly CohortRow[]): readonly ScanGroup[] {
  return [...Map.groupBy(rows, ({ scanner }) => scanner)]
    .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
    .map(([scanner, some]) => {
      const groups = new Set(some.map(({ group }) => group))
      return {
        scanner,
        rows: some,
        included: some.filter(({ isIncluded }) => isIncluded).length,
        withReference: some.filter(({ isIncluded, reference }) => isIncluded && reference.of !== 'none').length,
        group: groups.size === 1 ? [...groups][0] : undefined,
        protocols: [...new Set(some.map(({ protocol }) => protocol).filter(Boolean))],
      }
    })
}

export function isFound(
  { case: name, name: folder, scanner, protocol, group, problem }: CohortRow,
  wanted: string,
): boolean {
  const text = [name, folder, scanner, protocol, group, problem?.message ?? ''].join(' ').toLowerCase()
  return wanted
    .trim()
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
}

export type Totals = {
  readonly scans: number
  readonly included: number
  readonly withReference: number
  readonly scanners: number
  readonly problems: number
}

export function totals(rows: readonly CohortRow[]): Totals {
  const included = rows.filter(({ isIncluded }) => isIncluded)
  return {
    scans: rows.length,
    included: included.length,
    withReference: included.filter(({ reference }) => reference.of !== 'none').length,
    scanners: new Set(included.map(({ scanner }) => scanner)).size,
    problems: included.filter(({ problem }) => problem !== null).length,
  }
}
