/** Volumes of masks against those of the references: the difference over the mean, with the limits of agreement. */
import { limitsOfAgreement, type Limits } from './spread.ts'
import { placer, scaleOf, thinned } from './scale.ts'

/** ml. */
export type VolumePair = { readonly name: string; readonly volume: number; readonly reference: number }

type Level = {
  readonly kind: 'bias' | 'limit'
  readonly name: string
  readonly value: number
  readonly y: number
  readonly textY: number
}
export type AgreementLayout = {
  readonly height: number
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly digits: { readonly across: number; readonly up: number }
  readonly across: readonly { readonly x: number; readonly value: number }[]
  readonly up: readonly { readonly y: number; readonly value: number }[]
  readonly zero: number
  readonly points: readonly { readonly name: string; readonly x: number; readonly y: number }[]
  readonly levels: readonly Level[]
  readonly limits: Limits | undefined
}

const mostPoints = 600

/** `beside`: what is drawn on the same axes in a chart beside it. */
export function agreementLayout(
  pairs: readonly VolumePair[],
  beside: readonly VolumePair[],
  width: number,
  em: number,
): AgreementLayout {
  const of = (some: readonly VolumePair[]): { name: string; mean: number; difference: number }[] =>
    some.map(({ name, volume, reference }) => ({
      name,
      mean: (volume + reference) / 2,
      difference: volume - reference,
    }))
  const all = [...of(pairs), ...of(beside)]
  const limits = limitsOfAgreement(of(pairs).map(({ difference }) => difference))
  const others = limitsOfAgreement(of(beside).map(({ difference }) => difference))
  const bounds = [limits, others].flatMap((one) => (one ? [one.low, one.high] : []))
  const across = scaleOf(all.map(({ mean }) => mean))
  const up = scaleOf([0, ...bounds, ...all.map(({ difference }) => difference)])
  const [left, right, top, plot] = [5 * em, width - 5.6 * em, 0.8 * em, 13 * em]
  const bottom = top + plot
  const [x, y] = [placer(across, left, right), placer(up, bottom, top)]
  const told = limits
    ? ([
        { kind: 'limit', name: '+1.96 SD', value: limits.high },
        { kind: 'bias', name: 'bias', value: limits.bias },
        { kind: 'limit', name: '−1.96 SD', value: limits.low },
      ] as const)
    : []
  const heights = apart(
    told.map(({ value }) => y(value)),
    2.5 * em,
    bottom,
  )
  return {
    height: bottom + 3.6 * em,
    left,
    right,
    top,
    bottom,
    digits: { across: across.digits, up: up.digits },
    across: across.marks.map((value) => ({ value, x: x(value) })),
    up: up.marks.map((value) => ({ value, y: y(value) })),
    zero: y(0),
    points: thinned(of(pairs), mostPoints).map(({ name, mean, difference }) => ({
      name,
      x: x(mean),
      y: y(difference),
    })),
    levels: told.map((level, n) => ({ ...level, y: y(level.value), textY: heights[n]! })),
    limits,
  }
}

/** Heights for texts, from the top, that would lie on each other where they belong: as near as there is room, none below `lowest`. */
export function apart(heights: readonly number[], room: number, lowest: number): number[] {
  const out: number[] = []
  for (const height of heights) out.push(Math.max(height, (out.at(-1) ?? -Infinity) + room))
  return out.map((height, n) => Math.min(height, lowest - (out.length - 1 - n) * room))
}
