import { expect, it } from 'vitest'
import { areasOf, hangingOf, layouts, paneKey, panesOf } from './layout.ts'

it.each([
  ['1x1', false, 'axial-shown'],
  ['1x2', false, 'axial-shown sagittal-shown'],
  ['2x2', false, 'axial-shown sagittal-shown coronal-shown'],
  ['2x3', false, 'axial-shown sagittal-shown coronal-shown'],
  ['1x1', true, 'axial-before axial-after'],
  ['1x2', true, 'axial-before axial-after'],
  ['2x2', true, 'axial-before axial-after sagittal-before sagittal-after'],
  ['2x3', true, 'axial-before coronal-before sagittal-before axial-after coronal-after sagittal-after'],
] as const)('%s, paired: %s', (layout, isPaired, expected) => {
  expect(
    panesOf(hangingOf(layout, isPaired, 'axial', false))
      .map(paneKey)
      .join(' '),
  ).toBe(expected)
})

it('shows one plane, or its pair, when maximised', () => {
  for (const layout of layouts) {
    expect(panesOf(hangingOf(layout, false, 'coronal', true)).map(paneKey)).toEqual(['coronal-shown'])
    expect(panesOf(hangingOf(layout, true, 'coronal', true)).map(paneKey)).toEqual(['coronal-before', 'coronal-after'])
  }
})

it('begins with the plane that the reader works in', () => {
  expect(areasOf(hangingOf('2x3', false, 'sagittal', false))).toBe(
    '"sagittal-shown sagittal-shown axial-shown" "sagittal-shown sagittal-shown coronal-shown"',
  )
})

it('leaves a place for the summary in 2x2', () => {
  expect(areasOf(hangingOf('2x2', false, 'axial', false))).toBe('"axial-shown sagittal-shown" "coronal-shown summary"')
})
