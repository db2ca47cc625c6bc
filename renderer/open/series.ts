/** Series and volumes in words. */
import type { SeriesSummary } from '../../main/contract/schemas.ts'

export function seriesName({ description, number, modality }: SeriesSummary): string {
  return description || [modality, number === null ? '' : `series ${number}`].filter(Boolean).join(', ') || 'Series'
}

/** What tells one volume of a series from the others: its kind, and its number where that says nothing. */
export function volumeName(series: SeriesSummary, volume: number): string {
  const { kind } = series.volumes[volume]!
  const isAlone = series.volumes.filter((other) => other.kind === kind).length === 1
  const count = series.volumes.length === 1 ? '' : `${volume + 1} of ${series.volumes.length}`
  return [kind, isAlone && kind ? '' : count].filter(Boolean).join(', ')
}

export type ScannerGroup = { readonly key: string; readonly series: readonly SeriesSummary[] }

/** In the order in which the scanners come first. */
export function byScanner(series: readonly SeriesSummary[]): readonly ScannerGroup[] {
  const groups = Map.groupBy(series, ({ scanner }) => scanner.key)
  return [...groups].map(([key, series]) => ({ key, series }))
}
