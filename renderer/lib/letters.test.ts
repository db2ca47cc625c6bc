import { expect, it } from 'vitest'
import { letterOf } from './letters.ts'
import type { Vector } from './planes.ts'

const degrees = (angle: number): readonly [number, number] => [
  Math.cos((angle * Math.PI) / 180),
  Math.sin((angle * Math.PI) / 180),
]

it.each<[string, Vector, string]>([
  ['left', [1, 0, 0], 'L'],
  ['right', [-1, 0, 0], 'R'],
  ['posterior', [0, 1, 0], 'P'],
  ['anterior, not of unit length', [0, -3, 0], 'A'],
  ['head', [0, 0, 1], 'S'],
  ['feet', [0, 0, -1], 'I'],
  ['a few degrees off', [degrees(5)[0], degrees(5)[1], 0], 'L'],
  ['oblique, more anterior than left', [degrees(60)[0], -degrees(60)[1], 0], 'AL'],
  ['oblique, more left than head', [degrees(20)[0], 0, degrees(20)[1]], 'LS'],
  ['between three axes: the two that weigh most', [-0.5, 0.7, 0.6], 'PS'],
])('%s', (_, direction, letter) => {
  expect(letterOf(direction)).toBe(letter)
})
