import { colors, n, polyline, rectangle } from './scene.ts'
import type { Mark, Scene } from './scene.ts'

export type Series = {
  readonly name: string
  /** Step and value; a missing value leaves a gap. */
  readonly points: readonly (readonly [number, number | null])[]
}

const text = 11
const small = { width: 240, height: 132, left: 46, right: 14, top: 24, bottom: 22 }

/** One quantity over the steps: each in a chart of its own, because losses and scores have scales of their own. */
export function curve({ name, points }: Series): Scene {
  const { width, height, left, right, top, bottom } = small
  const known = points.filter((point): point is readonly [number, number] => point[1] !== null)
  const [low, high, marks] = axis(known.map(([, value]) => value))
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 1]
  const x = (step: number): number => left + ((width - left - right) * (step - first)) / (last - first || 1)
  const y = (value: number): number => height - bottom - ((height - top - bottom) * (value - low)) / (high - low)
  const label = (atX: number, atY: number, words: string, anchor: 'start' | 'middle' | 'end', muted = true): Mark => ({
    kind: 'text',
    x: atX,
    y: atY,
    text: words,
    size: muted ? text - 1 : text,
    ink: muted ? 'muted' : 'text',
    anchor,
    bold: !muted,
  })
  const end = known.at(-1)
  const value = end ? figure(end[1]) : ''
  return {
    width,
    height,
    title: `${name} over ${points.length} steps${end ? `, at the end ${figure(end[1])}` : ''}`,
    hatchStep: 6,
    marks: [
      heading(name, width - right - bold * text * (value.length + 1)),
      ...(end ? [label(width - right, 14, value, 'end', false)] : []),
      ...marks.flatMap((value): Mark[] => [
        {
          kind: 'path',
          d: polyline([
            [left, y(value)],
            [width - right, y(value)],
          ]),
          stroke: 'grid',
          width: 1,
        },
        label(left - 6, y(value) + 3.5, figure(value), 'end'),
      ]),
      label(left, height - 6, `step ${first}`, 'start'),
      ...(last > first ? [label(width - right, height - 6, `${last}`, 'end')] : []),
      ...runsOf(points).map((run): Mark => ({
        kind: 'path',
        d: polyline(run.map(([step, value]) => [x(step), y(value)])),
        stroke: colors.before,
        width: 1.8,
      })),
      ...(known.length <= 40 ? known : end ? [end] : []).map(([step, value]): Mark => ({
        kind: 'path',
        d: diamond(x(step), y(value), 2.6),
        fill: colors.before,
      })),
    ],
  }
}

/** Width of a bold character over its size, on the safe side. */
const bold = 0.6

/** From the left edge on: as large as there is room for beside the number, and cut short where it would be too small to read. */
function heading(name: string, room: number): Mark {
  const size = Math.max(8, Math.min(text, room / (bold * name.length)))
  const most = Math.floor(room / (bold * size) + 1e-9)
  const words = name.length > most ? `${name.slice(0, most - 1)}\u2026` : name
  return { kind: 'text', x: 0, y: 14, text: words, size: Number(size.toFixed(1)), ink: 'text', bold: true }
}

export type Bar = { readonly name: string; readonly before: number; readonly after: number | undefined }

/** ml per label as pairs of bars: before flat blue, after hatched orange. */
export function volumeBars(bars: readonly Bar[]): Scene {
  const [width, left, right, rowHeight, barHeight] = [560, 150, 130, 44, 14]
  const most = Math.max(1e-9, ...bars.flatMap(({ before, after }) => [before, after ?? 0]))
  const length = (ml: number): number => ((width - left - right) * ml) / most
  const bar = (
    when: 'before' | 'after',
    ml: number,
    y: number,
    color: typeof colors.before | typeof colors.after,
    isHatched: boolean,
  ): Mark[] => [
    {
      kind: 'path',
      d: rectangle(left, y, length(ml), barHeight),
      fill: color,
      ...(isHatched ? { opacity: 0.45 } : {}),
    },
    ...(isHatched
      ? [{ kind: 'path' as const, d: rectangle(left, y, length(ml), barHeight), fill: color, hatch: 'rising' as const }]
      : []),
    {
      kind: 'text',
      x: left + length(ml) + 6,
      y: y + barHeight - 3,
      text: `${ml.toFixed(1)} ml ${when}`,
      size: text,
      ink: 'text',
    },
  ]
  return {
    width,
    height: bars.length * rowHeight + 6,
    title: `Volumes: ${bars.map((b) => `${b.name} ${b.before.toFixed(1)} ml before${b.after === undefined ? '' : `, ${b.after.toFixed(1)} ml after`}`).join('; ')}`,
    hatchStep: 6,
    marks: bars.flatMap(({ name, before, after }, row): Mark[] => {
      const y = row * rowHeight + 6
      return [
        { kind: 'text', x: left - 12, y: y + barHeight + 5, text: name, size: text + 1, ink: 'text', anchor: 'end' },
        ...bar('before', before, y, colors.before, false),
        ...(after === undefined ? [] : bar('after', after, y + barHeight + 3, colors.after, true)),
      ]
    }),
  }
}

/** Bounds around the values and the two or three round values to be written at them. A constant gets room around it. */
export function axis(values: readonly number[]): [low: number, high: number, marks: number[]] {
  let [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1]
  // What differs by rounding alone is a constant, too.
  const size = Math.max(Math.abs(low), Math.abs(high), 1e-6)
  if (high - low < 1e-9 * size) [low, high] = [low - 0.1 * size, high + 0.1 * size]
  const raw = (high - low) / 2
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999)! * power
  const from = Math.floor(low / step + 1e-9)
  const to = Math.ceil(high / step - 1e-9)
  const marks = Array.from({ length: to - from + 1 }, (_, index) => Number(((from + index) * step).toPrecision(12)))
  return [marks[0]!, marks.at(-1)!, marks]
}

/** Three significant digits, without an exponent where that stays short. */
export function figure(value: number): string {
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(1).replace('-', '\u2212')
  const digits = size === 0 ? 0 : Math.max(0, 2 - Math.floor(Math.log10(size)))
  return Number(value.toFixed(digits)).toString().replace('-', '\u2212')
}

function runsOf(points: Series['points']): [number, number][][] {
  const runs: [number, number][][] = [[]]
  for (const [step, value] of points) {
    if (value === null) runs.push([])
    else runs.at(-1)!.push([step, value])
  }
  return runs.filter((run) => run.length > 1)
}

function diamond(x: number, y: number, r: number): string {
  return `M${n(x - r)} ${n(y)}L${n(x)} ${n(y - r)}L${n(x + r)} ${n(y)}L${n(x)} ${n(y + r)}Z`
}
