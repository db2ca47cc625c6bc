import { quantile } from '../../evaluate/statistics.ts'
import { number } from '../format.ts'
import { rectangle } from '../scene.ts'
import type { Mark, Scene } from '../scene.ts'
import { line, looks, textSize, ticks, width, words, wrapped } from './plot.ts'
import { thinned } from './scored.ts'
import type { Scored } from './scored.ts'

const [left, gap, top, rowHeight, foot] = [132, 30, 22, 52, 22]
const labelsAbreast = 3
const rowsInFigure = 12
export const mostPoints = 80

/** Dice of every label by scanner: a box with every case as a point, before above kept. */
export function boxes(method: string, rows: readonly Scored[], labels: readonly string[]): Scene[] {
  const scanners = [...new Set(rows.map(({ scanner }) => scanner))].sort()
  return chunked(labels, labelsAbreast).flatMap((some) =>
    chunked(scanners, rowsInFigure).map((few) => chart(method, rows, some, few)),
  )
}

function chunked<T>(values: readonly T[], most: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / most) }, (_, n) => values.slice(n * most, (n + 1) * most))
}

function chart(method: string, rows: readonly Scored[], labels: readonly string[], scanners: readonly string[]): Scene {
  const panel = (width - left - gap * (labels.length - 1) - 10) / labels.length
  const bottom = top + scanners.length * rowHeight
  return {
    width,
    height: bottom + foot,
    title: `${method}: Dice by scanner, before and kept, of ${labels.join(', ')}`,
    hatchStep: 6,
    marks: [
      ...scanners.flatMap((scanner, row): Mark[] => {
        const lines = wrapped(scanner, left - 8, textSize, 3)
        const own = rows.filter((one) => one.scanner === scanner)
        const isInDomain = own.every(({ group }) => group === 'reference')
        const middle = top + (row + 0.5) * rowHeight + 4 - 6 * lines.length
        return [
          ...lines.map((text, n) => words(0, middle + 12 * n, text, { bold: true, size: textSize })),
          words(0, middle + 12 * lines.length, `n = ${own.length}${isInDomain ? ', in domain' : ''}`, { ink: 'muted' }),
        ]
      }),
      ...labels.flatMap((label, n) => onePanel(label, rows, scanners, left + n * (panel + gap), panel, bottom)),
    ],
  }
}

function onePanel(
  label: string,
  rows: readonly Scored[],
  scanners: readonly string[],
  x0: number,
  panel: number,
  bottom: number,
): Mark[] {
  const dice = (some: readonly Scored[], state: 'before' | 'kept'): number[] =>
    some.flatMap(({ reference }) => reference[state][label]?.dice ?? [])
  const { low, high, marks, digits } = ticks([...dice(rows, 'before'), ...dice(rows, 'kept')])
  const x = (value: number): number => x0 + (panel * (value - low)) / (high - low)
  return [
    words(x0, 11, label, { bold: true, size: textSize }),
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
    ...scanners.flatMap((scanner, row) => {
      const own = rows.filter((one) => one.scanner === scanner)
      const y = top + row * rowHeight
      return [
        ...(row > 0
          ? [
              line(
                [
                  [x0, y],
                  [x0 + panel, y],
                ],
                'grid',
              ),
            ]
          : []),
        ...box('before', dice(own, 'before'), x, y + rowHeight * 0.3),
        ...box('kept', dice(own, 'kept'), x, y + rowHeight * 0.7),
      ]
    }),
  ]
}

/** Points stand in three lanes by their order, so that equal ones do not hide each other, and a picture is the same each time. */
function box(state: 'before' | 'kept', values: readonly number[], x: (value: number) => number, y: number): Mark[] {
  if (values.length === 0) return []
  const { color, point } = looks[state]
  const [least, q1, middle, q3, most] = [0, 0.25, 0.5, 0.75, 1].map((share) => x(quantile(values, share))) as [
    number,
    number,
    number,
    number,
    number,
  ]
  const half = 6.5
  return [
    line(
      [
        [least, y],
        [q1, y],
      ],
      color,
    ),
    line(
      [
        [q3, y],
        [most, y],
      ],
      color,
    ),
    { kind: 'path', d: rectangle(q1, y - half, q3 - q1, 2 * half), fill: color, opacity: 0.18 },
    { kind: 'path', d: rectangle(q1, y - half, q3 - q1, 2 * half), stroke: color, width: 1.1 },
    ...thinned(values, mostPoints).map((value, n): Mark => ({
      kind: 'path',
      d: point(x(value), y + ((n % 3) - 1) * 3.6, 1.8),
      fill: color,
    })),
    line(
      [
        [middle, y - half],
        [middle, y + half],
      ],
      'text',
      2.2,
    ),
  ]
}
