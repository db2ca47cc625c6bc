import { describe, expect, it } from 'vitest'
import { simpleCalibration } from '../../tests/tiny/world.ts'
import type { Calibration } from '../model/calibration.ts'
import { expectationOf } from './expectation.ts'

/** Goes by one score, of which the labelled states had `mean`: those above it were harmed much, those below it helped. */
function byOne(name: string, mean: number): Calibration {
  const calibration = simpleCalibration({ change: [[-1, -0.5], [1, 0.8]], harm: { intercept: 0, slope: 5 } }) // prettier-ignore
  return { ...calibration, scores: [{ name, mean, sd: 0.1 }] }
}

describe('reasons', () => {
  it('say of a change whether it was more or less, wherever most states lie', () => {
    // Among states of which most moved further away, this one did so too, if by less.
    const { isHarmful, reasons } = expectationOf(byOne('S5 proportions change', 0.3), { 'S5 proportions change': 0.2 })
    expect(isHarmful).toBe(false)
    expect(reasons).toEqual([])
    const towards = expectationOf(byOne('S5 proportions change', 0.3), { 'S5 proportions change': -0.1 })
    expect(towards.reasons).toEqual(['The proportions of the labels moved towards those of the training scans.'])
    const away = expectationOf(byOne('S5 proportions change', 0.3), { 'S5 proportions change': 0.5 })
    expect(away.isHarmful).toBe(true)
    expect(away.reasons).toEqual(['The proportions of the labels moved away from those of the training scans.'])
  })

  it('say of all else whether it is more or less than in most states', () => {
    const far = expectationOf(byOne('S9 parameter drift', Math.log(0.01)), { 'S9 parameter drift': 0.1 })
    expect(far.reasons).toEqual(['The weights moved far.'])
  })

  it('say nothing of a score that is not there, or did not change', () => {
    const same = expectationOf(byOne('S7 holes change', 0.3), { 'S7 holes change': 0 })
    expect(same.reasons).toEqual([])
    for (const missing of [{}, { 'S9 parameter drift': null }, { 'S9 parameter drift': NaN }])
      expect(expectationOf(byOne('S9 parameter drift', -4), missing as never).reasons).toEqual([])
  })
})
