import { describe, expect, it } from 'vitest'
import type { SourceStatistics } from '../model/card.ts'
import { chooseState, judge } from './guard.ts'
import type { GuardContext } from './guard.ts'

/** One slice of 64 x 64 in which the classes lie as discs within each other; certainty by voxel, 1 is certain. */
const size = 64
function map(radii: readonly number[], certainty = 0.9): Float32Array {
  const out = new Float32Array(size * size * 4).fill((1 - certainty) / 3)
  for (let n = 0; n < size * size; n++) {
    const r = Math.hypot((n % size) - 32, Math.floor(n / size) - 32)
    out[n * 4 + radii.filter((radius) => r <= radius).length] = certainty
  }
  return out
}
const state = (radii: readonly number[], consistency: number, certainty?: number) => {
  const probability = map(radii, certainty)
  return { network: probability, probability, consistency }
}
const context = (statistics: SourceStatistics = {}): GuardContext => ({
  classes: 4,
  labelNames: ['CSF', 'grey matter', 'white matter'],
  ni: size,
  nj: size,
  statistics,
  mlPerCount: 1,
})
const radii = [28, 24, 16]
const source = state(radii, 0.8)

describe('the guard without calibration', () => {
  it('lets an adaptation pass that changes little and makes the mask steadier', () => {
    const { harmful, scores, reasons } = judge(state([27, 24, 17], 0.85), source, context())
    expect(harmful).toBe(false)
    expect(reasons).toEqual([])
    expect(scores['S4 change']).toBeCloseTo(0.05, 10)
    expect(scores['S2 overlap white matter']).toBeGreaterThan(0.9)
  })

  it('rolls back when a label vanishes, whatever else', () => {
    const { harmful, reasons } = judge(state([28, 24, -1], 0.99), source, context())
    expect(harmful).toBe(true)
    expect(reasons.join(' ')).toContain('white matter vanished')
  })

  it('rolls back a mask that is far less steady, whatever else', () => {
    expect(judge(state(radii, 0.65), source, context()).harmful).toBe(true)
  })

  it('needs two votes otherwise', () => {
    expect(judge(state(radii, 0.75), source, context()).harmful).toBe(false)
    expect(judge(state(radii, 0.7, 0.9999), source, context()).harmful).toBe(true)
    // A much smaller mask that is less steady.
    const shrunken = judge(state([20, 15, 10], 0.7), source, context())
    expect(shrunken.harmful).toBe(true)
    expect(shrunken.reasons.join(' ')).toMatch(/volume of .* factor of 0\.\d\d/)
  })

  it('does not count entropy that falls while the mask becomes steadier, unless it collapses', () => {
    expect(judge(state(radii, 0.81, 0.93), source, context()).reasons).toEqual([])
    expect(judge(state(radii, 0.8, 0.93), source, context()).reasons[0]).toContain('Without becoming steadier')
    expect(judge(state(radii, 0.9, 0.999), source, context()).reasons[0]).toContain('Much too quickly')
  })

  it('judges volumes and proportions by the source cohort where the card has one', () => {
    const count = (r: number): number => Math.PI * r * r
    const volumes = [count(20) - count(15), count(15) - count(10), count(10)]
    const logVolumes = volumes.map((ml) => ({ mean: Math.log(ml), sd: 0.1 }))
    // What looks like a shrunken mask is what the cohort has: the source's was too large.
    expect(judge(state([20, 15, 10], 0.75), source, context({ logVolumes })).harmful).toBe(false)
    const proportions = [0.2, 0.3, 0.5]
    const moved = judge(state([28, 12, 3], 0.85), source, context({ proportions, proportionsStd: [0.03, 0.03, 0.03] }))
    expect(moved.reasons.join(' ')).toContain('proportions')
    expect(moved.scores['S5 proportions']).toBeGreaterThan(0)
  })
})

describe('the choice of a state', () => {
  const of = (harmful: boolean, merit: number) => ({ harmful, merit })
  it.each([
    [[of(false, 0.9), of(false, 0.9015)], 0],
    [[of(false, 0.9), of(false, 0.91)], 1],
    [[of(true, 0.95), of(false, 0.9)], 1],
    [[of(false, 0.9), of(true, 0.99)], 0],
    [[of(true, 0.9)], -1],
    [[], -1],
    [[of(false, NaN)], 0],
  ])('%j: %i', (states, expected) => {
    expect(chooseState(states)).toBe(expected)
  })
})
