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

/** Series with something to see, in the order in which their scanners come; that of the suggested series comes first. */
export function byScanner(series: readonly SeriesSummary[], suggested: string | undefined): readonly ScannerGroup[] {
  const groups = Map.groupBy(
    series.filter(({ volumes }) => volumes.length > 0),
    ({ scanner }) => scanner.key,
  )
  const has = ({ series }: ScannerGroup): boolean => series.some(({ uid }) => uid === suggested)
  return [...groups].map(([key, series]) => ({ key, series })).sort((a, b) => Number(has(b)) - Number(has(a)))
}
