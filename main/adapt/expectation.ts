import type { Calibration } from '../model/calibration.ts'
import { estimate, harmByScore, limited } from './calibration-fit.ts'
import { featureOf, sentencesOf } from './calibration-scores.ts'
import type { GuardScores } from './guard.ts'

/** What a calibration expects of mean Dice: of the source model's mask, and of the state that is kept. An estimate. */
export type ExpectedDice = {
  readonly source: number
  readonly kept: number
  /** Of the kept one: where nine in ten of the labelled states that pass lay, judged without their shift and subject. */
  readonly interval: readonly [low: number, high: number]
  /** Mean absolute error of such estimates, and how many scans they were checked on. */
  readonly error: number
  readonly cases: number
}

/** A state as its scores speak of it. */
export type Expectation = {
  readonly chanceOfHarm: number
  readonly isHarmful: boolean
  /** Expected mean Dice of the state, and by how much it differs from the source model's. */
  readonly dice: number
  readonly change: number
  /** The scores that speak loudest for what is said of it, in sentences. */
  readonly reasons: readonly string[]
}

/** Reasons told at most, and the least that one adds to the log odds of harm. */
const reasonsTold = 3
const leastContribution = 0.25

export function expectationOf(calibration: Calibration, scores: GuardScores): Expectation {
  const { chanceOfHarm, change, state } = estimate(calibration, scores)
  const isHarmful = chanceOfHarm >= calibration.harm.threshold
  return { chanceOfHarm, isHarmful, dice: state, change, reasons: loudest(calibration, scores, isHarmful) }
}

/** Scores that push the chance of harm to the side that it fell on, and whose sentence says so too: by the scores before it on its way a
 *  tree may take one the other way. A score that is not there moves a state too, but there is nothing to say of it. */
function loudest(calibration: Calibration, scores: GuardScores, isHarmful: boolean): string[] {
  const { scores: standards } = calibration
  const contributions = harmByScore(calibration, scores)
  return standards
    .flatMap(({ name, mean }, n) => {
      const [told, value] = [sentencesOf(name), featureOf(name, scores)]
      if (!told || Number.isNaN(value)) return []
      const { harmIs, isChange, high, low } = told
      if (isChange && value === 0) return []
      const contribution = contributions[n]!
      const isHigh = value > (isChange ? 0 : mean)
      const speaksOfHarm = isHigh === (harmIs === 'high')
      const fits = contribution > 0 === isHarmful && speaksOfHarm === isHarmful
      return fits && Math.abs(contribution) >= leastContribution
        ? [{ contribution, sentence: isHigh ? high : low }]
        : []
    })
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, reasonsTold)
    .map(({ sentence }) => sentence)
}

/** Where the source model's mask is kept. */
export function expectedOfSource(calibration: Calibration, scores: GuardScores): ExpectedDice {
  const { source } = estimate(calibration, scores)
  const { errors, figures } = calibration
  return { source, kept: source, ...around(source, errors.source), error: figures.sourceError, cases: figures.cases }
}

export function expectedOfState(calibration: Calibration, scores: GuardScores): ExpectedDice {
  const { source, state } = estimate(calibration, scores)
  const { errors, figures } = calibration
  return { source, kept: state, ...around(state, errors.state), error: figures.stateError, cases: figures.cases }
}

function around(dice: number, { low, high }: Calibration['errors']['state']): Pick<ExpectedDice, 'interval'> {
  return { interval: [limited(dice + low, 0, 1), limited(dice + high, 0, 1)] }
}
