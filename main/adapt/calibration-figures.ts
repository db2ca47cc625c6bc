import type { CalibrationFigures } from '../model/calibration.ts'
import { isHarmed, isHelped } from './calibration-fit.ts'
import type { LabelledState } from './calibration-fit.ts'
import type { Judged } from './leave-out.ts'

/** How good the estimates of states are, each made without its own shift and subject; as many as there are states. */
export function figuresOf(
  states: readonly LabelledState[],
  judged: readonly Judged[],
): Omit<CalibrationFigures, 'shiftAlone'> {
  const harmed = states.map(isHarmed)
  const helped = states.map(isHelped)
  const chances = judged.map(({ chanceOfHarm }) => chanceOfHarm)
  const cases = new Map(states.map((state, n) => [state.case, Math.abs(state.before - judged[n]!.source)]))
  const passing = states.flatMap(({ after }, n) => (judged[n]!.isFlagged ? [] : [Math.abs(after - judged[n]!.state)]))
  const reliability = reliabilityOf(chances, harmed)
  const flagged = (of: readonly boolean[]): number | null => {
    const all = of.filter(Boolean).length
    return all ? of.filter((is, n) => is && judged[n]!.isFlagged).length / all : null
  }
  return {
    states: states.length,
    cases: cases.size,
    shifts: new Set(states.map(({ shift }) => shift)).size,
    subjects: new Set(states.map(({ subject }) => subject)).size,
    harmed: harmed.filter(Boolean).length,
    helped: helped.filter(Boolean).length,
    ...areasOf(states, judged),
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

/** Areas under the curve, by the expected change itself: odds that were fitted the wrong way round could not hide it. */
export function areasOf(
  states: readonly LabelledState[],
  judged: readonly Judged[],
): Pick<CalibrationFigures, 'auc' | 'aucAgainstHelp'> {
  const harmed = states.map(isHarmed)
  const moved = judged.map((one) => one.moved)
  const decided = <T>(of: readonly T[]): T[] => of.filter((_, n) => harmed[n] || isHelped(states[n]!))
  return {
    auc: areaUnderCurve(moved, harmed) ?? null,
    aucAgainstHelp: areaUnderCurve(decided(moved), decided(harmed)) ?? null,
  }
}

const meanOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

/** Chance that a true one has a larger value than one that is not, ties by half; undefined without either kind. */
export function areaUnderCurve(values: readonly number[], isTrue: readonly boolean[]): number | undefined {
  const trues = values.filter((_, n) => isTrue[n])
  const falses = values.filter((_, n) => !isTrue[n])
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
