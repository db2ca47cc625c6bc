import { describe, expect, it } from 'vitest'
import { Calibration } from '../model/calibration.ts'
import { createRandom } from '../volume/random.ts'
import reference from './calibrate.reference.json' with { type: 'json' }
import { calibrate } from './calibrate.ts'
import { areaUnderCurve, reliabilityOf } from './calibration-figures.ts'
import { changeOf, estimate, harmByScore, isHarmed } from './calibration-fit.ts'
import type { LabelledState } from './calibration-fit.ts'
import { leaveOut, thresholdFor } from './leave-out.ts'
import { fitLogistic, fitRidge } from './linear-models.ts'

const { states } = reference
const model = { name: 'tiny', sha256: 'abc' }
const meanOf = (values: readonly number[]): number => values.reduce((sum, one) => sum + one, 0) / values.length
const calibration = calibrate(states, { model, data: 'made up' })

describe('a calibration', () => {
  it("judges each state by those of other shifts and subjects as scikit-learn's extremely randomised trees do", () => {
    const { judged } = leaveOut(states, 'shift and subject')
    const off = (own: readonly number[], theirs: readonly number[]): number[] =>
      own.map((value, n) => Math.abs(value - theirs[n]!))
    // Both are means over random trees: ours over 200, the reference's over 4000.
    const expected = off(
      judged.map(({ state }) => state),
      reference.expected,
    )
    expect(Math.max(...expected)).toBeLessThan(0.02)
    const chances = off(
      judged.map(({ chanceOfHarm }) => chanceOfHarm),
      reference.chances,
    )
    expect(meanOf(chances)).toBeLessThan(0.02)
  })

  it("has scikit-learn's weights and figures", () => {
    const { source, figures, errors } = calibration
    expect(source.intercept).toBeCloseTo(reference.source.intercept, 7)
    reference.order.forEach((name, n) => {
      const own = source.weights[source.scores.findIndex((score) => score.name === name)]!
      expect(own).toBeCloseTo(reference.source.weights[n]!, 7)
    })
    for (const name of ['auc', 'aucAgainstHelp', 'brier', 'caught', 'lost'] as const)
      expect(Math.abs(figures[name]! - reference[name]), name).toBeLessThan(0.04)
    expect(Math.abs(figures.shiftAlone.auc! - reference.shiftAlone.auc)).toBeLessThan(0.04)
    expect(Math.abs(figures.shiftAlone.aucAgainstHelp! - reference.shiftAlone.aucAgainstHelp)).toBeLessThan(0.04)
    // Where harm is as likely as not, and what is too likely.
    const even = ({ intercept, slope }: Pick<Calibration['harm'], 'intercept' | 'slope'>): number => -intercept / slope
    expect(even(calibration.harm)).toBeCloseTo(even(reference.harm), 1)
    expect(calibration.harm.slope / reference.harm.slope).toBeCloseTo(1, 0)
    expect(Math.abs(calibration.harm.threshold - reference.harm.threshold)).toBeLessThan(0.15)
    // The percentile is one of single precision.
    expect(errors.source.low).toBeCloseTo(reference.sourceErrors[0]!, 6)
    expect(errors.source.high).toBeCloseTo(reference.sourceErrors[1]!, 6)
    expect(errors.state.low).toBeCloseTo(reference.stateErrors[0]!, 2)
    expect(errors.state.high).toBeCloseTo(reference.stateErrors[1]!, 2)
    expect(figures).toMatchObject({ states: 60, cases: 12, shifts: 6, subjects: 4 })
  })

  it("makes of the reference's chances what scikit-learn makes of them", () => {
    const { chances, threshold, brier, calibrationError } = reference
    expect(thresholdFor(chances, states.map(changeOf))).toBeCloseTo(threshold, 9)
    const harmed = states.map(isHarmed)
    expect(meanOf(chances.map((chance, n) => (chance - (harmed[n] ? 1 : 0)) ** 2))).toBeCloseTo(brier, 9)
    const bins = reliabilityOf(chances, harmed)
    const error = bins.reduce((sum, bin) => sum + (bin.states / 60) * Math.abs(bin.told - bin.harmed), 0)
    expect(error).toBeCloseTo(calibrationError, 9)
  })

  it('does not know a head again', () => {
    // Whether a state was harmed hangs on the head alone, which a score gives away; shifts tell nothing.
    const random = createRandom(3)
    const heads = Array.from({ length: 72 }, (_, n): LabelledState => {
      const head = n % 6
      const isHarmed = [true, false, false, true, true, false][head]!
      const scores = { 'S4 before': 0.9 + 0.01 * head, 'S12 separation change': random.normal() }
      const after = isHarmed ? 0.7 : 0.9
      return { case: `${n}`, shift: `${Math.floor(n / 6) % 4}`, subject: `${head}`, before: 0.8, after, scores }
    })
    const { auc, shiftAlone } = calibrate(heads, { model, data: '' }).figures
    expect(auc!).toBeLessThan(0.7)
    expect(shiftAlone.auc!).toBeGreaterThan(0.95)
  })

  it('judges scans of one subject by its other shifts', () => {
    const one = states.map((state) => ({ ...state, subject: 'a' }))
    const { auc, aucAgainstHelp, shiftAlone } = calibrate(one, { model, data: '' }).figures
    expect({ auc, aucAgainstHelp }).toEqual(shiftAlone)
  })

  it('is refused to states of one shift', () => {
    const one = states.map((state) => ({ ...state, shift: 'a' }))
    expect(() => calibrate(one, { model, data: '' })).toThrow('of one shift')
  })

  it('says which scores raised the odds of harm, and by how much', () => {
    const { harm } = calibration
    const whole = ({ chanceOfHarm }: { chanceOfHarm: number }): number => Math.log(chanceOfHarm / (1 - chanceOfHarm))
    const mean = meanOf(calibration.change.states.map(({ change }) => change))
    for (const { scores } of states.slice(0, 10)) {
      const total = harmByScore(calibration, scores).reduce((sum, one) => sum + one, 0)
      expect(total + harm.intercept + harm.slope * mean).toBeCloseTo(whole(estimate(calibration, scores)), 9)
    }
  })

  it('is what its file holds', () => {
    expect(Calibration.parse(JSON.parse(JSON.stringify(calibration)))).toEqual(calibration)
  })

  it('takes a score that is not there as one at the mean', () => {
    const { scores } = states[0]!
    const middle = calibration.scores.find(({ name }) => name === 'S7 islands change')!.mean
    const without = estimate(calibration, { ...scores, 'S7 islands change': null })
    expect(without).toEqual(estimate(calibration, { ...scores, 'S7 islands change': NaN }))
    expect(without).toEqual(estimate(calibration, { ...scores, 'S7 islands change': middle }))
    expect(Object.values(estimate(calibration, {})).every(Number.isFinite)).toBe(true)
    // A model without norm layers: the score is in no state, and in no weight.
    expect(calibration.scores.map(({ name }) => name)).not.toContain('S11 norm distance')
  })

  it('can be fitted where nothing was harmed', () => {
    const safe = calibrate(states.map((state) => ({ ...state, after: state.before + 0.02 })), { model, data: '' }) // prettier-ignore
    expect(safe.figures).toMatchObject({
      harmed: 0,
      helped: 60,
      auc: null,
      aucAgainstHelp: null,
      caught: null,
      lost: 0,
    })
    expect(estimate(safe, states[0]!.scores).chanceOfHarm).toBeLessThan(0.05)
    expect(estimate(safe, states[0]!.scores).change).toBeGreaterThan(0.01)
  })
})

