import { expect, test } from 'vitest'
import type { HistoryEntry, Kept } from '../runs/run.ts'
import { choicesOf, isUnsaved, keptWhenSaved } from './decisions.ts'

const entry = (second: number, event: string, kept?: Kept): HistoryEntry => ({
  time: `2026-01-01T00:00:0${second}.000Z`,
  event,
  detail: '',
  ...(kept !== undefined && { kept }),
})
const at = (second: number): string => entry(second, '').time
const run = (...history: HistoryEntry[]) => ({
  history,
  kept: history.findLast(({ kept }) => kept !== undefined)!.kept!,
})
const ended = [entry(0, 'created'), entry(1, 'kept', 5)]

test('a decision is unsaved until it was exported, or until what was exported is kept again', () => {
  expect(isUnsaved(run(...ended), undefined)).toBe(false)
  const decided = run(...ended, entry(2, 'rolled-back', 'source'))
  expect(isUnsaved(decided, undefined)).toBe(true)
  expect(isUnsaved(decided, at(3))).toBe(false)
  expect(isUnsaved(run(...decided.history, entry(3, 'undone', 5)), undefined)).toBe(false)

  const later = run(...decided.history, entry(4, 'rolled-back', 2))
  expect(isUnsaved(later, at(3))).toBe(true)
  expect(keptWhenSaved(later, at(3))).toBe('source')
  expect(isUnsaved(run(...later.history, entry(5, 'undone', 'source')), at(3))).toBe(false)
  // Taken back beyond what was exported: that is what a discard goes back to, not the run's own end.
  const beyond = run(...decided.history, entry(4, 'undone', 5))
  expect(isUnsaved(beyond, at(3))).toBe(true)
  expect(keptWhenSaved(beyond, at(3))).toBe('source')
})

test('what was taken back can be made again, in turn, until a new choice is made', () => {
  const chosen = [...ended, entry(2, 'rolled-back', 'source'), entry(3, 'rolled-back', 2)]
  const back = [...chosen, entry(4, 'undone', 'source'), entry(5, 'undone', 5)]
  expect(choicesOf(run(...back))).toEqual({ kept: [5], takenBack: [2, 'source'] })
  const again = [...back, entry(6, 'redone', 'source')]
  expect(choicesOf(run(...again))).toEqual({ kept: [5, 'source'], takenBack: [2] })
  expect(isUnsaved(run(...again), at(5))).toBe(true)
  expect(choicesOf(run(...again, entry(7, 'redone', 2))).takenBack).toEqual([])
  expect(choicesOf(run(...again, entry(7, 'rolled-back', 3)))).toEqual({ kept: [5, 'source', 3], takenBack: [] })
})

test('history that does not tell what was kept counts as unsaved', () => {
  const old = { history: [entry(1, 'kept'), entry(2, 'rolled-back')], kept: 'source' as const }
  expect(isUnsaved(old, undefined)).toBe(true)
  expect(isUnsaved(old, at(3))).toBe(false)
})
