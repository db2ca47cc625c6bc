/** Other series of the scan's study, to adapt together with. */
import type { InputSummary, SeriesSummary, VolumeRef } from '../../main/contract/schemas.ts'
import { gridText } from '../lib/format.ts'
import { seriesName } from '../open/series.ts'

export type OtherSeries = {
  readonly ref: VolumeRef
  /** Tells it from the others; its number is what a run calls it. */
  readonly name: string
  readonly facts: string
}

/** Those that are known to lie in the same coordinates; of each its first volume. */
export function othersOf({ id, series }: InputSummary, scan: VolumeRef): readonly OtherSeries[] {
  const own = series.find(({ uid }) => uid === scan.series)
  if (!own?.frameOfReferenceUid) return []
  return series
    .filter((one) => one.uid !== own.uid && isBeside(one, own))
    .map((one) => ({
      ref: { input: id, series: one.uid, volume: 0 },
      name: [seriesName(one), one.description && one.number !== null ? `series ${one.number}` : '']
        .filter(Boolean)
        .join(', '),
      facts: gridText(one.volumes[0]!),
    }))
}

function isBeside(one: SeriesSummary, { studyUid, frameOfReferenceUid, modality }: SeriesSummary): boolean {
  return (
    one.volumes.length > 0 &&
    one.studyUid === studyUid &&
    one.frameOfReferenceUid === frameOfReferenceUid &&
    one.modality === modality
  )
}
