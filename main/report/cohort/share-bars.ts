import type { MethodSummary } from '../../evaluate/summary.ts'
import { number } from '../format.ts'
import { colors, rectangle } from '../scene.ts'
import type { Mark, Scene } from '../scene.ts'
import { line, looks, textSize, ticks, width, words, wrapped } from './plot.ts'

const [left, gap, top, bar, rowHeight, foot] = [120, 44, 24, 13, 44, 22]
const panel = (width - left - gap - 40) / 2

/** Per method, over all cases: share of the lost Dice that came back, and share of cases harmed, without and with the guard. */
export function shareBars(methods: readonly MethodSummary[]): Scene {
  const bottom = top + methods.length * rowHeight
  const all = methods.map(({ method, groups: [whole] }) => ({ method, whole: whole! }))
  const recovered = all.map(({ whole }) => [whole.recoveredPercent.adapted, whole.recoveredPercent.kept] as const)
  const harmed = all.map(({ whole }) => [100 * whole.harmed.adapted.share, 100 * whole.harmed.kept.share] as const)
  return {
    width,
    height: bottom + foot,
    title: `Recovered and harmed: ${all.map(({ method }, n) => `${method} recovered ${percent(recovered[n]![0])} without and ${percent(recovered[n]![1])} with the guard, harmed ${percent(harmed[n]![0])} and ${percent(harmed[n]![1])}`).join('; ')}`,
    hatchStep: 6,
    marks: [
      ...all.flatMap(({ method, whole }, row) => {
        const middle = top + (row + 0.5) * rowHeight
        return [
          ...wrapped(method, left - 14, textSize, 1).map((text) =>
            words(0, middle, text, { bold: true, size: textSize }),
          ),
          words(0, middle + 13, `n = ${whole.cases}`, { ink: 'muted' }),
        ]
      }),
      ...bars('Recovered, % of the lost Dice', recovered, left, bottom),
      ...bars('Harmed, % of cases', harmed, left + panel + gap, bottom),
    ],
  }
}

function bars(
  title: string,
  values: readonly (readonly [number | null, number | null])[],
  x0: number,
  bottom: number,
): Mark[] {
  const { low, high, marks, digits } = ticks([0, 10, ...values.flat().flatMap((value) => value ?? [])])
  const x = (value: number): number => x0 + ((panel - 30) * (value - low)) / (high - low)
  return [
    words(x0, 11, title, { bold: true, size: textSize }),
    ...marks.flatMap((mark): Mark[] => [
      line(
        [
          [x(mark), top],
          [x(mark), bottom],
        ],
        'grid',
      ),
      words(x(mark), bottom + 14, number(mark, digits), { anchor: 'middle', ink: 'muted' }),
    ]),
    line(
      [
        [x(0), top],
        [x(0), bottom],
      ],
      'muted',
    ),
    ...values.flatMap((pair, row) =>
      pair.flatMap((value, n): Mark[] => {
        const y = top + row * rowHeight + 7 + n * (bar + 4)
        if (value === null) return [words(x(0) + 5, y + bar - 3, 'no in-domain group', { ink: 'muted' })]
        const d = rectangle(Math.min(x(0), x(value)), y, Math.abs(x(value) - x(0)), bar)
        const fill: Mark[] =
          n === 0
            ? [
                { kind: 'path', d, fill: colors.changed, opacity: 0.25 },
                { kind: 'path', d, fill: colors.changed, hatch: 'rising' },
              ]
            : [{ kind: 'path', d, fill: looks.kept.color }]
        return [
          ...(Math.abs(value) < 1e-9 ? [] : fill),
          words(Math.max(x(0), x(value)) + 5, y + bar - 3, percent(value)),
        ]
      }),
    ),
  ]
}

function percent(value: number | null): string {
  return value === null ? 'unknown' : `${number(value, 0)} %`
}
