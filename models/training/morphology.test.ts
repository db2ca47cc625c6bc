import { expect, test } from 'vitest'
import { dilate, erode, fillHoles, smooth } from './morphology.ts'

const size = 9
const shape = [size, size, size] as const
const at = (i: number, j: number, k: number): number => i + size * (j + size * k)
const total = (mask: Uint8Array): number => mask.reduce((a, b) => a + b, 0)

test('a voxel dilated twice is the ball of 25 in city blocks, and erodes to itself', () => {
  const point = new Uint8Array(size ** 3)
  point[at(4, 4, 4)] = 1
  const ball = dilate(point, shape, 2)
  expect(total(ball)).toBe(25)
  expect(erode(ball, shape, 2)).toEqual(point)
})

test('outside the grid is background', () => {
  const full = new Uint8Array(size ** 3).fill(1)
  expect(total(erode(full, shape))).toBe(7 ** 3)
})

test('a cavity is filled, a hollow that opens outwards is not', () => {
  const shell = new Uint8Array(size ** 3)
  for (let k = 2; k < 7; k++) for (let j = 2; j < 7; j++) for (let i = 2; i < 7; i++) shell[at(i, j, k)] = 1
  shell[at(4, 4, 4)] = 0
  expect(total(fillHoles(shell, shape))).toBe(125)
  for (const i of [4, 5, 6]) shell[at(i, 4, 4)] = 0
  expect(fillHoles(shell, shape)).toEqual(shell)
})

test('smoothing keeps a constant and spreads a point by its sigma', () => {
  const flat = new Float32Array(size ** 3).fill(2)
  smooth(flat, shape, 1.5).forEach((value) => expect(value).toBeCloseTo(2, 5))
  const long = [31, 1, 1] as const
  const point = new Float32Array(31)
  point[15] = 1
  const spread = smooth(point, long, 2)
  const variance = spread.reduce((sum, value, n) => sum + value * (n - 15) ** 2, 0)
  expect(spread.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5)
  expect(Math.sqrt(variance)).toBeCloseTo(2, 1)
})
