/** What a person changes in the list of a cohort's scans. */
import type { CohortChange, CohortRows } from '../contract/cohort-schemas.ts'
import { UserError } from '../errors.ts'
import type { StoredRow } from './cohort-files.ts'
import { manifestCsv, scannerName } from './manifest-files.ts'

/** Changes that need the disk are made by the caller: `series`, and the path of a picked reference. */
export type RowChange = Omit<CohortChange, 'series' | 'reference'> & {
  readonly reference?: StoredRow['reference'] | undefined
}

/** As tables name its scanner. */
export function scannerOf({ scanner, facts }: Pick<StoredRow, 'scanner' | 'facts'>): string {
  return scanner || (facts ? scannerName(facts) : 'unknown')
}

/** Places of the rows that are meant. Throws UserError for one that is not there. */
export function rowsMeant(rows: readonly StoredRow[], of: CohortRows): number[] {
  if ('rows' in of) {
    if (of.rows.some((row) => row >= rows.length)) throw refused('There is no such row', 'Reload the window.')
    return [...new Set(of.rows)]
  }
  const all = rows.map((_, row) => row)
  return 'all' in of ? all : all.filter((row) => scannerOf(rows[row]!) === of.scanner)
}

/** The rows after a change of some. Throws UserError where it cannot be: nothing is changed then. */
export function changeRows(rows: readonly StoredRow[], meant: readonly number[], change: RowChange): StoredRow[] {
  const { case: name, scanner, group, isIncluded, reference } = change
  if (name !== undefined) {
    if (meant.length !== 1) throw refused('Only a single case can be renamed', 'Choose one.')
    if (rows.some((row, n) => row.case === name && n !== meant[0]))
      throw refused(`There is another case ${name}`, 'Choose another name: each case has its own.')
  }
  if (reference === 'own' && meant.length === 1 && rows[meant[0]!]!.ownReference === null)
    throw refused('No reference mask lies with this scan', 'Choose one.')
  const isMeant = new Set(meant)
  return rows.map((row, n) =>
    isMeant.has(n)
      ? {
          ...row,
          ...(name !== undefined && { case: name }),
          ...(scanner !== undefined && { scanner }),
          ...(group !== undefined && { group }),
          // A scan that is not there cannot be part of an evaluation.
          ...(isIncluded !== undefined && { isIncluded: isIncluded && row.image !== null }),
          ...(reference !== undefined && (reference !== 'own' || row.ownReference !== null) && { reference }),
        }
      : row,
  )
}

/** manifest.csv: the included rows, with the columns that tables may show. */
export function manifestOf(rows: readonly StoredRow[]): string {
  const own = [...new Set(rows.flatMap(({ columns }) => Object.keys(columns)))].sort()
  const lines = rows
    .filter(({ isIncluded }) => isIncluded)
    .map((row) => ({
      ...row.columns,
      case: row.case,
      image: row.image ?? '',
      series: row.kind === 'nifti' ? '' : (row.series ?? ''),
      reference: referencePath(row) ?? '',
      scanner: scannerOf(row),
      group: row.group,
    }))
  return manifestCsv(['case', 'image', 'series', 'reference', 'scanner', 'group', ...own], lines)
}

export function referencePath({ reference, ownReference }: StoredRow): string | null {
  if (reference === 'own') return ownReference
  return reference === 'none' ? null : reference.path
}

function refused(problem: string, remedy: string): UserError {
  return new UserError('usage', { problem, remedy })
}
