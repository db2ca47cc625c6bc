import { number } from '../format.ts'
import type { Mark, Scene } from '../scene.ts'
import { limitsOfAgreement, volumePoints } from './agreement.ts'
import type { VolumePoint } from './agreement.ts'
import { dashed, line, looks, textSize, ticks, words } from './plot.ts'
import { thinned } from './scored.ts'
import type { Scored } from './scored.ts'

const [width, left, right, top, plot, foot] = [334, 40, 62, 34, 112, 32]
export const mostVolumes = 300

/** Mask minus reference against their mean, ml: one chart before and one kept, on the same axes. */
export function blandAltman(rows: readonly Scored[], label: string): Scene[] {
  const points = { before: volumePoints(rows, label, 'before'), kept: volumePoints(rows, label, 'kept') }
  const all = [...points.before, ...points.kept]
  const limits = [points.before, points.kept].flatMap((some) => {
    const known = limitsOfAgreement(some.map(({ differenceMl }) => differenceMl))
    return known ? [known.low, known.high] : []
  })
  const across = ticks(all.map(({ meanMl }) => meanMl))
  const up = ticks([0, ...limits, ...all.map(({ differenceMl }) => differenceMl)])
  return (['before', 'kept'] as const).map((state) => chart(label, state, points[state], across, up))
}

type Scale = ReturnType<typeof ticks>

function chart(
  label: string,
  state: 'before' | 'kept',
  points: readonly VolumePoint[],
  across: Scale,
  up: Scale,
): Scene {
  const [end, bottom] = [width - right, top + plot]
  const x = (value: number): number => left + ((end - left) * (value - across.low)) / (across.high - across.low)
  const y = (value: number): number => bottom - (plot * (value - up.low)) / (up.high - up.low)
  const limits = limitsOfAgreement(points.map(({ differenceMl }) => differenceMl))
  const level = (value: number): [[number, number], [number, number]] => [
    [left, y(value)],
    [end, y(value)],
  ]
  const { color, point } = looks[state]
  const digits = Math.max(1, up.digits)
  const told = limits
    ? [
        { name: '+1.96 sd', value: limits.high },
        { name: 'bias', value: limits.bias },
        { name: '\u22121.96 sd', value: limits.low },
      ]
    : []
  const heights = spaced(told.map(({ value }) => y(value)))
  return {
    width,
    height: bottom + foot,
    title: `${label}, ${state}: volume difference against mean volume in ml${limits ? `, bias ${number(limits.bias, digits)}, limits ${number(limits.low, digits)} to ${number(limits.high, digits)}` : ''}`,
    hatchStep: 6,
    marks: [
      words(left, 12, `${label}, ${state}`, { bold: true, size: textSize }),
      words(left, 26, 'mask minus reference, ml', { ink: 'muted' }),
      ...up.marks.flatMap((mark): Mark[] => [
        line(level(mark), 'grid'),
        words(left - 6, y(mark) + 3.5, number(mark, up.digits), { anchor: 'end', ink: 'muted' }),
      ]),
      ...across.marks.map((mark) =>
        words(x(mark), bottom + 14, number(mark, across.digits), { anchor: 'middle', ink: 'muted' }),
      ),
      words((left + end) / 2, bottom + 28, 'mean of mask and reference, ml', { anchor: 'middle', ink: 'muted' }),
      line(level(0), 'muted'),
      ...thinned(points, mostVolumes).map(({ meanMl, differenceMl }): Mark => ({
        kind: 'path',
        d: point(x(meanMl), y(differenceMl), 2.3),
        fill: color,
        opacity: 0.8,
      })),
      ...(limits
        ? [
            line(level(limits.bias), color, 1.6),
            dashed(level(limits.low), color, 1.2),
            dashed(level(limits.high), color, 1.2),
          ]
        : []),
      ...told.flatMap(({ name, value }, n) => [
        words(end + 5, heights[n]! - 1.5, name, { ink: 'muted', size: 8 }),
        words(end + 5, heights[n]! + 8.5, number(value, digits), { bold: true }),
      ]),
    ],
  }
}

/** Pushed apart where they would overlap, from the top. */
function spaced(heights: readonly number[]): number[] {
  const apart = 21
  const out: number[] = []
  for (const height of heights) out.push(Math.max(height, (out.at(-1) ?? -Infinity) + apart))
  // Above the numbers of the axis.
  const lowest = top + plot - 7
  return out.map((height, n) => Math.min(height, lowest - (out.length - 1 - n) * apart))
}
