import { describe, expect, it } from 'vitest'
import type { RunSummary } from '../../main/contract/schemas.ts'
import { largestChange, matches, sorted } from './order.ts'

const run = (change: Partial<RunSummary>): RunSummary => ({
  id: 'run-1',
  created: '2026-11-01T10:00:00.000Z',
  state: 'done',
  verdict: 'accepted',
  sentence: 'The guard accepts the adaptation.',
  kept: 3,
  steps: 10,
  model: 'brain-t1w',
  method: 'consistency',
  scanner: { key: 'a', manufacturer: 'Philips', model: 'Achieva', fieldStrength: 3, softwareVersions: '' },
  volumes: {},
  isUnsaved: false,
  hasThumbnail: false,
  ...change,
})
const volume = (before: number, kept: number) => ({ before, after: kept, kept })

describe('largestChange', () => {
  it('takes the label that changed most, in either direction', () =>
    expect(largestChange({ volumes: { csf: volume(100, 75), gm: volume(50, 51) } })).toEqual({
      label: 'csf',
      share: -0.25,
    }))
  it('has none where nothing was there before', () =>
    expect(largestChange({ volumes: { csf: volume(0, 10) } })).toBeNull())
})

describe('matches', () => {
  it.each([
    [{}, 'all', 'achieva consistency', true],
    [{}, 'all', 'ingenia', false],
    [{}, 'kept', '', true],
    [{ kept: 'source' as const, verdict: 'rolled-back' as const }, 'not-kept', '', true],
    [{ kept: 'source' as const, verdict: 'off' as const, method: 'source' }, 'not-kept', '', false],
    [{ kept: 'source' as const, method: 'source' }, 'segmentation', '', true],
    [{ state: 'interrupted' as const }, 'unfinished', '', true],
    [{ state: 'interrupted' as const }, 'kept', '', false],
  ] as const)('%j as %s with "%s": %s', (change, filter, wanted, expected) =>
    expect(matches(run(change), filter, wanted)).toBe(expected),
  )
})

describe('sorted', () => {
  const a = run({ id: 'a', created: '2026-11-01T10:00:00.000Z', volumes: { csf: volume(10, 15) } })
  const b = run({ id: 'b', created: '2026-11-03T10:00:00.000Z', state: 'failed', volumes: { csf: volume(10, 4) } })
  const c = run({ id: 'c', created: '2026-11-02T10:00:00.000Z', verdict: 'rolled-back' })
  const ids = (...[column, isDescending]: [Parameters<typeof sorted>[1]['column'], boolean]) =>
    sorted([a, b, c], { column, isDescending }).map(({ id }) => id)

  it('by time, by size of change whatever its sign, by how it came out', () => {
    expect(ids('created', true)).toEqual(['b', 'c', 'a'])
    expect(ids('change', true)).toEqual(['b', 'a', 'c'])
    expect(ids('verdict', false)).toEqual(['a', 'c', 'b'])
  })

  it('leaves equal ones in the order of their time, the latest first', () =>
    expect(ids('model', false)).toEqual(['b', 'c', 'a']))
})
