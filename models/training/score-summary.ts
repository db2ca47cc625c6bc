import type { PresetId } from '../../fixtures/presets.ts'

/** One simulated scan under the default preset; Dice by foreground label, on the scan's own grid, against exact truth. */
export type Case = {
  readonly scanner: PresetId
  readonly subject: number
  readonly before: readonly number[]
  /** The last state, whatever the guard says. */
  readonly after: readonly number[]
  /** What gate and guard let stand. */
  readonly kept: readonly number[]
  readonly keptStep: 'source' | number
  readonly verdict: string
  readonly scores: Readonly<Record<string, number>>
  readonly reasons: readonly string[]
  readonly seconds: number
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const harmLimit = 0.01

/** methods.md section 5: recovered share is pooled, 100 * sum(kept - before) / sum(in-domain - before) over shifted cases;
 *  in-domain is the same subject's source scan. Harmed: mean Dice falls by more than 0.01. */
export function summarise(cases: readonly Case[]): Record<string, unknown> {
  const inDomain = new Map(cases.filter(isUnshifted).map((each) => [each.subject, mean(each.before)]))
  const shifted = cases.filter((each) => !isUnshifted(each))
  const change = (each: Case, state: 'after' | 'kept'): number => mean(each[state]) - mean(each.before)
  const lost = shifted.reduce((sum, each) => sum + inDomain.get(each.subject)! - mean(each.before), 0)
  const recovered = (state: 'after' | 'kept'): number =>
    (100 * shifted.reduce((sum, each) => sum + change(each, state), 0)) / lost
  const harmed = (state: 'after' | 'kept'): string[] =>
    cases.filter((each) => change(each, state) < -harmLimit).map((each) => `${each.scanner} ${each.subject}`)
  const column = (state: 'before' | 'after' | 'kept', of: readonly Case[]): number =>
    mean(of.map((each) => mean(each[state])))
  const scanners = [...new Set(cases.map(({ scanner }) => scanner))]
  return {
    method: 'consistency',
    meanDice: {
      inDomain: {
        before: column('before', cases.filter(isUnshifted)),
        kept: column('kept', cases.filter(isUnshifted)),
      },
      shifted: {
        before: column('before', shifted),
        withoutGuard: column('after', shifted),
        kept: column('kept', shifted),
      },
    },
    recoveredPercent: { withoutGuard: recovered('after'), kept: recovered('kept') },
    harmed: { withoutGuard: harmed('after'), kept: harmed('kept') },
    scanners: scanners.map((scanner) => {
      const own = cases.filter((each) => each.scanner === scanner)
      return { scanner, before: column('before', own), withoutGuard: column('after', own), kept: column('kept', own) }
    }),
    cases,
  }
}

function isUnshifted({ scanner }: Case): boolean {
  return scanner === 'source'
}
