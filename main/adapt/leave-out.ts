import { changeOf, chanceOf, expectedOf, fit, isHarmed, limited } from './calibration-fit.ts'
import type { Expected, LabelledState, Odds } from './calibration-fit.ts'
import { fitLogistic } from './linear-models.ts'

/** What is said of a state by a fit without its like. */
export type Judged = Expected & {
  readonly chanceOfHarm: number
  /** Rolled back. */
  readonly isFlagged: boolean
}

/** Of a single weight, which the data tell well: it only keeps it finite. */
const l2OfOdds = 0.01
/** What harm counts when it is weighed against help. */
const harmWeight = 2
/** What a state lost or won beyond this counts as this where harm is weighed against help. */
const changeLimit = 0.15

export type Rule = Odds & { readonly threshold: number }

/** Without a state's own shift; and without its own subject too, since a forest knows a head again. */
export type LeftOut = 'shift' | 'shift and subject'

/**
 * Every state as it is judged without its like. `rule`: what all of these estimates make of an expected change. A state's own rule
 * is fitted without its like, on estimates by fits that may have seen it. Throws where nothing is left.
 */
export function leaveOut(states: readonly LabelledState[], without: LeftOut): { judged: Judged[]; rule: Rule } {
  const like = new Map<string, number[]>()
  states.forEach(({ shift, subject }, n) => {
    const key = JSON.stringify(without === 'shift' ? [shift] : [shift, subject])
    like.set(key, [...(like.get(key) ?? []), n])
  })
  const groups = [...like.values()].map((own) => ({ own, others: unlike(states, states[own[0]!]!, without) }))
  const expected: Expected[] = []
  for (const { own, others } of groups) {
    const fitted = fit(others.map((n) => states[n]!))
    for (const n of own) expected[n] = expectedOf(fitted, states[n]!.scores)
  }
  const judged: Judged[] = []
  for (const { own, others } of groups) {
    const rule = ruleOf(
      others.map((n) => states[n]!),
      others.map((n) => expected[n]!),
    )
    for (const n of own) {
      const chanceOfHarm = chanceOf(rule, expected[n]!.moved)
      judged[n] = { ...expected[n]!, chanceOfHarm, isFlagged: chanceOfHarm >= rule.threshold }
    }
  }
  return { judged, rule: ruleOf(states, expected) }
}

/** Those of other shifts and other subjects; where those are all of its own subject, of other shifts. */
function unlike(states: readonly LabelledState[], { shift, subject }: LabelledState, without: LeftOut): number[] {
  const ofOtherShifts = states.flatMap((state, n) => (state.shift === shift ? [] : [n]))
  const ofOthers = ofOtherShifts.filter((n) => states[n]!.subject !== subject)
  const left = without === 'shift' || ofOthers.length === 0 ? ofOtherShifts : ofOthers
  if (left.length === 0) throw new Error('All labelled states are of one shift: there is nothing to judge them by.')
  return left
}

/** From estimates of states: log odds of harm by the expected change (Platt scaling), and the chance that is too much. */
function ruleOf(states: readonly LabelledState[], expected: readonly Expected[]): Rule {
  const rows = expected.map(({ moved }) => [moved])
  const { intercept, weights } = fitLogistic(rows, states.map(isHarmed), l2OfOdds)
  const odds = { intercept, slope: weights[0]! }
  const chances = expected.map(({ moved }) => chanceOf(odds, moved))
  return { ...odds, threshold: thresholdFor(chances, states.map(changeOf)) }
}

/**
 * The chance of harm from which a state is rolled back: where the changes of mean Dice that are kept sum up to most, harm
 * counting twice; the largest such chance, and never above an even one.
 */
export function thresholdFor(chances: readonly number[], changes: readonly number[]): number {
  const worth = changes.map((change) => limited(change, -changeLimit, changeLimit) * (change < 0 ? harmWeight : 1))
  const kept = (threshold: number): number =>
    worth.reduce((sum, value, n) => sum + (chances[n]! < threshold ? value : 0), 0)
  const tried = [0.5, ...chances.filter((chance) => chance < 0.5).toSorted((a, b) => b - a)]
  const values = tried.map(kept)
  return tried[values.indexOf(Math.max(...values))]!
}
