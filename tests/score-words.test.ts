/** The window and the reports explain a score in the same words, though neither may import the other. */
import { expect, it } from 'vitest'
import { isTold, scoreNames } from '../main/report/scores.ts'
import { scoreText } from '../renderer/adapt/scores.ts'

it.each([
  'S1 entropy ratio',
  'S2 overlap White matter',
  'S3 ln volume ratio White matter',
  'S4 consistency',
  'S4 change',
  'S5 proportions',
  'S9 parameter drift',
  'S9 statistics drift',
  'S11 norm distance',
])('%s', (key) => {
  expect(scoreText(key).meaning).toBe(scoreNames(key).meaning)
  expect(scoreText(key).meaning).not.toBe('')
  expect(isTold(key)).toBe(true)
})

it.each(['expected Dice', 'expected Dice before', 'gate consistency'])('%s is told in words', (key) => {
  expect(isTold(key)).toBe(true)
  expect(scoreNames(key).meaning).not.toBe('')
})

it.each([
  'S1 entropy before',
  'S3 volume distance change',
  'S4 before',
  'S5 proportions change',
  'S12 separation before',
])('%s, which only a calibration weighs, is in no table', (key) => expect(isTold(key)).toBe(false))
