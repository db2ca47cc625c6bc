import type { Calibration } from '../model/calibration.ts'
import { estimate, harmByScore, standardised } from './calibrate.ts'
import { sentencesOf } from './calibration-scores.ts'
import type { GuardScores } from './guard.ts'

/** What a calibration expects of mean Dice: of the source model's mask, and of the state that is kept. An estimate. */
export type ExpectedDice = {
  readonly source: number
  readonly kept: number
  /** Of the kept one: where nine in ten of the labelled states lay whose shift had been left out of the fit. */
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

/** Scores that push the chance of harm to the side that it fell on, and whose sentence says so too: where two scores tell the
 *  same, a fit may weigh one of them against the other. */
function loudest(calibration: Calibration, scores: GuardScores, isHarmful: boolean): string[] {
  const { scores: standards } = calibration
  const contributions = harmByScore(calibration, scores)
  return standardised(scores, standards)
    .flatMap((z, n) => {
      const told = sentencesOf(standards[n]!.name)
      if (!told) return []
      const { harmIs, high, low } = told
      const contribution = contributions[n]!
      const speaksOfHarm = z > 0 === (harmIs === 'high')
      const fits = contribution > 0 === isHarmful && speaksOfHarm === isHarmful
      return fits && Math.abs(contribution) >= leastContribution ? [{ contribution, sentence: z > 0 ? high : low }] : []
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
  const share = (value: number): number => Math.min(Math.max(value, 0), 1)
  return { interval: [share(dice + low), share(dice + high)] }
}
