/** Results of a cohort: put together as they arrive, summed up as they stand, and turned into what plots draw. */
import type { CohortResult } from '../../main/contract/cohort-schemas.ts'
import type { VolumePair } from './plots/agreement.ts'
import type { PairGroup } from './plots/paired.ts'

/** What is set against the source model's mask: the one that the guard let stand, or the last step's. */
export type After = 'kept' | 'adapted'

export const meanOfLabels = 'mean of labels'
/** A fall of Dice by more than this counts as harm, as in the tables. */
const harmLimit = 0.01

/** With one more; one that is there already is replaced. In the order of rows, then as the methods came. */
export function withResult(results: readonly CohortResult[], one: CohortResult): readonly CohortResult[] {
  const at = results.findIndex(({ row, method }) => row === one.row && method === one.method)
  if (at >= 0) return results.with(at, one)
  const after = results.findLastIndex(({ row }) => row <= one.row)
  return results.toSpliced(after + 1, 0, one)
}

export function methodsOf(results: readonly CohortResult[]): readonly string[] {
  return [...new Set(results.map(({ method }) => method))]
}

export function labelsOf(results: readonly CohortResult[]): readonly string[] {
  return [...new Set(results.flatMap(({ scores }) => Object.keys(scores ?? {})))]
}

/** Dice before and after of one structure, or of the mean over them; null where the case has no such score. */
export function diceOf(
  { scores, meanDice }: Pick<CohortResult, 'scores' | 'meanDice'>,
  label: string,
  after: After,
): { readonly before: number; readonly after: number } | null {
  const from = label === meanOfLabels ? meanDice?.before : scores?.[label]?.before.dice
  const to = label === meanOfLabels ? meanDice?.[after] : scores?.[label]?.[after].dice
  return typeof from === 'number' && typeof to === 'number' ? { before: from, after: to } : null
}

/** By scanner, in the order of their names; in-domain ones come first: the others are measured by them. */
export function pairGroups(results: readonly CohortResult[], method: string, label: string, after: After): PairGroup[] {
  const own = results.filter((result) => result.method === method)
  const groups = [...Map.groupBy(own, ({ scanner }) => scanner)].map(([name, some]) => ({
    name,
    isInDomain: some.every(({ group }) => group === 'reference'),
    pairs: some.flatMap((result) => {
      const dice = diceOf(result, label, after)
      return dice ? [{ name: result.case, ...dice, isHarmed: dice.after - dice.before < -harmLimit }] : []
    }),
  }))
  return groups
    .filter(({ pairs }) => pairs.length > 0)
    .sort(
      (a, b) => Number(b.isInDomain) - Number(a.isInDomain) || a.name.localeCompare(b.name, 'en', { numeric: true }),
    )
}

export function volumePairs(
  results: readonly CohortResult[],
  method: string,
  label: string,
  state: 'before' | After,
): VolumePair[] {
  return results.flatMap((result) => {
    const score = result.method === method ? result.scores?.[label] : undefined
    const difference = score?.[state].differenceMl
    if (!score || typeof difference !== 'number') return []
    return [{ name: result.case, volume: score.referenceMl + difference, reference: score.referenceMl }]
  })
}

export type SoFar = {
  readonly method: string
  readonly done: number
  readonly failed: number
  /** Means of the mean Dice over cases with a reference; null without any. */
  readonly dice: { readonly before: number; readonly after: number; readonly cases: number } | null
  readonly harmed: number
  /** Cases whose adaptation was kept. */
  readonly kept: number
}

/** What can be said while a run is at work: plain means, no statistics. */
export function soFar(results: readonly CohortResult[]): readonly SoFar[] {
  return methodsOf(results).map((method) => {
    const own = results.filter((result) => result.method === method)
    const done = own.filter(({ state }) => state === 'done')
    const scored = done.flatMap(({ meanDice }) => (meanDice ? [meanDice] : []))
    const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
    return {
      method,
      done: done.length,
      failed: own.length - done.length,
      dice: scored.length
        ? {
            before: mean(scored.map(({ before }) => before)),
            after: mean(scored.map(({ kept }) => kept)),
            cases: scored.length,
          }
        : null,
      harmed: done.filter(({ isHarmed }) => isHarmed).length,
      kept: done.filter(({ keptStep }) => keptStep !== null && keptStep !== 'source').length,
    }
  })
}
