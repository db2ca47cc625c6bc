import { expect, it } from 'vitest'
import { crumbsOf } from './crumbs.ts'

const seen = new Map([
  ['~', 'home'],
  ['~/scans/a', 'a'],
])

it('goes to what was seen, not to where one is', () => {
  expect(crumbsOf('~/scans/a', seen).map(({ name, id, isLast }) => [name, id, isLast])).toEqual([
    ['~', 'home', false],
    ['scans', null, false],
    ['a', null, true],
  ])
})

it('knows the root, other separators and the list of roots', () => {
  expect(crumbsOf('/data', new Map([['/', 'root']])).map(({ name, id }) => [name, id])).toEqual([
    ['/', 'root'],
    ['data', null],
  ])
  expect(crumbsOf('/data', new Map()).map(({ name }) => name)).toEqual(['data'])
  expect(crumbsOf('C:\\scans', new Map()).map(({ path }) => path)).toEqual(['C:', 'C:\\scans'])
  expect(crumbsOf('', new Map())).toEqual([{ name: 'Folders', path: '', id: null, isLast: true }])
  expect(crumbsOf('/data', new Map([['', 'top']]))[0]).toEqual({ name: 'Folders', path: '', id: 'top', isLast: false })
})
