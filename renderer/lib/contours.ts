/** Outlines of the labels of a plane, for fills and lines that fit each other exactly. */

export type Contour = {
  readonly label: number
  /** x, y, x, y, ... of a closed line in pixels; (0, 0) is the outer corner of the first pixel. */
  readonly points: readonly number[]
}

// Directions clockwise on the screen: right, down, left, up.
const stepX = [1, 0, -1, 0] as const
const stepY = [0, 1, 0, -1] as const

/**
 * Every closed border of every label but 0. The line runs through the middles of the pixel sides between inside and outside
 * (the 0.5 level of the mask between pixel centres), clockwise round a region, counter-clockwise round a hole, so filling by
 * either rule leaves holes open. Regions that touch at a corner only stay apart. labels: columns * rows, row by row.
 */
export function traceContours(labels: Uint8Array, columns: number, rows: number): Contour[] {
  const contours: Contour[] = []
  // A border is found at the top side of one of its pixels; those that a line has passed are not begun again.
  const passed = new Uint8Array(columns * rows)
  for (let row = 0, at = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, at++) {
      const label = labels[at]!
      if (label === 0 || passed[at] || (row > 0 && labels[at - columns] === label)) continue
      contours.push({ label, points: follow(labels, columns, rows, column, row, label, passed) })
    }
  }
  return contours
}

/** Walks along the sides of a region's pixels with the region at the right hand, from the top side of (column, row) on. */
function follow(
  labels: Uint8Array,
  columns: number,
  rows: number,
  column: number,
  row: number,
  label: number,
  passed: Uint8Array,
): number[] {
  const isInside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < columns && y < rows && labels[x + columns * y] === label
  const points: number[] = []
  let [x, y, heading] = [column, row, 0]
  let isStraight = false
  do {
    if (heading === 0) passed[x + columns * y] = 1
    // The middle of the side at the left hand of the pixel that is walked along.
    const [middleX, middleY] = [x + 0.5 + 0.5 * stepX[(heading + 3) % 4]!, y + 0.5 + 0.5 * stepY[(heading + 3) % 4]!]
    const [aheadX, aheadY] = [x + stepX[heading]!, y + stepY[heading]!]
    const isAheadInside = isInside(aheadX, aheadY)
    const [leftX, leftY] = [aheadX + stepX[(heading + 3) % 4]!, aheadY + stepY[(heading + 3) % 4]!]
    const goesOn = isAheadInside && !isInside(leftX, leftY)
    // Middles between two others of a straight run say nothing new.
    if (!(isStraight && goesOn)) points.push(middleX, middleY)
    isStraight = goesOn
    if (!isAheadInside) heading = (heading + 1) % 4
    else if (goesOn) [x, y] = [aheadX, aheadY]
    else [x, y, heading] = [leftX, leftY, (heading + 3) % 4]
  } while (x !== column || y !== row || heading !== 0)
  return points
}
