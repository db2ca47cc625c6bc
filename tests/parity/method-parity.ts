import { readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { startEngine } from '../../main/engine/pick-files.ts'
import type { EngineName } from '../../main/engine/engine.ts'
import { cases, record } from './method-steps.ts'

type Expected = {
  readonly losses: readonly Readonly<Record<string, number>>[]
  readonly measures: readonly Readonly<Record<string, number>>[]
  readonly parameters: Readonly<Record<string, readonly number[]>>
  readonly settled?: readonly number[]
}

/** Made by record.ts with PyTorch in double precision (check_methods.py). */
const expected = JSON.parse(readFileSync(new URL('expected.json', import.meta.url), 'utf8')) as Record<string, Expected>

/** Of losses up to this size absolute, of larger ones relative. */
const lossTolerance = 1e-5
const tolerance = 1e-4

export function checkMethods(engine: EngineName): void {
  beforeAll(async () => {
    await startEngine({ name: engine })
  })

  describe(`three steps on ${engine}, against PyTorch`, () => {
    it.each(Object.keys(cases))('%s', async (name) => {
      const { losses, measures, parameters, settled } = expected[name]!
      const recorded = await record(name)
      expect(recorded.steps.length).toBe(losses.length)
      losses.forEach((terms, n) => {
        expect(Object.keys(recorded.steps[n]!.losses).sort()).toEqual(Object.keys(terms).sort())
        for (const [term, value] of Object.entries(terms)) {
          const off = Math.abs(recorded.steps[n]!.losses[term]! - value) / Math.max(1, Math.abs(value))
          expect(off, `${term}, step ${n + 1}`).toBeLessThan(lossTolerance)
        }
      })
      measures.forEach((numbers, n) => {
        for (const [measure, value] of Object.entries(numbers))
          expect(Math.abs(recorded.steps[n]!.measures[measure]! - value), measure).toBeLessThan(tolerance)
      })
      let changed = 0
      for (const [parameter, values] of Object.entries(parameters)) {
        const actual = recorded.end[parameter]!.data
        expect(furthest(actual, values), parameter).toBeLessThan(tolerance)
        const start = recorded.start[parameter]?.data ?? []
        changed += actual.filter((value, n) => value !== start[n]).length
      }
      if (settled) expect(furthest(recorded.settled, settled)).toBeLessThan(tolerance)
      else expect(changed).toBeGreaterThan(0)
    })
  })
}

function furthest(actual: readonly number[], values: readonly number[]): number {
  expect(actual.length).toBe(values.length)
  return actual.reduce((most, value, n) => Math.max(most, Math.abs(value - values[n]!)), 0)
}