it('the threshold is where most is gained, harm counting twice, and never above an even chance', () => {
  // Keeping the state of .3 gains .04 and loses 2 x .015 by that of .25.
  expect(thresholdFor([0.1, 0.25, 0.3, 0.4], [0.05, -0.015, 0.04, -0.1])).toBe(0.4)
  expect(thresholdFor([0.1, 0.25, 0.3, 0.4], [0.05, -0.025, 0.04, -0.1])).toBe(0.25)
  expect(thresholdFor([0.1, 0.9], [0.05, 0.05])).toBe(0.5)
  expect(thresholdFor([], [])).toBe(0.5)
})

it('the area under the curve counts ties by half, and needs both kinds', () => {
  expect(areaUnderCurve([0.1, 0.2, 0.3], [false, false, true])).toBe(1)
  expect(areaUnderCurve([0.2, 0.2], [false, true])).toBe(0.5)
  expect(areaUnderCurve([0.2, 0.2], [true, true])).toBeUndefined()
})

it('reliability compares what was told with what came true, tenth by tenth', () => {
  expect(reliabilityOf([0.05, 0.07, 1, 0.95], [false, true, true, true])).toEqual([
    { told: 0.060000000000000005, harmed: 0.5, states: 2 },
    { told: 0.975, harmed: 1, states: 2 },
  ])
})

it('linear models: a line through its points, and no step where a class is missing', () => {
  const rows = [[0], [1], [2]]
  const { intercept, weights } = fitRidge(rows, [1, 3, 5], 1e-12)
  expect([intercept, ...weights].map((value) => Math.round(value * 1e6) / 1e6)).toEqual([1, 2])
  expect(fitLogistic(rows, [true, true, true], 1).weights).toEqual([0])
})
