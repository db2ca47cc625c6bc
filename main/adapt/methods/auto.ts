import { defineMethod } from '../method.ts'
import type { Branch } from '../method.ts'
import { consistency } from './consistency.ts'
import { norm } from './norm.ts'

/**
 * Tries several cheap ways from the source weights and keeps the state of which the model's calibration expects the greatest
 * Dice, or the source. Selection among candidates by a label-free estimate; fails where the estimate does: its error stands
 * with the verdict.
 */
export const auto = defineMethod({
  title: 'Automatic (best of several ways)',
  summary:
    'Tries a light correction, the norm statistics of the scan, and the recommended method, and keeps what the calibrated guard expects to be best, or the source model. Takes about as long as all of them together.',
  reference: 'Scanbridge; docs/decisions/0011-calibrated-guard.md',
  options: {
    training: { value: true, help: 'Try training too, after the input steps.' },
  },
  obstacle: ({ calibration }) =>
    calibration ? undefined : 'nobody has calibrated its guard, which would choose (`scanbridge calibrate` does)',
  slices: () => 20,
  branches: (model, { training }) => {
    const ways: Branch[] = [
      { title: 'light correction', method: consistency, options: {}, extent: 'light' },
      { title: 'norm statistics', method: norm, options: { steps: 5, batch: 4 }, extent: 'full' },
      {
        title: training ? 'input steps and training' : 'input steps',
        method: consistency,
        options: training ? { gate: 1 } : { gate: 1, steps: 0 },
        extent: 'full',
      },
    ]
    return model.normLayers.length ? ways : ways.filter(({ method }) => method !== norm)
  },
})
