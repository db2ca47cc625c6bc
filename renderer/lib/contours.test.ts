import { describe, expect, it } from 'vitest'
import { traceContours } from './contours.ts'
import type { Contour } from './contours.ts'

function trace(...rows: string[]): Contour[] {
  const labels = Uint8Array.from(rows.join(''), (c) => (c === '.' ? 0 : Number(c)))
  return traceContours(labels, rows[0]!.length, rows.length)
}

/** Shoelace: positive is clockwise on the screen. */
function area({ points }: Contour): number {
  let sum = 0
  for (let n = 0; n < points.length; n += 2) {
    const [x, y] = [points[n]!, points[n + 1]!]
    const [nextX, nextY] = [points[(n + 2) % points.length]!, points[(n + 3) % points.length]!]
    sum += x * nextY - nextX * y
  }
  return sum / 2
}

describe('traceContours', () => {
  it('draws a diamond round one pixel', () => {
    expect(trace('...', '.1.', '...')).toEqual([{ label: 1, points: Float32Array.of(1.5, 1, 2, 1.5, 1.5, 2, 1, 1.5) }])
  })

  it('keeps to the sides of a block and cuts its corners, with no needless points', () => {
    const [block] = trace('......', '.2222.', '.2222.', '.2222.', '......')
    // 4 x 3 pixels less four corners of half a half by half.
    expect(area(block!)).toBe(12 - 4 * 0.125)
    expect(block!.points).toHaveLength(16)
  })

  it('goes the other way round a hole', () => {
    const contours = trace('.....', '.111.', '.1.1.', '.111.', '.....')
    expect(contours).toHaveLength(2)
    expect(area(contours[0]!)).toBe(9 - 0.5)
    expect(area(contours[1]!)).toBe(-(1 + 0.5) + 1)
  })

  it('keeps regions apart that touch at a corner only', () => {
    expect(trace('1.', '.1')).toHaveLength(2)
  })

  it('draws neighbouring labels each by itself, up to the picture edge', () => {
    const contours = trace('12', '12')
    expect(contours.map(({ label }) => label)).toEqual([1, 2])
    for (const contour of contours) expect(area(contour)).toBe(2 - 0.5)
  })

  it('finds nothing in an empty plane', () => {
    expect(trace('...', '...')).toEqual([])
  })

  it('takes borders of any length, and keeps what it gave before', () => {
    // A comb whose teeth make a border of many thousand points.
    const columns = 201
    const rows = 120
    const comb = Uint8Array.from({ length: columns * rows }, (_, n) =>
      Math.floor(n / columns) === 0 || (n % columns) % 2 === 0 ? 1 : 0,
    )
    const [first] = traceContours(comb, columns, rows)
    const kept = Array.from(first!.points)
    expect(area(first!)).toBeGreaterThan(0)
    expect(kept.length).toBeGreaterThan(1024)
    trace('...', '.1.', '...')
    expect(Array.from(first!.points)).toEqual(kept)
  })

  it('goes round random regions so that areas sum to what was counted, corner by corner', () => {
    let seed = 1
    const random = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647
    const [columns, rows] = [40, 30]
    const labels = Uint8Array.from({ length: columns * rows }, () => (random() < 0.45 ? 0 : 1))
    const contours = traceContours(labels, columns, rows)
    // Each corner of the border changes the area by 1/8: out where it is convex, in where it is concave.
    const at = (x: number, y: number): number =>
      x >= 0 && y >= 0 && x < columns && y < rows ? labels[x + columns * y]! : 0
    let expected = 0
    for (let y = 0; y <= rows; y++)
      for (let x = 0; x <= columns; x++) {
        expected += x < columns && y < rows ? at(x, y) : 0
        const corner = [at(x - 1, y - 1), at(x, y - 1), at(x - 1, y), at(x, y)]
        const inside = corner[0]! + corner[1]! + corner[2]! + corner[3]!
        if (inside === 1) expected -= 0.125
        if (inside === 3) expected += 0.125
        if (inside === 2 && corner[0] === corner[3]) expected -= 0.25
      }
    expect(contours.reduce((sum, contour) => sum + area(contour), 0)).toBeCloseTo(expected, 9)
  })
})
