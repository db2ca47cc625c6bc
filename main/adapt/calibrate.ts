import type { Calibration } from '../model/calibration.ts'
import { percentile } from '../volume/intensity.ts'
import { areasOf, figuresOf } from './calibration-figures.ts'
import { firstStates, fit } from './calibration-fit.ts'
import type { LabelledState } from './calibration-fit.ts'
import { leaveOut } from './leave-out.ts'

/**
 * Fits a guard's calibration to labelled states of at least two shifts (methods.md section 4), and says how good it is. The odds,
 * the threshold, the errors and the figures are those of estimates that were made without the shift and the subject of the
 * state that they are of.
 */
export function calibrate(states: readonly LabelledState[], of: Pick<Calibration, 'model' | 'data'>): Calibration {
  const { judged, rule } = leaveOut(states, 'shift and subject')
  const sourceOf = new Map(states.map((state, n) => [state.case, judged[n]!.source]))
  return {
    schema: 2,
    ...of,
    ...fit(states),
    harm: rule,
    errors: {
      source: spread(firstStates(states).map((state) => state.before - sourceOf.get(state.case)!)),
      state: spread(states.flatMap(({ after }, n) => (judged[n]!.isFlagged ? [] : [after - judged[n]!.state]))),
    },
    figures: { ...figuresOf(states, judged), shiftAlone: areasOf(states, leaveOut(states, 'shift').judged) },
    cases: [...new Set(states.map((state) => state.case))],
  }
}

function spread(errors: readonly number[]): { low: number; high: number } {
  const values = Float32Array.from(errors)
  return values.length ? { low: percentile(values, 5), high: percentile(values, 95) } : { low: -1, high: 1 }
}
