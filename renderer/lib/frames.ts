/** One animation frame for all viewports: what asked for it is drawn once, and how long that took can be measured. */

const waiting = new Set<() => void>()
let isAsked = false
let measured = 0

/** Names the measures of performance.getEntriesByName: one a frame, its duration the work of drawing. */
const frameMeasure = 'scanbridge-frame'
/** The browser keeps measures for ever otherwise. */
const kept = 2000

export function requestFrame(draw: () => void): void {
  waiting.add(draw)
  if (isAsked) return
  isAsked = true
  requestAnimationFrame(run)
}

export function cancelFrame(draw: () => void): void {
  waiting.delete(draw)
}

function run(): void {
  isAsked = false
  const start = performance.now()
  const draws = [...waiting]
  waiting.clear()
  for (const draw of draws) draw()
  if (++measured % kept === 0) performance.clearMeasures(frameMeasure)
  performance.measure(frameMeasure, { start, end: performance.now() })
}
