import { expect, it } from 'vitest'
import type { SeriesSummary } from '../../main/contract/schemas.ts'
import { byScanner, seriesName, volumeName } from './series.ts'

const volume = (kind: string) => ({
  shape: [4, 4, 4] as [number, number, number],
  spacing: [1, 1, 1] as [number, number, number],
  frames: 4,
  kind,
})
const series = (uid: string, scanner: string, kinds: readonly string[], description = uid): SeriesSummary => ({
  uid,
  studyUid: '1',
  number: 7,
  description,
  modality: 'MR',
  scanner: { key: scanner, manufacturer: scanner, model: '', fieldStrength: 0, softwareVersions: '' },
  transferSyntax: '1.2.840.10008.1.2',
  files: 1,
  volumes: kinds.map(volume),
  problems: [],
})

it('groups what can be seen by scanner, the suggested one first', () => {
  const all = [
    series('a', 'GE', ['ct']),
    series('b', 'Philips', ['magnitude']),
    series('c', 'GE', ['ct']),
    series('d', 'X', []),
  ]
  expect(byScanner(all, 'b').map(({ key, series }) => [key, series.map(({ uid }) => uid)])).toEqual([
    ['Philips', ['b']],
    ['GE', ['a', 'c']],
  ])
  expect(byScanner(all, undefined)[0]!.key).toBe('GE')
})

it('tells volumes of a series apart', () => {
  const mixed = series('a', 'GE', ['magnitude', 'phase', 'phase'])
  expect([0, 1, 2].map((at) => volumeName(mixed, at))).toEqual(['magnitude', 'phase, 2 of 3', 'phase, 3 of 3'])
  expect(volumeName(series('b', 'GE', ['']), 0)).toBe('')
})

it('has a name for a series that the files give none', () =>
  expect(seriesName(series('a', 'GE', [], ''))).toBe('MR, series 7'))
