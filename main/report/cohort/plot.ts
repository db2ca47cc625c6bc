import { colors, n, polyline } from '../scene.ts'
import type { Ink, Mark } from '../scene.ts'

/** Parts that the figures of a cohort share. All figures are this wide, so that their text has one size. */
export const width = 680
export const textSize = 11
export const smallSize = 10

/** What stands for the two states in every figure: colour and shape. */
export const looks = {
  before: { color: colors.before, point: disc },
  kept: { color: '#C77700' as const, point: diamond },
} as const

export function line(points: readonly (readonly [number, number])[], stroke: Ink, strokeWidth = 1): Mark {
  return { kind: 'path', d: polyline(points), stroke, width: strokeWidth }
}

export function dashed(points: readonly (readonly [number, number])[], stroke: Ink, strokeWidth = 1): Mark {
  return { kind: 'path', d: polyline(points), stroke, width: strokeWidth, dash: [4, 3] }
}

type Words = {
  readonly anchor?: 'start' | 'middle' | 'end'
  readonly ink?: Ink
  readonly bold?: true
  readonly size?: number
}

export function words(
  x: number,
  y: number,
  text: string,
  { anchor, ink = 'text', bold, size = smallSize }: Words = {},
): Mark {
  return { kind: 'text', x, y, text, size, ink, ...(anchor && { anchor }), ...(bold && { bold }) }
}

/** Twelve corners look round at this size; PDF and SVG scenes know straight lines only. */
export function disc(x: number, y: number, r: number): string {
  const corners = Array.from({ length: 12 }, (_, corner) => {
    const angle = (corner * Math.PI) / 6
    return `${n(x + r * Math.cos(angle))} ${n(y + r * Math.sin(angle))}`
  })
  return `M${corners.join('L')}Z`
}

export function diamond(x: number, y: number, r: number): string {
  const far = 1.25 * r
  return `M${n(x - far)} ${n(y)}L${n(x)} ${n(y - far)}L${n(x + far)} ${n(y)}L${n(x)} ${n(y + far)}Z`
}

/** Words of a name on lines that fit; what is left over after the last line is cut. Wide screen fonts in bold count. */
export function wrapped(text: string, room: number, size: number, most: number): string[] {
  const fits = Math.max(4, Math.floor(room / (0.59 * size)))
  const lines: string[] = []
  // A number stays with its unit.
  for (const word of text.replace(/ T$/, '\u00a0T').split(' ')) {
    const longer = lines.length ? `${lines.at(-1)!} ${word}` : word
    if (lines.length && longer.length <= fits) lines[lines.length - 1] = longer
    else lines.push(word)
  }
  const cut = lines.length > most ? [...lines.slice(0, most - 1), lines.slice(most - 1).join(' ')] : lines
  return cut.map((one) => (one.length > fits ? `${one.slice(0, fits - 1)}\u2026` : one))
}

/** Bounds and marks at round steps, some four of them; a constant gets room around it. */
export function ticks(values: readonly number[]): { low: number; high: number; marks: number[]; digits: number } {
  let [low, high] = values.length ? [least(values), -least(values.map((value) => -value))] : [0, 1]
  const size = Math.max(Math.abs(low), Math.abs(high), 1e-3)
  if (high - low < 0.02 * size) [low, high] = [low - 0.02 * size, high + 0.02 * size]
  const raw = (high - low) / 4
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999)! * power
  const from = Math.floor(low / step + 1e-9)
  const to = Math.ceil(high / step - 1e-9)
  const marks = Array.from({ length: to - from + 1 }, (_, index) => Number(((from + index) * step).toPrecision(12)))
  return { low: marks[0]!, high: marks.at(-1)!, marks, digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)) }
}

function least(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b))
}
