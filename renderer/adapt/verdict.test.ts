import { describe, expect, it } from 'vitest'
import type { RunState, Verdict } from '../../main/contract/schemas.ts'
import { keptText, verdictWords } from './verdict.ts'

const states: readonly RunState[] = ['running', 'done', 'cancelled', 'failed', 'interrupted']
const volumes = { Grey: { before: 900, after: null, kept: 900 } }
const verdicts: readonly Verdict[] = ['accepted', 'not-needed', 'rolled-back', 'overruled', 'off']

function words(state: RunState, verdict: Verdict, more: Partial<Parameters<typeof verdictWords>[0]> = {}) {
  return verdictWords({
    state,
    verdict,
    kept: 'source',
    method: 'consistency',
    steps: 3,
    guardChoice: null,
    volumes,
    ...more,
  })
}

describe('the words of a verdict', () => {
  it.each(states.flatMap((state) => verdicts.map((verdict) => [state, verdict] as const)))(
    '%s, %s: a badge, and sentences',
    (state, verdict) => {
      const { badge, advice } = words(state, verdict)
      expect(badge).not.toBe('')
      expect(advice).toMatch(/^[A-Z].*\.$/)
      expect(advice).not.toMatch(/undefined|null/)
    },
  )

  it('tells every ending from every other', () => {
    const badges = [
      ...verdicts.map((verdict) => words('done', verdict).badge),
      ...states.filter((state) => state !== 'done').map((state) => words(state, 'off').badge),
    ]
    expect(new Set(badges).size).toBe(badges.length)
  })

  it('gives no verdict before the end', () => {
    for (const verdict of verdicts) expect(words('running', verdict).badge).toBe('At work')
  })

  it('says how far a run came that did not end by itself', () => {
    expect(words('cancelled', 'off').advice).toContain('after step 3')
    expect(words('interrupted', 'off', { steps: 0 }).advice).toContain('before the first step')
    expect(words('failed', 'off', { kept: 2 }).advice).toContain('The mask after step 2 is kept, by choice.')
  })

  it('says what the guard had chosen where a person chose otherwise', () => {
    const { advice } = words('done', 'overruled', { kept: 5, guardChoice: { verdict: 'rolled-back', kept: 'source' } })
    expect(advice).toContain("The guard had chosen the source model's mask.")
  })

  it('does not speak of a mask that was never made', () => {
    expect(words('cancelled', 'off', { volumes: {} }).advice).toContain('No mask was made.')
    expect(keptText({ state: 'failed', kept: 'source', volumes: {} })).toBe('nothing, it ended before its first mask')
    expect(keptText({ state: 'running', kept: 'source', volumes: {} })).toBe('no mask yet')
    expect(keptText({ state: 'cancelled', kept: 'source', volumes })).toBe("the source model's mask")
  })

  it('calls a plain segmentation neither unguarded nor not in need: nobody asked to adapt', () => {
    expect(words('done', 'off', { method: 'source' }).badge).toBe('Source model')
    expect(words('done', 'not-needed', { method: 'source' }).badge).toBe('Source model')
  })
})
