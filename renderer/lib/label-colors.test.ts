import { expect, it } from 'vitest'
import { colorOf, colorsOf } from './label-colors.ts'

const labels = [
  { value: 1, name: 'csf', color: '#112233' },
  { value: 3, name: 'white matter', color: '' },
]

it('takes the colour of the file, else one of the list', () => {
  expect(colorOf(labels[0]!)).toBe('#112233')
  expect(colorOf(labels[1]!)).toBe('#009E73')
})

it('has a colour by value for what is shown, none for background, gaps and hidden labels', () => {
  expect(colorsOf(labels, [], null)).toEqual([null, '#112233', null, '#009E73'])
  expect(colorsOf(labels, [1], null)).toEqual([null, null, null, '#009E73'])
  expect(colorsOf(labels, [1, 3], 1)).toEqual([null, '#112233', null, null])
})
