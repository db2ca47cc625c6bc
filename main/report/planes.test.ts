import { expect, test } from 'vitest'
import { letters, planeGrid, slicePosition } from './planes.ts'

const tilt = (degrees: number): number[] => {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)]
  return [1, 0, 0, -10, 0, c, -s, -20, 0, s, c, 30, 0, 0, 0, 1]
}

test.each([
  [0, 'A', 'P', 'S', 'I'],
  [10, 'A', 'P', 'S', 'I'],
  [30, 'AI', 'PS', 'SA', 'IP'],
])('a head tilted by %d degrees is lettered by where its axes point', (degrees, front, back, head, feet) => {
  const grid = { shape: [4, 5, 6], affine: tilt(degrees) } as const
  expect(planeGrid(grid, 'axial').edges).toEqual({ left: 'R', right: 'L', top: front, bottom: back })
  expect(planeGrid(grid, 'coronal').edges).toEqual({ left: 'R', right: 'L', top: head, bottom: feet })
  expect(planeGrid(grid, 'sagittal').edges).toEqual({ left: front, right: back, top: head, bottom: feet })
})

test('letters stand in the order of their weight', () => {
  expect(letters([0.8, -0.6, 0])).toBe('LA')
  expect(letters([-0.5, 0.6, 0.62])).toBe('SPR')
})

test('a slice lies where its centre is, in mm from the origin of the scanner', () => {
  const affine = [1, 0, 0, -10, 0, 2, 0, -20, 0, 0, 3, 30, 0, 0, 0, 1]
  expect(slicePosition(affine, 'axial', 2, [4, 5, 6])).toBe(36)
  expect(slicePosition(affine, 'coronal', 2, [4, 5, 6])).toBe(-16)
  expect(slicePosition(affine, 'sagittal', 2, [4, 5, 6])).toBe(-8)
})
