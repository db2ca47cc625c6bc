/** How wide the workbench's panel is. The usual width grows with the type: it is a token beside the sizes of app.css. */

/** What the panel had before the reader moved it, of another window or launch. */
const key = 'scanbridge-panel-width'

export type PanelRange = { readonly narrowest: number; readonly widest: number }

/** CSS pixels. Texts need their room whatever the screen; the pictures keep at least half of the window. */
export function panelRange(usual: number, windowWidth: number): PanelRange {
  const narrowest = Math.round(0.8 * usual)
  return { narrowest, widest: Math.max(narrowest, Math.round(Math.min(1.7 * usual, 0.5 * windowWidth))) }
}

/** The width that was chosen, as far as there is room for it; the usual one where none was. */
export function panelWidth(chosen: number | undefined, usual: number, { narrowest, widest }: PanelRange): number {
  return Math.round(Math.min(widest, Math.max(narrowest, chosen ?? usual)))
}

export function readChosenWidth(): number | undefined {
  return Number(localStorage.getItem(key)) || undefined
}

export function writeChosenWidth(width: number | undefined): void {
  if (width === undefined) localStorage.removeItem(key)
  else localStorage.setItem(key, String(width))
}
