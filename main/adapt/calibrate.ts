import type { Calibration, CalibrationFigures } from '../model/calibration.ts'
import { percentile } from '../volume/intensity.ts'
import { featureOf, scoresOfSource, scoresOfState } from './calibration-scores.ts'
import type { Scores } from './calibration-scores.ts'
import { contributionsOf, growForest, predictForest } from './forest.ts'
import type { Forest } from './forest.ts'
import { apply, fitLogistic, fitRidge, logistic } from './linear-models.ts'
import { createRandom } from '../volume/random.ts'

/** Fits a guard's calibration to labelled states, and says how good it is on shifts that it has not seen (methods.md section 4). */

/** A state that an episode reached on a labelled scan. */
export type LabelledState = {
  readonly case: string
  /** What is left out together. */
  readonly shift: string
  /** Mean Dice of the labels by the source model, and in this state. */
  readonly before: number
  readonly after: number
  readonly scores: Scores
}

/** Mean Dice that changes by less is neither harm nor help. */
export const harmLimit = 0.01
const l2 = 1
const forestSettings = { trees: 200, tried: 0.3, leastSamples: 2, seed: 11 }
/** Decimals that a calibration keeps of what its forest grows from. */
const decimals = 4
/** Of a single weight, which the data tell well: it only keeps it finite. */
const l2OfOdds = 0.01
/** What harm counts when it is weighed against help. */
const harmWeight = 2
/** A score further out than this many sd tells no more than the furthest that was seen. */
const furthest = 4
/** What a state lost or won beyond this counts as this where harm is weighed against help. */
const changeLimit = 0.15
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

export function standardised(scores: Scores, of: Standards): number[] {
  return of.map(({ name, mean, sd }) => {
    const value = featureOf(name, scores)
    // Infinite is far; what is not there, or not a number, is taken as the mean.
    if (Number.isNaN(value)) return 0
    return Math.min(Math.max((value - mean) / sd, -furthest), furthest)
  })
}

type Fit = Pick<Calibration, 'scores' | 'change' | 'source'>

const rounded = (value: number): number => Number(value.toFixed(decimals))

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

const changeOf = ({ before, after }: LabelledState): number => after - before
const isHarmed = (state: LabelledState): boolean => changeOf(state) < -harmLimit
const isHelped = (state: LabelledState): boolean => changeOf(state) > harmLimit
const missing = (dice: number): number => Math.log(Math.max(1 - dice, leastMissing))
/** Dice runs from 0 to 1, where a straight line would run beyond. */
const logit = (dice: number): number => Math.log(limited(dice, leastMissing, 1) / limited(1 - dice, leastMissing, 1))
const limited = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most)

/** The first state of each case: scores of the source model are the same in all of them. */
const firstStates = (states: readonly LabelledState[]): LabelledState[] => [
  ...new Map(states.toReversed().map((state) => [state.case, state])).values(),
]

function fit(states: readonly LabelledState[]): Fit {
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
        l2,
      ),
    },
  }
}

export type Estimate = {
  /** That mean Dice falls by more than .01. */
  readonly chanceOfHarm: number
  readonly change: number
  /** Expected mean Dice of the source model, and of the state. */
  readonly source: number
  readonly state: number
}

const share = (dice: number): number => Math.min(Math.max(dice, 0), 1)

export function estimate({ scores, harm, change, source }: Fit & { readonly harm: Odds }, of: Scores): Estimate {
  const moved = predictForest(forestOf(change), standardised(of, scores))
  const before = logistic(apply(source, standardised(of, source.scores)))
  const state = share(1 - (1 - before) * Math.exp(moved))
  return { chanceOfHarm: logistic(harm.intercept + harm.slope * moved), change: state - before, source: before, state }
}

type Odds = Pick<Calibration['harm'], 'intercept' | 'slope'>

/** By how much each of the calibration's scores raises the log odds of harm, in their order. */
export function harmByScore({ scores, harm, change }: Calibration, of: Scores): number[] {
  return contributionsOf(forestOf(change), standardised(of, scores)).map((moved) => harm.slope * moved)
}

/**
 * Estimates of each state from a fit to the states of all other shifts, in the order given, and the log odds of harm by such
 * changes (Platt scaling: two numbers, from all states).
 */
export function leaveOneShiftOut(states: readonly LabelledState[]): { estimates: Estimate[]; odds: Odds } {
  const fits = new Map(
    [...new Set(states.map(({ shift }) => shift))].map((shift) => [
      shift,
      fit(states.filter((state) => state.shift !== shift)),
    ]),
  )
  const changes = states.map(({ shift, scores }) => {
    const { change, scores: of } = fits.get(shift)!
    return [predictForest(forestOf(change), standardised(scores, of))]
  })
  const { intercept, weights } = fitLogistic(changes, states.map(isHarmed), l2OfOdds)
  const odds = { intercept, slope: weights[0]! }
  const estimates = states.map(({ shift, scores }) => estimate({ ...fits.get(shift)!, harm: odds }, scores))
  return { estimates, odds }
}

