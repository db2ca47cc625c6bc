import { describe, expect, it } from 'vitest'
import type { JournalLine } from '../../main/contract/schemas.ts'
import { curveSummary, lossCurves, phasesOf, scoreCurves, stepsOf } from './curves.ts'
import { figure, isBeyond, scoreText } from './scores.ts'

function line(step: number, phase: string, more: Partial<JournalLine> = {}): JournalLine {
  return {
    step,
    phase,
    elapsedMs: 100 * step,
    loss: {},
    learningRate: null,
    gradNorm: null,
    scores: {},
    measures: {},
    notes: [],
    isStored: false,
    ...more,
  }
}

/** As the recommended preset writes it, in little. */
const journal = [
  line(0, 'gate', { scores: { 'gate consistency': 0.9, 'S11 norm distance': 0.3 } }),
  line(1, 'input'),
  line(2, 'input', { scores: { 'S4 change': 0.01, 'S2 overlap Grey': 0.9, 'S2 overlap White': 0.8 } }),
  line(3, 'train', { loss: { divergence: 0.3, dice: 0.2, total: 0.5 } }),
  line(4, 'train', { loss: { divergence: 0.2, dice: null, total: 0.4 } }),
  line(5, 'train', {
    loss: { divergence: 0.1, dice: 0.1, total: 0.2 },
    scores: { 'S4 change': -0.02, 'S2 overlap Grey': null },
  }),
  line(5, 'final', { scores: { 'S4 change': 0.01 } }),
]

describe('curves of a journal', () => {
  it('leaves out the last line, which repeats a step', () => {
    expect(stepsOf(journal).map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('has the loss over the training alone, the total first, with a gap where a term is missing', () => {
    const loss = lossCurves(journal)!
    expect(loss.steps).toEqual([3, 4, 5])
    expect(loss.curves).toEqual([
      { name: 'Total', values: [0.5, 0.4, 0.2] },
      { name: 'Divergence', values: [0.3, 0.2, 0.1] },
      { name: 'Dice', values: [0.2, null, 0.1] },
    ])
  })

  it('shows a single term once', () => {
    const loss = lossCurves([line(1, 'train', { loss: { entropy: 0.5, total: 0.5 } })])!
    expect(loss.curves.map(({ name }) => name)).toEqual(['Total'])
  })

  it('has no loss before the first update', () => {
    expect(lossCurves(journal.slice(0, 3))).toBeUndefined()
    expect(lossCurves([])).toBeUndefined()
  })

  it('has the labels of a measure in one set, at the steps that were examined', () => {
    const overlap = scoreCurves(journal).find(({ title }) => title === 'Overlap with the source mask')!
    expect(overlap.steps).toEqual([2, 5])
    expect(overlap.curves).toEqual([
      { name: 'Grey', values: [0.9, null] },
      { name: 'White', values: [0.8, null] },
    ])
  })

  it('takes a number that is none for a gap', () => {
    const loss = lossCurves([line(1, 'train', { loss: { total: NaN } }), line(2, 'train', { loss: { total: 1 } })])!
    expect(loss.curves[0]!.values).toEqual([null, 1])
  })

  it('tells the phases as spans', () => {
    expect(phasesOf(journal)).toEqual([
      { phase: 'gate', from: 0, to: 0 },
      { phase: 'input', from: 1, to: 2 },
      { phase: 'train', from: 3, to: 5 },
    ])
  })

  it('says in words what the picture shows', () => {
    const change = scoreCurves(journal).find(({ title }) => title === 'Change of steadiness')!
    expect(curveSummary(change, figure)).toBe(
      'Change of steadiness. Change of steadiness: 0.01 at step 2, \u22120.02 at step 5.',
    )
  })
})

describe('scores in plain words', () => {
  it.each([
    ['S1 entropy ratio', 0.29, true],
    ['S1 entropy ratio', 0.31, false],
    ['S2 overlap White matter', 0.59, true],
    ['S3 ln volume ratio White matter', 0.42, true],
    ['S3 ln volume ratio White matter', -0.42, true],
    ['S3 ln volume ratio White matter', 0.4, false],
    ['S4 change', -0.011, true],
    ['S4 change', 0.5, false],
    ['S9 parameter drift', 9, false],
  ])('%s of %f', (key, value, isHarm) => {
    expect(isBeyond(scoreText(key).limits, value)).toBe(isHarm)
  })

  it('knows the label of a score', () => {
    expect(scoreText('S2 overlap White matter')).toMatchObject({ label: 'White matter', measure: 'S2 overlap' })
    expect(scoreText('S4 consistency').label).toBe('')
  })

  it('shows a score that it does not know by its own name', () => {
    expect(scoreText('S77 something new')).toMatchObject({ name: 'Something new', meaning: '', limits: [] })
  })
})
