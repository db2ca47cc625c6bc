/** Which cohort a window shows, kept over a reload of that window alone. */

export type CohortTab = 'scans' | 'set-up' | 'results'
type Place = { readonly id: string | null; readonly tab: CohortTab }

const key = 'scanbridge-cohort'

export function readCohortPlace(): Place | undefined {
  const stored = sessionStorage.getItem(key)
  return stored ? (JSON.parse(stored) as Place) : undefined
}

export function writeCohortPlace(place: Place): void {
  sessionStorage.setItem(key, JSON.stringify(place))
}
