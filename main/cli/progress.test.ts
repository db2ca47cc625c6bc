import { expect, test } from 'vitest'
import { createProgress, duration } from './progress.ts'

function record(isTTY: boolean) {
  let time = 0
  const texts: string[] = []
  const progress = createProgress({ isTTY, columns: 80, write: (text: string) => texts.push(text) }, () => time)
  const at = (ms: number, act: () => void): void => {
    time = ms
    act()
  }
  return { progress, texts, at }
}

test('elsewhere than on a terminal: nothing for short work, then one plain line each 10 s', () => {
  const { progress, texts, at } = record(false)
  for (let second = 0; second <= 35; second++) at(1000 * second, () => progress.update('training', second / 40))
  expect(texts).toEqual(['training: 25 %, 30 s left\n', 'training: 50 %, 20 s left\n', 'training: 75 %, 10 s left\n'])
})

test('on a terminal: one line drawn over itself, cleared for messages and at the end', () => {
  const { progress, texts, at } = record(true)
  at(0, () => progress.update('reading', 0))
  at(50, () => progress.update('reading', 0.1))
  at(200, () => progress.update('reading', 0.5, 61_000))
  at(300, () => progress.say('A message.'))
  at(400, () => progress.end())
  expect(texts.length).toBe(5)
  expect(texts[0]).toMatch(/^reading +░{24} +0 %$/)
  expect(texts[1]).toBe('\r\x1b[2K')
  expect(texts[2]).toMatch(/^reading +█{12}░{12} +50 %, 1:01 min left$/)
  expect(texts.slice(3)).toEqual(['\r\x1b[2K', 'A message.\n'])
})

test.each([
  [0, '0 s'],
  [59_400, '59 s'],
  [60_000, '1:00 min'],
  [3_725_000, '1:02 h'],
])('%d ms reads %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})
