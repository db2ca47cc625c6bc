import { median } from '../../evaluate/statistics.ts'
import { number } from '../format.ts'
import { colors } from '../scene.ts'
import type { Mark, Scene } from '../scene.ts'
import { dashed, line, looks, smallSize, textSize, ticks, width, words, wrapped } from './plot.ts'
import { meanDice, thinned } from './scored.ts'
import type { Scored } from './scored.ts'

const [left, right, top, plot] = [44, 6, 18, 170]
/** In a row, and cases of one scanner that can still be told apart. */
const scannersInRow = 6
export const mostLines = 150

/** Every case from before to kept, scanner by scanner: mean Dice of the labels. Cases that are harmed are dashed. */
export function pairedLines(method: string, rows: readonly Scored[]): Scene[] {
  const scanners = [...new Set(rows.map(({ scanner }) => scanner))].sort()
  const scale = ticks(rows.flatMap((row) => [meanDice(row, 'before'), meanDice(row, 'kept')]))
  const chunks = Array.from({ length: Math.ceil(scanners.length / scannersInRow) }, (_, n) =>
    scanners.slice(n * scannersInRow, (n + 1) * scannersInRow),
  )
  return chunks.map((chunk) => chart(method, chunk, rows, scale))
}

function chart(
  method: string,
  scanners: readonly string[],
  rows: readonly Scored[],
  { low, high, marks, digits }: ReturnType<typeof ticks>,
): Scene {
  const column = Math.min(220, (width - left - right) / scanners.length)
  const end = left + column * scanners.length
  const y = (value: number): number => top + plot * (1 - (value - low) / (high - low))
  const lines = Math.max(...scanners.map((scanner) => nameOf(scanner, column).length))
  const foot = 36 + 12 * lines
  return {
    width,
    height: top + plot + foot,
    title: `${method}: mean Dice of the labels, before and kept, case by case, for ${scanners.join(', ')}`,
    hatchStep: 6,
    marks: [
      ...marks.flatMap((mark): Mark[] => [
        line(
          [
            [left, y(mark)],
            [end, y(mark)],
          ],
          'grid',
        ),
        words(left - 6, y(mark) + 3.5, number(mark, digits), { anchor: 'end', ink: 'muted' }),
      ]),
      words(left, 9, 'Dice, mean of labels', { ink: 'muted' }),
      ...scanners.flatMap((scanner, n) => panel(scanner, rows, { x: left + n * column, column, foot }, y)),
    ],
  }
}

function nameOf(scanner: string, column: number): string[] {
  return wrapped(scanner, column - 4, textSize, 3)
}

function panel(
  scanner: string,
  rows: readonly Scored[],
  { x, column, foot }: { readonly x: number; readonly column: number; readonly foot: number },
  y: (value: number) => number,
): Mark[] {
  const own = rows.filter((row) => row.scanner === scanner)
  const [from, to] = [x + column * 0.27, x + column * 0.73]
  const isInDomain = own.every(({ group }) => group === 'reference')
  const bottom = top + plot
  const at = { before: from, kept: to }
  const cases = thinned(own, mostLines).map((row) => [meanDice(row, 'before'), meanDice(row, 'kept')] as const)
  return [
    ...cases.map(([before, kept]): Mark => {
      const ends = [
        [from, y(before)],
        [to, y(kept)],
      ] as const
      return kept < before - 0.01 ? dashed(ends, colors.bad, 1.4) : line(ends, 'muted', 0.7)
    }),
    ...(['before', 'kept'] as const).flatMap((state, n): Mark[] => [
      ...cases.map((pair): Mark => ({
        kind: 'path',
        d: looks[state].point(at[state], y(pair[n]!), 2.5),
        fill: looks[state].color,
      })),
      line(
        [
          [at[state] - (n ? -5 : 22), y(median(own.map((row) => meanDice(row, state))))],
          [at[state] + (n ? 22 : -5), y(median(own.map((row) => meanDice(row, state))))],
        ],
        looks[state].color,
        3,
      ),
      words(at[state], bottom + 14, state, { anchor: 'middle', ink: 'muted' }),
    ]),
    ...nameOf(scanner, column).map((text, row) =>
      words(x + column / 2, bottom + 29 + 12 * row, text, { anchor: 'middle', bold: true, size: textSize }),
    ),
    words(x + column / 2, bottom + foot - 4, `n = ${own.length}${isInDomain ? ', in domain' : ''}`, {
      anchor: 'middle',
      ink: 'muted',
      size: smallSize,
    }),
  ]
}
