import type { Calibration } from '../model/calibration.ts'
import { createRandom } from '../volume/random.ts'
import { featureOf, scoresOfSource, scoresOfState } from './calibration-scores.ts'
import type { Scores } from './calibration-scores.ts'
import { contributionsOf, growForest, predictForest } from './forest.ts'
import type { Forest } from './forest.ts'
import { apply, fitRidge, logistic } from './linear-models.ts'

/** What labelled states teach of a model's Dice, and what it says of a state (docs/decisions/0011). */

/** A state that an episode reached on a labelled scan. */
export type LabelledState = {
  readonly case: string
  /** A scan is judged by those of other shifts and of other subjects. */
  readonly shift: string
  readonly subject: string
  /** Mean Dice of the labels by the source model, and in this state. */
  readonly before: number
  readonly after: number
  readonly scores: Scores
}

/** Mean Dice that changes by less is neither harm nor help. */
const harmLimit = 0.01
/** Some fifty scans, up to eight scores. */
const l2OfSource = 1
const forestSettings = { trees: 200, tried: 0.3, leastSamples: 2, seed: 11 }
/** Decimals that a calibration keeps of what its forest grows from. */
const decimals = 4
/** A score further out than this many sd tells no more than the furthest that was seen. */
const furthest = 4
/** Logarithms of what is missing to a Dice of 1, after over before: beyond these they say nothing of how small changes are told. */
const [mostGain, mostLoss] = [-1.5, 1]
const leastMissing = 0.005

type Standards = Calibration['scores']

/** mean and sd of the scores that are there in some state and differ between states. */
function standards(names: readonly string[], states: readonly LabelledState[]): Standards {
  return names.flatMap((name) => {
    const values = states.map(({ scores }) => featureOf(name, scores)).filter(Number.isFinite)
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
    return sd > 1e-9 ? [{ name, mean, sd }] : []
  })
}

function standardised(scores: Scores, of: Standards): number[] {
  return of.map(({ name, mean, sd }) => {
    const value = featureOf(name, scores)
    // Infinite is far; what is not there, or not a number, is taken as the mean.
    if (Number.isNaN(value)) return 0
    return Math.min(Math.max((value - mean) / sd, -furthest), furthest)
  })
}

export type Fit = Pick<Calibration, 'scores' | 'change' | 'source'>

const rounded = (value: number): number => Number(value.toFixed(decimals)) + 0

const grown = new WeakMap<Calibration['change'], Forest>()

/** A calibration holds what its forest grows from: it is smaller than the forest, and grows into the same one anywhere. */
function forestOf(change: Calibration['change']): Forest {
  const { states, seed, ...settings } = change
  const forest =
    grown.get(change) ??
    growForest(
      { rows: states.map(({ scores }) => scores), values: states.map((state) => state.change) },
      settings,
      createRandom(seed),
    )
  grown.set(change, forest)
  return forest
}

export const changeOf = ({ before, after }: LabelledState): number => after - before
export const isHarmed = (state: LabelledState): boolean => changeOf(state) < -harmLimit
export const isHelped = (state: LabelledState): boolean => changeOf(state) > harmLimit
const missing = (dice: number): number => Math.log(Math.max(1 - dice, leastMissing))
/** Dice runs from 0 to 1, where a straight line would run beyond. */
const logit = (dice: number): number => Math.log(limited(dice, leastMissing, 1) / limited(1 - dice, leastMissing, 1))
export const limited = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most)

/** The first state of each case: scores of the source model are the same in all of them. */
export const firstStates = (states: readonly LabelledState[]): LabelledState[] => [
  ...new Map(states.toReversed().map((state) => [state.case, state])).values(),
]

export function fit(states: readonly LabelledState[]): Fit {
  const scores = standards(scoresOfState, states)
  const cases = firstStates(states)
  const ofSource = standards(scoresOfSource, cases)
  return {
    scores,
    change: {
      ...forestSettings,
      states: states.map((state) => ({
        scores: standardised(state.scores, scores).map(rounded),
        change: rounded(limited(missing(state.after) - missing(state.before), mostGain, mostLoss)),
      })),
    },
    source: {
      scores: ofSource,
      ...fitRidge(
        cases.map((state) => standardised(state.scores, ofSource)),
        cases.map(({ before }) => logit(before)),
        l2OfSource,
      ),
    },
  }
}

export type Expected = {
  /** Logarithm of what is missing to a mean Dice of 1 in the state over what the source model misses. */
  readonly moved: number
  /** Mean Dice of the source model, and of the state. */
  readonly source: number
  readonly state: number
}

export type Estimate = Expected & {
  /** That mean Dice falls by more than .01. */
  readonly chanceOfHarm: number
  readonly change: number
}

/** By a fit alone, without what is made of it. */
export function expectedOf({ scores, change, source }: Fit, of: Scores): Expected {
  const moved = predictForest(forestOf(change), standardised(of, scores))
  const before = logistic(apply(source, standardised(of, source.scores)))
  return { moved, source: before, state: limited(1 - (1 - before) * Math.exp(moved), 0, 1) }
}

export function estimate(calibration: Calibration, of: Scores): Estimate {
  const expected = expectedOf(calibration, of)
  const { moved, source, state } = expected
  return { ...expected, chanceOfHarm: chanceOf(calibration.harm, moved), change: state - source }
}

/** Of harm, by the change that a fit expects. */
export const chanceOf = ({ intercept, slope }: Odds, moved: number): number => logistic(intercept + slope * moved)

export type Odds = Pick<Calibration['harm'], 'intercept' | 'slope'>

/** By how much each of the calibration's scores raises the log odds of harm above those of the mean labelled state, in their
 *  order. */
export function harmByScore({ scores, harm, change }: Calibration, of: Scores): number[] {
  return contributionsOf(forestOf(change), standardised(of, scores)).map((moved) => harm.slope * moved)
}
