import { describe, expect, it } from 'vitest'
import type { JournalLine, Kept } from '../../main/contract/schemas.ts'
import type { MaskOf } from './scan.ts'
import { masksThatStay, withLines } from './shown-run.ts'

const line = (step: number, phase = 'train'): JournalLine => ({
  step,
  phase,
  elapsedMs: step * 10,
  loss: {},
  learningRate: null,
  gradNorm: null,
  scores: {},
  measures: {},
  notes: [],
  isStored: false,
})

describe('steps that were told', () => {
  const read = { journal: [line(0, 'gate'), line(1), line(2)], steps: 2 }

  it('follow those that were read: no gap where a step came while the run was on its way', () => {
    const run = withLines(read, [line(2), line(3), line(4)])
    expect(run.journal.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4])
    expect(run.steps).toBe(4)
  })

  it('are told apart by phase, and change nothing that is known', () => {
    expect(withLines(read, [line(2, 'final')]).journal).toHaveLength(4)
    expect(withLines(read, [line(0, 'gate'), line(1)])).toBe(read)
  })
})

describe('masks of a run that is read again', () => {
  const masks = (['before', 'after', 'kept', 5] satisfies MaskOf[]).map((of) => ({ of }))
  const run = (id: string, kept: Kept) => ({ id, kept })

  it('stay as long as nothing was decided', () => {
    expect(masksThatStay(masks, run('a', 5), run('a', 5))).toBe(masks)
  })

  it('stay but for what is kept, after a decision in another window', () => {
    expect(masksThatStay(masks, run('a', 5), run('a', 'source')).map(({ of }) => of)).toEqual(['before', 'after', 5])
  })

  it('are none of another run', () => {
    expect(masksThatStay(masks, run('a', 5), run('b', 5))).toEqual([])
    expect(masksThatStay(masks, undefined, run('b', 5))).toEqual([])
  })
})
