import { beforeAll, describe, expect, it } from 'vitest'
import {
  classes,
  head,
  otherScanner,
  simpleCalibration,
  sourceScanner,
  tinyCard,
  trainedModel,
} from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Calibration } from '../model/calibration.ts'
import { createRandom } from '../volume/random.ts'
import { predictCheckpoint } from './checkpoint.ts'
import { runEpisode } from './episode.ts'
import type { EpisodeRequest, EpisodeResult, EpisodeStep } from './episode.ts'
import type { Method } from './method.ts'
import { methods } from './methods/index.ts'
import { labelsOf, meanDice } from './scores.ts'

const shifted = head(otherScanner, createRandom(77), 6)
const inDomain = head(sourceScanner, createRandom(78), 6)

type Played = { readonly steps: EpisodeStep[]; readonly result: EpisodeResult }

async function play(
  calibration: Calibration | undefined,
  name: keyof typeof methods,
  more: Partial<EpisodeRequest> = {},
): Promise<Played> {
  const model = trainedModel({}, {}, calibration)
  const method: Method = methods[name]
  const episode = runEpisode({ model, study: shifted.study, method, seed: 1, guard: true, ...more })
  const steps: EpisodeStep[] = []
  try {
    for (;;) {
      const next = await episode.next()
      if (next.done) return { steps, result: next.value }
      if (next.value.kind === 'step') steps.push(next.value)
    }
  } finally {
    model.dispose()
  }
}

const options = { gate: 1, steps: 2, passes: 2 }

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
})

describe('a guard with a calibration', () => {
  it('keeps the safe state of which it expects most, and says what it expects', async () => {
    const { result } = await play(simpleCalibration({}), 'consistency', { options })
    const { guard, candidates, kept } = result
    expect(guard.verdict).toBe('accepted')
    const chosen = candidates.find(({ step }) => step === kept)!
    for (const { expectation } of candidates)
      expect(chosen.expectation!.change).toBeGreaterThan(expectation!.change - 0.003)
    const { source, kept: expected, interval, error, cases } = guard.expectedDice!
    // Of states that became steadier at least a tenth of what was missing had been won, and at most two fifths.
    expect((1 - expected) / (1 - source)).toBeLessThan(Math.exp(-0.1))
    expect((1 - expected) / (1 - source)).toBeGreaterThan(Math.exp(-0.5))
    expect(interval).toEqual([expected - 0.04, Math.min(expected + 0.02, 1)])
    expect({ error, cases }).toEqual({ error: 0.02, cases: 20 })
    expect(guard.reasons.join(' ')).toContain('The mask became steadier under views that were held out.')
  })

  it('prefers the earlier of two states that it expects as much of', async () => {
    const same = simpleCalibration({ change: [[0, -0.2]] })
    const { result } = await play(same, 'consistency', { options })
    expect(result.candidates.map(({ step }) => step)).toEqual([2, 4])
    expect(result.kept).toBe(2)
    const { source, kept } = result.guard.expectedDice!
    expect((1 - kept) / (1 - source)).toBeCloseTo(Math.exp(-0.2), 9)
    expect(result.guard.reasons.join(' ')).toContain('later steps are not expected to make the mask better')
  })

  it('rolls back what is likely to have harmed, and what is not expected to help', async () => {
    const harmful = await play(simpleCalibration({ harm: { intercept: 5 } }), 'consistency', { options })
    expect(harmful.result).toMatchObject({ kept: 'source', guard: { verdict: 'rolled-back' } })
    expect(harmful.result.guard.reasons.at(-1)).toContain('Adapting is likelier to have harmed than helped')
    const risky = await play(simpleCalibration({ harm: { intercept: -1, slope: 0, threshold: 0.2 } }), 'consistency', {
      options,
    })
    expect(risky.result).toMatchObject({ kept: 'source', guard: { verdict: 'rolled-back' } })
    expect(risky.result.guard.reasons.at(-1)).toBe('Adapting has too high a risk of harm (27 %): the source model was restored.') // prettier-ignore
    const useless = await play(simpleCalibration({ change: [[0, 0.1]] }), 'consistency', { options })
    expect(useless.result).toMatchObject({ kept: 'source', guard: { verdict: 'rolled-back' } })
    expect(useless.result.guard.reasons.at(-1)).toContain('not expected to help')
    const { source, kept } = useless.result.guard.expectedDice!
    expect(kept).toBe(source)
  })

  it('tells what it expects of a scan that needed nothing, but nothing of one that it refused', async () => {
    const { result } = await play(simpleCalibration({}), 'norm', { study: inDomain.study })
    expect(result.guard.verdict).toBe('not-needed')
    const { source, kept, interval } = result.guard.expectedDice!
    expect(kept).toBe(source)
    expect(interval[0]).toBeCloseTo(source - 0.1, 9)
    const inverted = head({ levels: [0, 1, 0.65, 0.3], coil: 0, noise: 0.03 }, createRandom(5), 4)
    const refused = await play(simpleCalibration({}), 'norm', { study: inverted.study })
    expect(refused.result.guard.expectedDice).toBeUndefined()
  })

  it('is not asked where a label vanished: training stops, and the source is restored', async () => {
    const safe = simpleCalibration({ harm: { intercept: -50 } })
    const collapsing = { learningRate: 0.1, steps: 40, entropy: 'plain', batch: 2 }
    const { steps, result } = await play(safe, 'tent', { options: collapsing })
    expect(result.guard.verdict).toBe('rolled-back')
    expect(result.guard.reasons.join(' ')).toMatch(/vanished from the mask/)
    expect(result.steps).toBeLessThan(40)
    expect(result.steps % 5).toBe(0)
    expect(steps.flatMap(({ notes }) => notes.map(({ message }) => message)).join(' ')).toMatch(
      /Training was stopped after \d+ of 40 steps: .* had vanished/,
    )
  })

  it('says nothing of Dice without a calibration, or without a guard', async () => {
    expect((await play(undefined, 'consistency', { options })).result.guard.expectedDice).toBeUndefined()
    const off = await play(simpleCalibration({}), 'consistency', { options, guard: false })
    expect(off.result.guard).toMatchObject({ verdict: 'off' })
    expect(off.result.guard.expectedDice).toBeUndefined()
  })
})

