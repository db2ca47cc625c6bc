import { describe, expect, it } from 'vitest'
import type { CohortRow } from '../../main/contract/cohort-schemas.ts'
import { positiveNumber, pText } from './numbers.ts'
import { isFound, scanGroups, totals } from './scans.ts'

const row = (at: number, rest: Partial<CohortRow> = {}): CohortRow => ({
  row: at,
  case: `case-${at}`,
  name: `folder-${at}`,
  kind: 'dicom',
  scanner: 'B',
  facts: null,
  protocol: 'MPRAGE',
  modality: 'MR',
  series: '1',
  choices: [],
  reference: { of: 'none', name: null },
  hasOwnReference: false,
  group: '',
  isIncluded: true,
  hasThumbnail: false,
  problem: null,
  notes: [],
  ...rest,
})
const rows = [
  row(0),
  row(1, { scanner: 'A', group: 'reference', reference: { of: 'own', name: 'truth.nii' } }),
  row(2, { isIncluded: false }),
  row(3, { group: 'pilot', problem: { code: 'x', message: 'Slices are missing.', remedy: '' } }),
]

it('groups by scanner, with what all of a group have in common', () => {
  const groups = scanGroups(rows)
  expect(
    groups.map(({ scanner, included, withReference, group }) => [scanner, included, withReference, group]),
  ).toEqual([
    ['A', 1, 1, 'reference'],
    ['B', 2, 0, undefined],
  ])
})

it('counts what will be run', () =>
  expect(totals(rows)).toEqual({ scans: 4, included: 3, withReference: 1, scanners: 2, problems: 1 }))

it('finds by every word, in names and problems', () => {
  expect(rows.filter((one) => isFound(one, 'slices')).map((one) => one.row)).toEqual([3])
  expect(rows.filter((one) => isFound(one, 'MPRAGE folder-1')).map((one) => one.row)).toEqual([1])
})

describe('figures', () => {
  it.each([
    ['1,5', 1.5],
    [' 2 ', 2],
    ['0', undefined],
    ['-1', undefined],
    ['', undefined],
    ['a', undefined],
  ] as const)('%s is read as %s', (typed, value) => expect(positiveNumber(typed)).toBe(value))
  it.each([
    [0.0004, '< 0.001'],
    [0.0042, '0.004'],
    [0.32, '0.32'],
    [1, '1.00'],
    [null, '–'],
  ] as const)('p of %s reads %s', (p, text) => expect(pText(p)).toBe(text))
})
