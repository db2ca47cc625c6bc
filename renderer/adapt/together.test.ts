import { expect, it } from 'vitest'
import type { InputSummary, SeriesSummary } from '../../main/contract/schemas.ts'
import { othersOf } from './together.ts'

const series = (uid: string, change: Partial<SeriesSummary> = {}): SeriesSummary => ({
  uid,
  studyUid: 'study',
  frameOfReferenceUid: 'frame',
  number: Number(uid),
  description: 'T1W',
  modality: 'MR',
  scanner: { key: 'GE', manufacturer: 'GE', model: '', fieldStrength: 3, softwareVersions: '' },
  transferSyntax: '1.2.840.10008.1.2',
  files: 20,
  volumes: [{ shape: [256, 256, 20], spacing: [1, 1, 3], frames: 20, kind: 'magnitude' }],
  problems: [],
  ...change,
})
const input = (...all: SeriesSummary[]): InputSummary => ({
  id: 'one',
  name: 'study',
  kind: 'dicom',
  isSample: false,
  hasReference: false,
  studies: [],
  series: all,
  rejected: [],
  suggested: null,
})
const scan = { input: 'one', series: '3', volume: 0 }
const names = (...all: SeriesSummary[]): string[] => othersOf(input(...all), scan).map(({ name }) => name)

it('are offered by name, number and grid', () => {
  expect(othersOf(input(series('3'), series('4'), series('5', { description: '' })), scan)).toEqual([
    {
      ref: { input: 'one', series: '4', volume: 0 },
      name: 'T1W, series 4',
      facts: '256 × 256 × 20, 1.00 × 1.00 × 3.00\u00a0mm',
    },
    {
      ref: { input: 'one', series: '5', volume: 0 },
      name: 'MR, series 5',
      facts: '256 × 256 × 20, 1.00 × 1.00 × 3.00\u00a0mm',
    },
  ])
})

it.each<[string, Partial<SeriesSummary>]>([
  ['of another study', { studyUid: 'other' }],
  ['in other coordinates', { frameOfReferenceUid: 'other' }],
  ['in coordinates that nobody knows', { frameOfReferenceUid: null }],
  ['of another modality', { modality: 'CT' }],
  ['without a volume', { volumes: [] }],
])('are not offered %s', (_, change) => {
  expect(names(series('3'), series('4', change))).toEqual([])
})

it('are not offered where the scan itself does not say where it lies', () => {
  const nowhere = { frameOfReferenceUid: null }
  expect(names(series('3', nowhere), series('4', nowhere))).toEqual([])
})