describe('auto', () => {
  it('keeps the best of several ways by what is expected of them, and says so', async () => {
    const tensors = tf.memory().numTensors
    const { steps, result } = await play(simpleCalibration({}), 'auto', { options: { training: false } })
    expect(tf.memory().numTensors).toBe(tensors)
    const { candidates, kept, guard } = result
    expect(guard.verdict).toBe('accepted')
    expect(candidates.length).toBeGreaterThanOrEqual(3)
    const best = Math.max(...candidates.flatMap(({ harmful, expectation }) => (harmful ? [] : expectation!.dice)))
    expect(guard.expectedDice!.kept).toBeGreaterThan(best - 0.004)
    expect(guard.reasons[0]).toMatch(
      /^Of the ways tried, (light correction|norm statistics|input steps) is expected to give the best mask \(expected Dice: light correction .*, norm statistics .*, input steps .*\)\.$/,
    )
    expect(steps.filter(({ phase }) => phase === 'gate').length).toBe(1)
    expect(steps.filter(({ phase }) => phase === 'final').length).toBe(1)
    const numbers = steps.map(({ step }) => step)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    expect(result.steps).toBe(numbers.at(-1))
    expect(steps.flatMap(({ notes }) => notes.filter(({ code }) => code === 'branch')).length).toBe(3)

    const model = trainedModel()
    const again = await predictCheckpoint(
      model,
      shifted.study,
      candidates.find(({ step }) => step === kept)!.checkpoint,
    )
    expect(again.data).toEqual(result.mask.data)
    model.dispose()
    const dice = ({ data }: { data: Float32Array }): number =>
      meanDice(labelsOf(data, classes), shifted.labels, classes)
    expect(dice(result.mask)).toBeGreaterThan(dice(result.before))
  })

  it('keeps the source where nothing is expected to help', async () => {
    const useless = simpleCalibration({ change: [[0, 0.1]] })
    const { result } = await play(useless, 'auto', { options: { training: false } })
    expect(result).toMatchObject({ kept: 'source', guard: { verdict: 'rolled-back' } })
    expect(result.mask).toBe(result.before)
    expect(result.guard.reasons[0]).toContain('the source model is expected to give the best mask')
  })

  it('cannot choose without a calibration', async () => {
    await expect(play(undefined, 'auto')).rejects.toThrow(
      `does not apply to ${tinyCard.name}: nobody has calibrated its guard`,
    )
  })
})
