import fc from 'fast-check'
import { expect, test } from 'vitest'
import { outline } from './outline.ts'
import type { Region } from './outline.ts'

const region = (rows: readonly string[]): Region => ({
  width: rows[0]?.length ?? 0,
  height: rows.length,
  inside: (c, r) => rows[r]![c] === '#',
})
const loops = (path: string): [number, number][][] =>
  path
    .split('Z')
    .filter(Boolean)
    .map((loop) =>
      loop
        .slice(1)
        .split('L')
        .map((p) => p.split(' ').map(Number) as [number, number]),
    )
/** Signed area by the shoelace formula: holes count negatively, as their outline runs the other way. */
const area = (path: string): number =>
  loops(path).reduce(
    (sum, loop) =>
      sum +
      loop.reduce(
        (s, [x, y], n) => s + (x * loop[(n + 1) % loop.length]![1] - y * loop[(n + 1) % loop.length]![0]) / 2,
        0,
      ),
    0,
  )

test('one pixel is a diamond around its centre, in mm', () => {
  expect(loops(outline(region(['...', '.#.', '...']), [1, 2]))[0]!.sort()).toEqual([
    [1, 3],
    [1.5, 2],
    [1.5, 4],
    [2, 3],
  ])
  expect(outline(region(['...', '...']), [1, 1])).toBe('')
})

test('the area of a disc is that of the circle', () => {
  const radius = 40
  const disc: Region = { width: 100, height: 100, inside: (c, r) => Math.hypot(c - 50, r - 50) <= radius }
  expect(Math.abs(area(outline(disc, [0.5, 2])))).toBeCloseTo(Math.PI * radius ** 2, -2) // stairs cost under 1 %
  const ring: Region = { ...disc, inside: (c, r) => disc.inside(c, r) && Math.hypot(c - 50, r - 50) > 20 }
  expect(Math.abs(area(outline(ring, [1, 1]))) / (Math.PI * (40 ** 2 - 20 ** 2))).toBeCloseTo(1, 1)
  expect(loops(outline(ring, [1, 1])).length).toBe(2)
})

test('pixels that touch by a corner stay apart', () => {
  expect(loops(outline(region(['#.', '.#']), [1, 1])).length).toBe(2)
  expect(loops(outline(region(['.#', '#.']), [1, 1])).length).toBe(2)
})

test('of any region: every loop closes with at least three points, and the outline of nothing but this region is drawn', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(fc.boolean(), { minLength: 7, maxLength: 7 }), { minLength: 1, maxLength: 7 }),
      (rows) => {
        const path = outline({ width: 7, height: rows.length, inside: (c, r) => rows[r]![c]! }, [1, 1])
        for (const loop of loops(path)) expect(loop.length).toBeGreaterThanOrEqual(3)
        // Each pixel contributes its half-size diamond and each pair or square of neighbours fills in between: area by cell.
        const at = (c: number, r: number): boolean => rows[r]?.[c] ?? false
        let expected = 0
        for (let r = -1; r < rows.length; r++)
          for (let c = -1; c < 7; c++) {
            const [a, b, d, e] = [at(c, r), at(c + 1, r), at(c + 1, r + 1), at(c, r + 1)]
            const corners = [a, b, d, e].filter(Boolean).length
            const diagonal = corners === 2 && a === d
            expected += diagonal ? 1 / 4 : [0, 1 / 8, 1 / 2, 7 / 8, 1][corners]!
          }
        expect(Math.abs(area(path))).toBeCloseTo(expected, 6)
      },
    ),
  )
})
