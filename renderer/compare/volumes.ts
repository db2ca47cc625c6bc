/** Volumes of two masks, label by label. */
export type VolumeRow = {
  readonly name: string
  readonly before: number
  /** null where there is no second mask. */
  readonly after: number | null
}

/** Rows in the order of the labels; labels that neither mask names are left out. */
export function volumeRows(
  labels: readonly { readonly name: string }[],
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>> | undefined,
): readonly VolumeRow[] {
  return labels
    .filter(({ name }) => name in before || (after && name in after))
    .map(({ name }) => ({ name, before: before[name] ?? 0, after: after ? (after[name] ?? 0) : null }))
}

/** The sum of all rows; its `after` is null where that of any row is. */
export function totalRow(rows: readonly VolumeRow[]): VolumeRow {
  const after = rows.map((row) => row.after)
  return {
    name: 'All labels',
    before: rows.reduce((sum, row) => sum + row.before, 0),
    after: after.some((ml) => ml === null) ? null : after.reduce<number>((sum, ml) => sum + ml!, 0),
  }
}
