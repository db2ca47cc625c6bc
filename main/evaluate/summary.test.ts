import { expect, test } from 'vitest'
import type { CaseRow, LabelScore } from './case-row.ts'
import { summarise } from './summary.ts'

type Outcome = { readonly before: number; readonly kept: number }

const score = (dice: number, empty: LabelScore['empty'] = 'neither'): LabelScore => {
  const mm = empty === 'both' ? 0 : empty === 'neither' ? 4 : null
  const distances = { hd95: mm, hd95Pooled: mm, assd: mm }
  return { dice, ...distances, surfaceDice: dice, volumeMl: 1, referenceMl: 1, differenceMl: 0, empty }
}

function row(index: number, group: string, before: LabelScore, kept: LabelScore): CaseRow {
  return {
    ...{ case: `c${index}`, method: 'tent', index, state: 'done', scanner: 'A', manufacturer: '', model: '' },
    ...{ fieldStrength: 0, group, columns: {}, seriesHash: null, verdict: 'accepted', keptStep: 1, reasons: [] },
    ...{ labelFree: {}, volumes: {}, diagonalMm: 300, error: null },
    reference: { before: { liver: before }, adapted: { liver: kept }, kept: { liver: kept } },
  }
}

const all = (rows: readonly CaseRow[]) => summarise(rows, [])[0]!.groups[0]!
const dice = (index: number, { before, kept }: Outcome, group = ''): CaseRow =>
  row(index, group, score(before), score(kept))

test('what came back is pooled over cases: a case that lost next to nothing does not outweigh the others', () => {
  const rows = [
    dice(0, { before: 0.9, kept: 0.9 }, 'reference'),
    // Case by case 50 %, 25 % and -400 %: -108 % on average. Pooled (0.2 + 0.05 - 0.04) / (0.4 + 0.2 + 0.01).
    dice(1, { before: 0.5, kept: 0.7 }),
    dice(2, { before: 0.7, kept: 0.75 }),
    dice(3, { before: 0.89, kept: 0.85 }),
  ]
  expect(all(rows).recoveredPercent.kept).toBeCloseTo(100 * (0.21 / 0.61), 9)
  expect(all(rows.slice(1)).recoveredPercent.kept).toBeNull()
  expect(all(rows).harmed.kept).toEqual({ count: 1, share: 0.25 })
  expect(all(rows).worst[0]).toMatchObject({ case: 'c3', before: 0.89, kept: 0.85 })
})

test('empty masks are counted: one as undefined and in the penalised mean, both apart from what was found', () => {
  const [found, gone, none] = [score(0.8), score(0, 'prediction'), score(1, 'both')]
  const { labels, cases } = all([row(0, '', found, found), row(1, '', gone, found), row(2, '', none, none)])
  const [liver, mean] = labels
  const hd95 = liver!.metrics.find(({ metric }) => metric === 'hd95')!
  expect(cases).toBe(3)
  expect(liver!.bothEmpty).toEqual({ before: 1, adapted: 1, kept: 1 })
  expect(mean!.bothEmpty).toEqual(liver!.bothEmpty)
  expect(hd95.undefined).toEqual({ before: 1, adapted: 0, kept: 0 })
  expect(hd95.cases).toBe(2)
  expect(hd95.penalisedMean).toEqual({ before: (4 + 300 + 0) / 3, adapted: 8 / 3, kept: 8 / 3 })
  // The Dice of all three counts.
  const overlap = liver!.metrics.find(({ metric }) => metric === 'dice')!
  expect(overlap).toMatchObject({ cases: 3, states: { before: { median: 0.8, mean: 0.6 } } })
})
