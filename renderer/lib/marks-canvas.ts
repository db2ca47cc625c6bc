/** Crosshair and scale bar, on the topmost canvas of a viewport. */
import type { Plane } from './planes.ts'
import type { Size } from './view-transform.ts'

export type PlaneColors = Readonly<Record<Plane, string>>

/** The planes that the crosshair's upright and level lines stand for. */
const lines: Readonly<Record<Plane, readonly [upright: Plane, level: Plane]>> = {
  axial: ['sagittal', 'coronal'],
  coronal: ['sagittal', 'axial'],
  sagittal: ['coronal', 'axial'],
}

/** Two lines in the colours of the planes they show, open round the point itself. `isTurned`: by a quarter. */
export function drawCrosshair(
  context: CanvasRenderingContext2D,
  plane: Plane,
  [x, y]: readonly [number, number],
  isTurned: boolean,
  colors: PlaneColors,
  pixelRatio: number,
): void {
  const { width, height } = context.canvas
  const gap = 9 * pixelRatio
  const [u, v] = [Math.round(x) + 0.5, Math.round(y) + 0.5]
  const [upright, level] = isTurned ? [...lines[plane]].reverse() : lines[plane]
  context.lineWidth = pixelRatio
  context.globalAlpha = 0.85
  line(context, colors[upright], [u, 0, u, v - gap], [u, v + gap, u, height])
  line(context, colors[level], [0, v, u - gap, v], [u + gap, v, width, v])
  context.globalAlpha = 1
}

type Segment = readonly [number, number, number, number]

function line(context: CanvasRenderingContext2D, color: string, ...segments: readonly Segment[]): void {
  context.strokeStyle = color
  context.beginPath()
  for (const [x1, y1, x2, y2] of segments) {
    context.moveTo(x1, y1)
    context.lineTo(x2, y2)
  }
  context.stroke()
}

/** A round length in mm whose bar is at most `longest` canvas pixels: 1, 2 or 5 of a power of ten. */
export function scaleBarMm(pixelsPerMm: number, longest: number): number {
  const most = longest / pixelsPerMm
  const power = 10 ** Math.floor(Math.log10(most))
  return power * ([5, 2].find((step) => step * power <= most) ?? 1)
}

export function scaleBarText(mm: number): string {
  return mm >= 10 ? `${mm / 10} cm` : `${mm} mm`
}

/** Upright at the right edge, where no corner text is; a tick for every part of five or two. */
export function drawScaleBar(
  context: CanvasRenderingContext2D,
  pixelsPerMm: number,
  color: string,
  font: string,
  pixelRatio: number,
  { width, height }: Size,
): void {
  const mm = scaleBarMm(pixelsPerMm, Math.min(height * 0.3, 140 * pixelRatio))
  const long = mm * pixelsPerMm
  const parts = String(mm).replace(/[0.]/g, '') === '2' ? 2 : 5
  const x = Math.round(width - 12 * pixelRatio) + 0.5
  const top = Math.round(height * 0.72 - long / 2) + 0.5
  context.lineWidth = pixelRatio
  const ticks = Array.from({ length: parts + 1 }, (_, n): Segment => {
    const y = top + (long * n) / parts
    const tick = (n % parts === 0 ? 8 : 4) * pixelRatio
    return [x - tick, y, x, y]
  })
  // Readable on bright parts too.
  context.shadowColor = '#000'
  context.shadowBlur = 4 * pixelRatio
  line(context, color, [x, top, x, top + long], ...ticks)
  context.fillStyle = color
  context.font = font
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  context.fillText(scaleBarText(mm), x - 12 * pixelRatio, top + long / 2)
  context.shadowBlur = 0
}
