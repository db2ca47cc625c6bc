import { n } from './scene.ts'

/** A picture's pixels: true where the structure is. Index: column + width * row. */
export type Region = {
  readonly width: number
  readonly height: number
  readonly inside: (column: number, row: number) => boolean
}

/**
 * The outline of a region as SVG path data (closed loops; holes by the even-odd rule), in millimetres with the corner of
 * the first pixel at the origin. It runs half-way between pixel centres (marching squares at one half), so that it cuts
 * corners and lies within half a pixel of the pixels' own edges. Pixels that touch by a corner are kept apart. Empty region: ''.
 */
export function outline(region: Region, pixelMm: readonly [number, number]): string {
  const loops = linked(edges(region))
  return loops
    .map((loop) => simplified(loop).map(([x, y]) => `${n((x / 2) * pixelMm[0])} ${n((y / 2) * pixelMm[1])}`))
    .map((points) => `M${points.join('L')}Z`)
    .join('')
}

/** Half pixels, so that all points are whole numbers; a pixel's centre is (2c + 1, 2r + 1). */
type Point = readonly [number, number]

/** Each crossing point, and where the outline goes from it: the region lies on the right hand. */
function edges({ width, height, inside }: Region): Map<string, { from: Point; to: Point }[]> {
  const at = (c: number, r: number): boolean => c >= 0 && r >= 0 && c < width && r < height && inside(c, r)
  const next = new Map<string, { from: Point; to: Point }[]>()
  const add = (from: Point, to: Point): void => {
    const key = from.join()
    const list = next.get(key)
    if (list) list.push({ from, to })
    else next.set(key, [{ from, to }])
  }
  for (let r = -1; r < height; r++)
    for (let c = -1; c < width; c++) {
      const corners = (at(c, r) ? 8 : 0) + (at(c + 1, r) ? 4 : 0) + (at(c + 1, r + 1) ? 2 : 0) + (at(c, r + 1) ? 1 : 0)
      if (corners === 0 || corners === 15) continue
      // Middles of the sides of the square between four pixel centres.
      const [x, y] = [2 * c + 2, 2 * r + 2]
      const side = { top: [x, y - 1], right: [x + 1, y], bottom: [x, y + 1], left: [x - 1, y] } as const
      for (const [from, to] of turns[corners]!) add(side[from], side[to])
    }
  return next
}

type Side = 'top' | 'right' | 'bottom' | 'left'
/** By which corners are inside (8 top left, 4 top right, 2 bottom right, 1 bottom left): enter by, leave by. */
const turns: readonly (readonly (readonly [Side, Side])[])[] = [
  [],
  [['left', 'bottom']],
  [['bottom', 'right']],
  [['left', 'right']],
  [['right', 'top']],
  [
    ['left', 'bottom'],
    ['right', 'top'],
  ],
  [['bottom', 'top']],
  [['left', 'top']],
  [['top', 'left']],
  [['top', 'bottom']],
  [
    ['top', 'left'],
    ['bottom', 'right'],
  ],
  [['top', 'right']],
  [['right', 'left']],
  [['right', 'bottom']],
  [['bottom', 'left']],
  [],
]

function linked(next: Map<string, { from: Point; to: Point }[]>): Point[][] {
  const loops: Point[][] = []
  for (const starts of next.values())
    while (starts.length > 0) {
      const loop: Point[] = []
      let edge = starts.pop()
      while (edge) {
        loop.push(edge.from)
        edge = next.get(edge.to.join())?.pop()
      }
      loops.push(loop)
    }
  return loops
}

/** Without the points between two others on a straight line. */
function simplified(loop: readonly Point[]): Point[] {
  return loop.filter((point, index) => {
    const before = loop.at(index - 1)!
    const after = loop[(index + 1) % loop.length]!
    return (point[0] - before[0]) * (after[1] - point[1]) !== (point[1] - before[1]) * (after[0] - point[0])
  })
}
