/** Where a window is, kept over a reload of that window alone. */
import type { VolumeRef } from '../../main/contract/schemas.ts'

/** library, cohort, runs, about are pages; the others are modes of the workbench around the same viewer. */
export type View = 'library' | 'reader' | 'adapt' | 'compare' | 'export' | 'cohort' | 'runs' | 'about'

type Place = { readonly view: View; readonly scan: VolumeRef | null; readonly run: string | null }

const key = 'scanbridge-place'
const themeKey = 'scanbridge-theme'

/** The theme of this window before its reload: known before the settings are. */
export function readTheme(): 'dark' | 'light' {
  return sessionStorage.getItem(themeKey) === 'light' ? 'light' : 'dark'
}

export function writeTheme(theme: 'dark' | 'light'): void {
  sessionStorage.setItem(themeKey, theme)
}

export function readPlace(): Place | undefined {
  const stored = sessionStorage.getItem(key)
  return stored ? (JSON.parse(stored) as Place) : undefined
}

export function writePlace(place: Place): void {
  sessionStorage.setItem(key, JSON.stringify(place))
}