/**
 * The calibration of a model by labelled states of at least two shifts. The threshold, the errors and the figures are those of
 * estimates that were made without the shift of the state that they are of.
 */
export function calibrate(states: readonly LabelledState[], of: Pick<Calibration, 'model' | 'data'>): Calibration {
  const { estimates, odds } = leaveOneShiftOut(states)
  const threshold = thresholdFor(
    estimates.map(({ chanceOfHarm }) => chanceOfHarm),
    states.map(changeOf),
  )
  const whole = fit(states)
  const cases = firstStates(states)
  const ofCase = new Map(states.map((state, n) => [state.case, estimates[n]!.source]))
  return {
    schema: 2,
    ...of,
    ...whole,
    harm: { ...odds, threshold },
    errors: {
      source: spread(cases.map((state) => state.before - ofCase.get(state.case)!)),
      state: spread(
        states.flatMap((state, n) =>
          estimates[n]!.chanceOfHarm < threshold ? [state.after - estimates[n]!.state] : [],
        ),
      ),
    },
    figures: figuresOf(states, estimates, threshold),
    cases: [...new Set(states.map((state) => state.case))],
  }
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

function spread(errors: readonly number[]): { low: number; high: number } {
  const values = Float32Array.from(errors)
  return values.length ? { low: percentile(values, 5), high: percentile(values, 95) } : { low: -1, high: 1 }
}

function figuresOf(
  states: readonly LabelledState[],
  estimates: readonly Estimate[],
  threshold: number,
): CalibrationFigures {
  const harmed = states.map(isHarmed)
  const helped = states.map(isHelped)
  const chances = estimates.map(({ chanceOfHarm }) => chanceOfHarm)
  const cases = new Map(states.map((state, n) => [state.case, Math.abs(state.before - estimates[n]!.source)]))
  const passing = states.flatMap(({ after }, n) =>
    chances[n]! < threshold ? [Math.abs(after - estimates[n]!.state)] : [],
  )
  const reliability = reliabilityOf(chances, harmed)
  const decided = <T>(of: readonly T[]): T[] => of.filter((_, n) => harmed[n] || helped[n])
  const flagged = (of: readonly boolean[]): number | null => {
    const all = of.filter(Boolean).length
    return all ? of.filter((is, n) => is && chances[n]! >= threshold).length / all : null
  }
  return {
    states: states.length,
    cases: cases.size,
    shifts: new Set(states.map(({ shift }) => shift)).size,
    harmed: harmed.filter(Boolean).length,
    helped: helped.filter(Boolean).length,
    auc: areaUnderCurve(chances, harmed) ?? null,
    aucAgainstHelp: areaUnderCurve(decided(chances), decided(harmed)) ?? null,
    brier: meanOf(chances.map((chance, n) => (chance - (harmed[n] ? 1 : 0)) ** 2)),
    calibrationError: reliability.reduce(
      (sum, bin) => sum + (bin.states / states.length) * Math.abs(bin.told - bin.harmed),
      0,
    ),
    reliability,
    caught: flagged(harmed),
    lost: flagged(helped),
    sourceError: meanOf([...cases.values()]),
    stateError: passing.length ? meanOf(passing) : 1,
  }
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Chance that a harmed state is told a larger chance than one that is not, ties by half; undefined without either kind. */
export function areaUnderCurve(chances: readonly number[], isTrue: readonly boolean[]): number | undefined {
  const trues = chances.filter((_, n) => isTrue[n])
  const falses = chances.filter((_, n) => !isTrue[n])
  if (trues.length === 0 || falses.length === 0) return undefined
  let wins = 0
  for (const one of trues) for (const other of falses) wins += one > other ? 1 : one === other ? 0.5 : 0
  return wins / (trues.length * falses.length)
}

/** By tenth of the chance told: its mean, the share that it came true of, and how many; empty tenths are left out. */
export function reliabilityOf(
  chances: readonly number[],
  isTrue: readonly boolean[],
): CalibrationFigures['reliability'] {
  return Array.from({ length: 10 }, (_, tenth) => {
    const own = chances.flatMap((chance, n) => (Math.min(Math.floor(chance * 10), 9) === tenth ? [n] : []))
    return {
      told: meanOf(own.map((n) => chances[n]!)),
      harmed: own.filter((n) => isTrue[n]).length / own.length,
      states: own.length,
    }
  }).filter(({ states }) => states > 0)
}
