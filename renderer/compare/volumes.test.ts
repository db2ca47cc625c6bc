import { expect, it } from 'vitest'
import { totalRow, volumeRows } from './volumes.ts'

const labels = [{ name: 'Grey' }, { name: 'White' }, { name: 'Lesion' }]

it('sets two masks side by side, in the order of the labels', () => {
  const rows = volumeRows(labels, { White: 400, Grey: 900 }, { Grey: 910, White: 0 })
  expect(rows).toEqual([
    { name: 'Grey', before: 900, after: 910 },
    { name: 'White', before: 400, after: 0 },
  ])
  expect(totalRow(rows)).toEqual({ name: 'All labels', before: 1300, after: 910 })
})

it('knows no change where there is no second mask', () => {
  const rows = volumeRows(labels, { Grey: 900 }, undefined)
  expect(rows).toEqual([{ name: 'Grey', before: 900, after: null }])
  expect(totalRow(rows).after).toBeNull()
})

it('takes a label that only one mask has for empty in the other', () => {
  expect(volumeRows(labels, { Lesion: 3 }, {})).toEqual([{ name: 'Lesion', before: 3, after: 0 }])
})
