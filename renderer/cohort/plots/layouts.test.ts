import { describe, expect, it } from 'vitest'
import { agreementLayout, apart } from './agreement.ts'
import { boxLayout } from './boxes.ts'
import { nearest } from './nearest.ts'
import { pairedLayout, type PairGroup } from './paired.ts'

const pair = (name: string, before: number, after: number) => ({ name, before, after, isHarmed: after < before - 0.01 })
const groups: readonly PairGroup[] = [
  { name: 'A', isInDomain: true, pairs: [pair('1', 0.9, 0.92), pair('2', 0.88, 0.9)] },
  { name: 'B', isInDomain: false, pairs: [pair('3', 0.6, 0.8), pair('4', 0.7, 0.65)] },
]

describe('pairedLayout', () => {
  const [row] = pairedLayout(groups, 600, 12).rows
  it('puts scanners beside each other on one axis, higher values higher', () => {
    expect(row!.columns.map(({ name, count }) => [name, count])).toEqual([
      ['A', 2],
      ['B', 2],
    ])
    expect(row!.marks.map(({ value }) => value)).toEqual([0.6, 0.7, 0.8, 0.9, 1])
    const [better, worse] = row!.columns[1]!.lines
    expect(better!.to).toBeLessThan(better!.from)
    expect(worse!.to).toBeGreaterThan(worse!.from)
    expect(worse!.isHarmed).toBe(true)
    expect(better!.from).toBeCloseTo(row!.bottom)
  })
  it('goes on in a further row where there is no room', () => {
    const many = Array.from({ length: 7 }, (_, n) => ({ ...groups[1]!, name: `S${n}` }))
    const { rows, height } = pairedLayout(many, 400, 12)
    expect(rows.map(({ columns }) => columns.length)).toEqual([3, 3, 1])
    expect(rows.at(-1)!.bottom).toBeLessThan(height)
    for (const { columns } of rows) expect(columns.at(-1)!.left + columns.at(-1)!.width).toBeLessThanOrEqual(400)
  })
  it('has a row without columns where there is nothing', () => expect(pairedLayout([], 400, 12).rows).toHaveLength(1))
})

describe('boxLayout', () => {
  it('has before above after, each with its points', () => {
    const { rows, bottom } = boxLayout(groups, 600, 12)
    const [before, after] = rows[1]!.strips
    expect(before!.y).toBeLessThan(after!.y)
    expect(after!.points.map(({ isHarmed }) => isHarmed)).toEqual([false, true])
    expect(before!.points.some(({ isHarmed }) => isHarmed)).toBe(false)
    expect(before!.box.min).toBeLessThan(before!.box.max)
    expect(rows[1]!.top + rows[1]!.height).toBe(bottom)
  })
  it('leaves a scanner without cases empty', () =>
    expect(boxLayout([{ name: 'C', isInDomain: false, pairs: [] }], 600, 12).rows[0]!.strips).toEqual([]))
})

describe('agreementLayout', () => {
  const volumes = [
    { name: '1', volume: 102, reference: 100 },
    { name: '2', volume: 108, reference: 104 },
  ]
  it('places difference over mean, and the bias between its limits', () => {
    const { points, levels, zero, limits } = agreementLayout(volumes, [], 500, 12)
    expect(limits!.bias).toBe(3)
    expect(points[0]!.y).toBeGreaterThan(points[1]!.y)
    expect(points.every(({ y }) => y < zero)).toBe(true)
    expect(levels.map(({ kind }) => kind)).toEqual(['limit', 'bias', 'limit'])
    expect(levels[0]!.y).toBeLessThan(levels[1]!.y)
  })
  it('has the same axes as the chart beside it', () => {
    const other = [{ name: '3', volume: 150, reference: 90 }]
    expect(agreementLayout(volumes, other, 500, 12).up).toEqual(agreementLayout(other, volumes, 500, 12).up)
  })
})

describe('apart', () => {
  it('leaves what has room where it is', () => expect(apart([0, 40, 80], 20, 100)).toEqual([0, 40, 80]))
  it('pushes down what is too near, but not out of the picture', () => {
    expect(apart([10, 12, 14], 20, 100)).toEqual([10, 30, 50])
    expect(apart([80, 90, 99], 20, 100)).toEqual([60, 80, 100])
  })
})

describe('nearest', () => {
  const spots = [
    { name: 'a', x: 0, y: 0 },
    { name: 'b', x: 10, y: 0 },
  ]
  it('finds what is nearest, within reach', () => {
    expect(nearest(spots, 6, 1, 8)).toBe('b')
    expect(nearest(spots, 50, 1, 8)).toBeUndefined()
  })
})
