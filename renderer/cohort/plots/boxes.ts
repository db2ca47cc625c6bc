/** A box with its points for each scanner and state, lying: names of scanners need room. */
import { lanesOf, boxOf } from './spread.ts'
import { placer, scaleOf, thinned } from './scale.ts'
import type { PairGroup } from './paired.ts'

type Strip = {
  readonly state: 'before' | 'after'
  /** The middle of the box. */
  readonly y: number
  /** Places of the five numbers along the axis. */
  readonly box: {
    readonly min: number
    readonly q1: number
    readonly median: number
    readonly q3: number
    readonly max: number
  }
  readonly points: readonly {
    readonly name: string
    readonly x: number
    readonly y: number
    readonly isHarmed: boolean
  }[]
}
export type BoxRow = {
  readonly name: string
  readonly isInDomain: boolean
  readonly count: number
  readonly top: number
  readonly height: number
  readonly strips: readonly Strip[]
}
export type BoxLayout = {
  readonly height: number
  readonly left: number
  readonly right: number
  readonly bottom: number
  /** Half the height of a box. */
  readonly half: number
  readonly digits: number
  readonly marks: readonly { readonly x: number; readonly value: number }[]
  readonly rows: readonly BoxRow[]
}

/** Points of one box that can still be told apart. */
const mostPoints = 120

export function boxLayout(groups: readonly PairGroup[], width: number, em: number): BoxLayout {
  const scale = scaleOf(
    groups.flatMap(({ pairs }) => pairs.flatMap(({ before, after }) => [before, after])),
    1,
  )
  const left = Math.min(0.3 * width, 12 * em)
  const right = width - 1.2 * em
  const rowHeight = 5.6 * em
  const [half, radius] = [0.75 * em, 0.25 * em]
  const x = placer(scale, left, right)
  const strip = (pairs: PairGroup['pairs'], state: 'before' | 'after', y: number): Strip[] => {
    const box = boxOf(pairs.map((pair) => pair[state]))
    if (!box) return []
    const shown = thinned(pairs, mostPoints)
    const places = shown.map((pair) => x(pair[state]))
    const lanes = lanesOf(places, 2 * radius, 2)
    const at = { min: x(box.min), q1: x(box.q1), median: x(box.median), q3: x(box.q3), max: x(box.max) }
    const points = shown.map(({ name, isHarmed }, n) => ({
      name,
      isHarmed: isHarmed && state === 'after',
      x: places[n]!,
      y: y + lanes[n]! * 1.3 * radius,
    }))
    return [{ state, y, box: at, points }]
  }
  const rows = groups.map(({ name, isInDomain, pairs }, n) => ({
    name,
    isInDomain,
    count: pairs.length,
    top: n * rowHeight,
    height: rowHeight,
    strips: [...strip(pairs, 'before', (n + 0.29) * rowHeight), ...strip(pairs, 'after', (n + 0.71) * rowHeight)],
  }))
  const bottom = groups.length * rowHeight
  return {
    height: bottom + 2 * em,
    left,
    right,
    bottom,
    half,
    digits: scale.digits,
    marks: scale.marks.map((value) => ({ value, x: x(value) })),
    rows,
  }
}
