import { expect, test } from 'vitest'
import { bakeoffFigure } from '../bench/bakeoff-figure.ts'
import { bakeoffTable, scoreMethods } from '../bench/bakeoff-table.ts'
import type { BakeoffCase } from '../bench/bakeoff-table.ts'
import type { CaseRow, LabelScore } from '../main/evaluate/case-row.ts'

const score = (dice: number): LabelScore => ({
  dice,
  hd95: 2,
  hd95Pooled: 2,
  assd: 1,
  surfaceDice: dice,
  volumeMl: 1,
  referenceMl: 1,
  differenceMl: 0,
  empty: 'neither',
})

function bakedCase(
  subject: number,
  group: string,
  [before, adapted, kept]: readonly [number, number, number],
): BakeoffCase {
  const row: CaseRow = {
    case: `${group} ${subject}`,
    method: 'norm',
    index: 0,
    state: 'done',
    scanner: group,
    manufacturer: '',
    model: '',
    fieldStrength: 0,
    group,
    columns: { subject: String(subject) },
    seriesHash: '',
    verdict: 'accepted',
    keptStep: 1,
    reasons: [],
    labelFree: {},
    volumes: {},
    reference: {
      before: { brain: score(before) },
      adapted: { brain: score(adapted) },
      kept: { brain: score(kept) },
    },
    diagonalMm: 300,
    error: null,
  }
  const timing = {
    case: row.case,
    method: 'norm',
    readMs: 0,
    episodeMs: 4000,
    scoreMs: 0,
    residentMb: 900,
    commit: null,
  }
  return { row, seed: 0, timing }
}

test('what comes back is pooled over the cases, each against its own subject on the source scanner', () => {
  const [norm] = scoreMethods([
    bakedCase(1, 'reference', [0.9, 0.9, 0.9]),
    bakedCase(1, 'far', [0.5, 0.7, 0.7]),
    bakedCase(2, 'reference', [0.8, 0.7, 0.8]),
    bakedCase(2, 'far', [0.7, 0.65, 0.7]),
  ])
  // Lost: 0.4 + 0.1. Back: 0.2 - 0.05 without the guard, 0.2 with it.
  expect(norm!.withoutGuard.recoveredPercent).toBeCloseTo(30, 9)
  expect(norm!.withGuard.recoveredPercent).toBeCloseTo(40, 9)
  expect(norm!.withoutGuard).toMatchObject({ harmed: 2, harmedShare: 0.5 })
  expect(norm!.withoutGuard.worst).toBeCloseTo(-0.1, 9)
  expect(norm!.withGuard).toMatchObject({ harmed: 0, worst: 0, hd95: 2 })
  expect(norm!.seconds).toBe(4)
})

test('time and memory are told relative to the source model alone', () => {
  const slow = bakedCase(1, 'far', [0.5, 0.6, 0.6])
  const quick = {
    ...slow,
    row: { ...slow.row, method: 'source' },
    timing: { ...slow.timing!, episodeMs: 1000, residentMb: 450 },
  }
  const scores = scoreMethods([slow, quick])
  expect(scores.find(({ method }) => method === 'norm')!.relative).toEqual({ time: 4, memory: 2 })
  expect(bakeoffTable({ model: 'm', methods: scores })).toContain('| 4 s (4.0 x) | 900 MB (2.0 x) |')
})

test('the table names every method once, the figure too', () => {
  const methods = scoreMethods([bakedCase(1, 'reference', [0.9, 0.9, 0.9]), bakedCase(1, 'far', [0.5, 0.1, 0.5])])
  const table = bakeoffTable({ model: 'm', methods })
  expect(table).toContain('| `norm` | -100.0 % | 1 of 2 | -0.400 |')
  expect(bakeoffFigure({ model: 'm', methods })).toContain('>norm</text>')
})
