import { expect, it } from 'vitest'
import { firstShown, stepOnScreen } from './shown-step.ts'

const done = { state: 'done', kept: 'source', masks: [5, 10], steps: 10, method: 'consistency' } as const

it.each([
  ['what is kept', { kept: 5 }, 5],
  ['the end, where the source was kept', {}, null],
  ['nothing, where only the source segmented', { method: 'source', masks: [] }, undefined],
  ['the last mask of a run that did not end', { state: 'cancelled', masks: [3, 4] }, 4],
  ['nothing, where it ended before a mask', { state: 'failed', masks: [] }, undefined],
] as const)('shows %s', (_, more, step) => {
  const run = { ...done, ...more }
  expect(firstShown({ ...run, masks: [...run.masks] })).toBe(step)
})

it('knows the number of the last step', () => {
  expect(stepOnScreen(null, done)).toBe(10)
  expect(stepOnScreen(5, done)).toBe(5)
})
