import { describe, expect, it } from 'vitest'
import type { VoxelHeader, Window } from '../../main/contract/schemas.ts'
import { draggedWindow, greyOf, greyTable, windowChoices } from './windows.ts'

const window = (center: number, width: number, shape: Window['shape'] = 'linear'): Window => ({
  center,
  width,
  shape,
  name: '',
})

describe('greyOf', () => {
  // The worked examples of PS3.3 C.11.2.1.2: what is black, white and between for c/w.
  it('is DICOM linear: centre 2048, width 4096 shows 0 black and 4095 white', () => {
    expect(greyOf(window(2048, 4096), 0)).toBe(0)
    expect(greyOf(window(2048, 4096), 4095)).toBe(1)
    expect(greyOf(window(2048, 4096), 2047.5)).toBe(0.5)
  })

  it('makes of width 1 a step', () => {
    expect(greyOf(window(0, 1), -0.6)).toBe(0)
    expect(greyOf(window(0, 1), 0.6)).toBe(1)
  })

  it('is exact where the file says so: no half, no minus one', () => {
    expect(greyOf(window(50, 100, 'linear-exact'), 0)).toBe(0)
    expect(greyOf(window(50, 100, 'linear-exact'), 100)).toBe(1)
    expect(greyOf(window(50, 100, 'linear-exact'), 25)).toBe(0.25)
  })

  it('is a sigmoid with a slope of 1/width in the middle', () => {
    const sigmoid = window(50, 100, 'sigmoid')
    expect(greyOf(sigmoid, 50)).toBe(0.5)
    expect((greyOf(sigmoid, 50.5) - greyOf(sigmoid, 49.5)) * 100).toBeCloseTo(1, 3)
    expect(greyOf(sigmoid, -1000)).toBeLessThan(1e-9)
  })
})

it('tabulates stored values through slope and intercept, inverted where asked', () => {
  const table = greyTable(window(40, 80), false, { slope: 1, intercept: -1024 }, -32768, 65536)
  expect(table[32768 + 1024]).toBe(0)
  expect(table[32768 + 1024 + 79]).toBe(255)
  const inverted = greyTable(window(40, 80), true, { slope: 1, intercept: -1024 }, -32768, 65536)
  expect(inverted[32768 + 1024]).toBe(255)
})

describe('windowChoices', () => {
  const header = (modality: string): VoxelHeader => ({
    shape: [1, 1, 1],
    affine: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1],
    type: 'int16',
    slope: 1,
    intercept: 0,
    min: 0,
    max: 100,
    modality,
    units: '',
    windows: [
      { name: 'WINDOW1', center: 45, width: 90, shape: 'linear' },
      { name: 'Automatic', center: 500, width: 1000, shape: 'linear' },
    ],
    isInverted: false,
    hasOrientation: true,
    hasSpacing: true,
    notes: [],
  })

  it('has the file first, then the modality, the automatic one last', () => {
    expect(
      windowChoices(header('CT'))
        .map(({ name }) => name)
        .slice(0, 3),
    ).toEqual(['WINDOW1', 'Brain', 'Lung'])
    expect(windowChoices(header('CT')).at(-1)?.name).toBe('Automatic')
  })

  it('scales what has no fixed numbers by the automatic window', () => {
    const more = windowChoices(header('MR'))[1]!
    expect([more.center, more.width]).toEqual([500, 600])
  })
})

describe('draggedWindow', () => {
  it('widens to the right and darkens downwards, in steps that grow with the width', () => {
    const dragged = draggedWindow(window(40, 80), [10, 10], 'darker')
    expect(dragged.width).toBeGreaterThan(80)
    expect(greyOf(dragged, 40)).toBeLessThan(greyOf(window(40, 80), 40))
    const wide = draggedWindow(window(400, 2000), [10, 10], 'darker')
    expect((wide.width - 2000) / (dragged.width - 80)).toBeCloseTo(25, 6)
  })

  it('turns level round where that is set', () => {
    expect(draggedWindow(window(40, 80), [0, 10], 'brighter').center).toBeLessThan(40)
  })

  it('never closes', () => {
    expect(draggedWindow(window(0, 1e-6), [-5000, 0], 'darker').width).toBe(1e-6)
  })
})
