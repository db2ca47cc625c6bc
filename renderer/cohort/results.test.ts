import { describe, expect, it } from 'vitest'
import type { CohortResult } from '../../main/contract/cohort-schemas.ts'
import { caseLines, isOf, matches, shownLines, sortedLines, type CaseColumn } from './case-table.ts'
import { labelsOf, meanOfLabels, methodsOf, pairGroups, soFar, volumePairs, withResult } from './results.ts'
import { sentencesOf } from './sentences.ts'

const score = (dice: number, differenceMl: number) => ({ dice, surfaceDice: dice, hd95: 1, assd: 1, differenceMl })

/** Dice before, of the last step, kept. */
function result(
  row: number,
  [before, adapted, kept]: readonly [number, number, number],
  rest: Partial<CohortResult> = {},
): CohortResult {
  return {
    row,
    case: `case-${row}`,
    method: 'norm',
    state: 'done',
    scanner: 'B',
    manufacturer: '',
    model: '',
    fieldStrength: 3,
    group: '',
    verdict: 'accepted',
    keptStep: 1,
    reasons: [],
    labelFree: {},
    volumes: { core: { before: 100, adapted: 120, kept: 110 } },
    scores: { core: { before: score(before, 5), adapted: score(adapted, 2), kept: score(kept, 1), referenceMl: 95 } },
    meanDice: { before, adapted, kept },
    isHarmed: kept - before < -0.01,
    error: null,
    run: null,
    ...rest,
  }
}
const better = result(1, [0.6, 0.8, 0.8])
const guarded = result(2, [0.7, 0.5, 0.7], { verdict: 'rolled-back', keptStep: 'source' })
const harmed = result(10, [0.8, 0.7, 0.7], { scanner: 'C' })
const inDomain = result(3, [0.9, 0.9, 0.9], { scanner: 'Z', group: 'reference' })
const blind = result(4, [0, 0, 0], { scores: null, meanDice: null, isHarmed: null })
const failed = result(5, [0, 0, 0], {
  state: 'failed',
  verdict: null,
  keptStep: null,
  scores: null,
  meanDice: null,
  volumes: {},
  error: { code: 'x', message: 'Slices are missing.', remedy: '' },
})
const all = [better, guarded, harmed, inDomain, blind, failed]

describe('withResult', () => {
  it('keeps the order of rows, and takes the place of what was there', () => {
    const rows = (list: readonly CohortResult[]) => list.map(({ row, method }) => `${row} ${method}`)
    const two = withResult(withResult([], harmed), better)
    expect(rows(two)).toEqual(['1 norm', '10 norm'])
    expect(rows(withResult(two, { ...better, method: 'tent' }))).toEqual(['1 norm', '1 tent', '10 norm'])
    expect(withResult(two, { ...better, scanner: 'new' })[0]!.scanner).toBe('new')
    expect(two).toHaveLength(2)
  })
})

describe('pairGroups', () => {
  it('has a group a scanner with scored cases, the in-domain one first', () => {
    const groups = pairGroups(all, 'norm', meanOfLabels, 'kept')
    expect(groups.map(({ name, isInDomain, pairs }) => [name, isInDomain, pairs.length])).toEqual([
      ['Z', true, 1],
      ['B', false, 2],
      ['C', false, 1],
    ])
    expect(groups[2]!.pairs[0]).toMatchObject({ name: 'case-10', before: 0.8, after: 0.7, isHarmed: true })
  })
  it('shows what the guard averted', () =>
    expect(pairGroups([guarded], 'norm', 'core', 'adapted')[0]!.pairs[0]!.isHarmed).toBe(true))
  it('knows methods and labels of what is there', () => {
    expect(methodsOf([better, { ...better, method: 'tent' }])).toEqual(['norm', 'tent'])
    expect(labelsOf(all)).toEqual(['core'])
    expect(pairGroups(all, 'tent', meanOfLabels, 'kept')).toEqual([])
  })
})

it('volumes are those of the mask and of the reference', () =>
  expect(volumePairs([better, blind], 'norm', 'core', 'kept')).toEqual([{ name: 'case-1', volume: 96, reference: 95 }]))

it('so far: plain means over what has a reference, failures apart', () => {
  const [sum] = soFar(all)
  expect(sum).toMatchObject({ method: 'norm', done: 5, failed: 1, harmed: 1, kept: 4 })
  expect(sum!.dice!.cases).toBe(4)
  expect(sum!.dice!.before).toBeCloseTo(0.75)
  expect(sum!.dice!.after).toBeCloseTo(0.775)
  expect(soFar([blind])[0]!.dice).toBeNull()
})

describe('the table of cases', () => {
  const lines = caseLines(all, 'norm', meanOfLabels, 'kept')
  const order = (column: CaseColumn, isDescending = false) =>
    sortedLines(lines, { column, isDescending }).map(({ result: { row } }) => row)

  it('works out changes of Dice and volume', () => {
    expect(lines[0]!.change).toBeCloseTo(0.2)
    expect(lines[0]!.volume).toBeCloseTo(10)
    expect([lines[4]!.change, lines[5]!.volume]).toEqual([null, null])
  })
  it.each([
    ['case', false, [1, 2, 3, 4, 5, 10]],
    ['change', false, [10, 2, 3, 1, 4, 5]],
    ['change', true, [1, 2, 3, 10, 4, 5]],
    ['scanner', true, [3, 10, 1, 2, 4, 5]],
    ['after', false, [2, 10, 1, 3, 4, 5]],
  ] as const)('by %s (descending: %s); what has no value comes last', (column, isDescending, rows) =>
    expect(order(column, isDescending)).toEqual(rows),
  )
  it.each([
    ['all', [1, 2, 10, 3, 4, 5]],
    ['better', [1]],
    ['harmed', [10]],
    ['rolled-back', [2]],
    ['failed', [5]],
  ] as const)('shows %s', (filter, rows) =>
    expect(lines.filter((line) => isOf(line, filter)).map(({ result: { row } }) => row)).toEqual(rows),
  )
  it('finds by every word, also by why it failed', () => {
    expect(matches(lines[5]!, 'missing case-5')).toBe(true)
    expect(matches(lines[0]!, 'missing')).toBe(false)
  })
  it('asks all at once', () => {
    const view = { after: 'kept', filter: 'all', wanted: 'c', sort: { column: 'change', isDescending: true } } as const
    expect(shownLines(all, 'norm', meanOfLabels, view).map(({ result: { row } }) => row)).toEqual([1, 2, 3, 10, 4, 5])
  })
})

describe('sentencesOf', () => {
  const sentences = [
    'norm: Dice (mean of labels) went from a median of 0.744 to 0.847 in 20 cases; median change +0.103; p = 0.002 after Holm. Harmed: 1 of 20 cases.',
    'tent: no case with a reference was finished.',
  ]
  it('makes the first statement the headline', () =>
    expect(sentencesOf(sentences, 'norm')).toEqual({
      headline: 'Dice (mean of labels) went from a median of 0.744 to 0.847 in 20 cases.',
      rest: 'Median change +0.103; p = 0.002 after Holm. Harmed: 1 of 20 cases.',
    }))
  it('leaves a single statement as it is, and knows nothing of other methods', () => {
    expect(sentencesOf(sentences, 'tent')).toEqual({ headline: 'No case with a reference was finished.', rest: '' })
    expect(sentencesOf(sentences, 'source').headline).toBe('')
  })
})
