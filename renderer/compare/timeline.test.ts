import { describe, expect, it } from 'vitest'
import type { JournalLine } from '../../main/contract/schemas.ts'
import { neighbour, overrules, timeline } from './timeline.ts'

function line(step: number, phase: string, isStored: boolean, total?: number): JournalLine {
  return {
    step,
    phase,
    elapsedMs: step * 10,
    loss: total === undefined ? {} : { total },
    learningRate: null,
    gradNorm: null,
    scores: {},
    measures: {},
    notes: [],
    isStored,
  }
}

const run = {
  journal: [
    line(0, 'gate', false),
    line(1, 'input', false),
    line(2, 'input', true),
    line(3, 'train', true, 0.5),
    line(4, 'train', true, 0.4),
    line(4, 'final', false),
  ],
  masks: [2, 4],
  kept: 4,
  guardChoice: { verdict: 'accepted', kept: 2 },
} as const

describe('the timeline of a run', () => {
  const points = timeline({ ...run, journal: [...run.journal], masks: [...run.masks] })

  it('begins with the source and has every step once', () => {
    expect(points.map(({ at, mask, loss }) => [at, mask, loss])).toEqual([
      ['source', 'there', null],
      [1, 'none', null],
      [2, 'there', null],
      [3, 'on-demand', 0.5],
      [4, 'there', 0.4],
    ])
  })

  it('marks what is kept and what the guard chose', () => {
    expect(points.filter(({ isKept }) => isKept).map(({ at }) => at)).toEqual([4])
    expect(points.filter(({ isGuardChoice }) => isGuardChoice).map(({ at }) => at)).toEqual([2])
  })

  it('goes to the neighbour that can be shown', () => {
    expect(neighbour(points, 'source', 1)).toBe(2)
    expect(neighbour(points, 2, -1)).toBe('source')
    expect(neighbour(points, 'source', -1)).toBe('source')
    expect(neighbour(points, 4, 1)).toBe(4)
  })

  it('knows a choice against the guard', () => {
    expect(overrules({ verdict: 'accepted', kept: 4 }, 4)).toBe(false)
    expect(overrules({ verdict: 'accepted', kept: 4 }, 'source')).toBe(true)
    expect(overrules({ verdict: 'rolled-back', kept: 'source' }, 3)).toBe(true)
    expect(overrules({ verdict: 'off', kept: 4 }, 'source')).toBe(false)
    expect(overrules(null, 3)).toBe(false)
  })
})
