/** Every case from before to after, scanner by scanner, in columns that go on in a further row where there are many. */
import { boxOf } from './spread.ts'
import { placer, scaleOf, thinned, type Scale } from './scale.ts'

export type Pair = {
  readonly name: string
  readonly before: number
  readonly after: number
  readonly isHarmed: boolean
}
export type PairGroup = { readonly name: string; readonly isInDomain: boolean; readonly pairs: readonly Pair[] }

type Line = { readonly name: string; readonly from: number; readonly to: number; readonly isHarmed: boolean }
type Column = {
  readonly name: string
  readonly count: number
  readonly isInDomain: boolean
  /** Left edge and width of the column, and where its two states stand. */
  readonly left: number
  readonly width: number
  readonly before: number
  readonly after: number
  readonly lines: readonly Line[]
  /** Heights of the medians. */
  readonly medians: { readonly before: number; readonly after: number } | undefined
}
export type PairedRow = {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
  readonly marks: readonly { readonly y: number; readonly value: number }[]
  readonly columns: readonly Column[]
}
export type PairedLayout = { readonly height: number; readonly digits: number; readonly rows: readonly PairedRow[] }

/** Cases of one scanner that can still be told apart. */
const mostLines = 150

/** `em`: size of the type in pixels, which all that is not data grows with. */
export function pairedLayout(groups: readonly PairGroup[], width: number, em: number): PairedLayout {
  const scale = scaleOf(
    groups.flatMap(({ pairs }) => pairs.flatMap(({ before, after }) => [before, after])),
    1,
  )
  const left = 3.4 * em
  const room = width - left - 0.5 * em
  const abreast = Math.max(1, Math.min(groups.length, Math.floor(room / (9 * em))))
  const column = Math.min(36 * em, room / abreast)
  const [above, plot, below] = [0.9 * em, 15 * em, 7.4 * em]
  const count = Math.max(1, Math.ceil(groups.length / abreast))
  const rows = Array.from({ length: count }, (_, row): PairedRow => {
    const top = above + row * (above + plot + below)
    const some = groups.slice(row * abreast, (row + 1) * abreast)
    const y = placer(scale, top + plot, top)
    return {
      top,
      bottom: top + plot,
      left,
      right: left + column * some.length,
      marks: marksOf(scale, y),
      columns: some.map((group, n) => columnOf(group, left + n * column, column, y)),
    }
  })
  return { height: count * (above + plot + below), digits: scale.digits, rows }
}

function columnOf(
  { name, isInDomain, pairs }: PairGroup,
  left: number,
  width: number,
  y: (value: number) => number,
): Column {
  const [before, after] = [boxOf(pairs.map((pair) => pair.before)), boxOf(pairs.map((pair) => pair.after))]
  return {
    name,
    isInDomain,
    count: pairs.length,
    left,
    width,
    before: left + 0.28 * width,
    after: left + 0.72 * width,
    lines: thinned(pairs, mostLines).map((pair) => ({
      name: pair.name,
      from: y(pair.before),
      to: y(pair.after),
      isHarmed: pair.isHarmed,
    })),
    medians: before && after && { before: y(before.median), after: y(after.median) },
  }
}

export function marksOf({ marks }: Scale, at: (value: number) => number): { y: number; value: number }[] {
  return marks.map((value) => ({ value, y: at(value) }))
}
