/** Outlines of the labels of a plane, for fills and lines that fit each other exactly. */

export type Contour = {
  readonly label: number
  /** x, y, x, y, ... of a closed line in pixels; (0, 0) is the outer corner of the first pixel. */
  readonly points: ArrayLike<number>
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
  // Background all round, so that no step along a border has to look whether it leaves the plane.
  const stride = columns + 2
  const framed = new Uint8Array(stride * (rows + 2))
  for (let row = 0; row < rows; row++)
    framed.set(labels.subarray(row * columns, (row + 1) * columns), (row + 1) * stride + 1)
  const contours: Contour[] = []
  // A border is found at the top side of one of its pixels; those that a line has passed are not begun again.
  const passed = new Uint8Array(framed.length)
  for (let at = stride; at < framed.length - stride; at++) {
    const label = framed[at]!
    if (label === 0 || framed[at - stride] === label || passed[at] === 1) continue
    contours.push({ label, points: follow(framed, stride, at, passed) })
  }
  return contours
}

/** Grows as it must, and serves all borders: arrays that grow one by one took half of the time. */
let line = new Float32Array(1024)

/** Walks along the sides of a region's pixels with the region at the right hand, from the top side of pixel `start` on. */
function follow(framed: Uint8Array, stride: number, start: number, passed: Uint8Array): Float32Array {
  const label = framed[start]
  const steps = [1, stride, -1, -stride] as const
  let [at, x, y, heading] = [start, (start % stride) - 1, Math.floor(start / stride) - 1, 0]
  let length = 0
  let isStraight = false
  do {
    if (heading === 0) passed[at] = 1
    const left = (heading + 3) & 3
    const ahead = at + steps[heading]!
    const isAheadInside = framed[ahead] === label
    const goesOn = isAheadInside && framed[ahead + steps[left]!] !== label
    // Middles between two others of a straight run say nothing new.
    if (!(isStraight && goesOn)) {
      if (length + 2 > line.length) {
        const longer = new Float32Array(2 * line.length)
        longer.set(line)
        line = longer
      }
      // The middle of the side at the left hand of the pixel that is walked along.
      line[length++] = x + 0.5 + 0.5 * stepX[left]!
      line[length++] = y + 0.5 + 0.5 * stepY[left]!
    }
    isStraight = goesOn
    if (!isAheadInside) {
      heading = (heading + 1) & 3
      continue
    }
    at = ahead
    x += stepX[heading]!
    y += stepY[heading]!
    if (goesOn) continue
    at += steps[left]!
    x += stepX[left]!
    y += stepY[left]!
    heading = left
  } while (at !== start || heading !== 0)
  return line.slice(0, length)
}
