import type { Model } from '../model/model.ts'
import { predictStudy } from '../predict/predict.ts'
import type { ModelStudy } from '../predict/study.ts'
import type { ProbabilityMap } from '../volume/volume.ts'
import type { LabelledState } from './calibration-fit.ts'
import { predictCheckpoint } from './checkpoint.ts'
import { runEpisode } from './episode.ts'
import type { SourceMeasures } from './examiner.ts'
import type { Extent, Method } from './method.ts'
import { consistency } from './methods/consistency.ts'
import { norm } from './methods/norm.ts'
import { tent } from './methods/tent.ts'
import type { OptionValue } from './options.ts'

/** A way to adapt, whatever the gate says; several of those below are there for the harm that they do. */
export type LabelledEpisode = {
  readonly name: string
  readonly method: Method
  readonly options: Readonly<Record<string, OptionValue>>
  readonly extent: Extent
}

/** No input steps: training alone. */
const bare = { gate: 1, spectrum: false, passes: 0, bias: false, anchor: false, learningRate: 3e-2, steps: 2, views: 1 }
const collapsing = { learningRate: 2e-2, entropy: 'plain', steps: 3, batch: 4 }

/** What a guard is to tell apart: the default preset, what is safe, and what is not. */
export const calibrationEpisodes: readonly LabelledEpisode[] = [
  { name: 'consistency', method: consistency, options: { gate: 1 }, extent: 'full' },
  { name: 'consistency light', method: consistency, options: {}, extent: 'light' },
  { name: 'norm', method: norm, options: {}, extent: 'full' },
  { name: 'norm of the scan alone', method: norm, options: { alpha: 1 }, extent: 'full' },
  { name: 'tent', method: tent, options: { steps: 3, batch: 6 }, extent: 'full' },
  { name: 'tent at 2e-2', method: tent, options: collapsing, extent: 'full' },
  { name: 'consistency at 3e-2', method: consistency, options: bare, extent: 'full' },
]

export type CollectedStates = {
  readonly episode: string
  /** None where it diverged, or had nothing to do. */
  readonly states: readonly Omit<LabelledState, 'case' | 'shift' | 'subject'>[]
}

/** The states that each episode reaches on one scan, with their scores. `dice`: mean Dice of a prediction against the truth.
 *  Episodes that the model does not allow are left out. */
export async function* collectStates(
  model: Model,
  study: ModelStudy,
  dice: (prediction: ProbabilityMap) => number,
  { episodes, seed, signal }: { episodes: readonly LabelledEpisode[]; seed: number; signal?: AbortSignal },
): AsyncGenerator<CollectedStates, void> {
  const stoppable = signal && { signal }
  const before = await predictStudy(model, study, stoppable)
  const source = dice(before)
  const measured: SourceMeasures = new Map()
  for (const { name, method, options, extent } of episodes) {
    const request = { model, study, method, options, extent, seed, guard: true, before, measured, ...stoppable }
    const episode = runEpisode(request)
    let next = await episode.next()
    while (!next.done) next = await episode.next()
    const { candidates, after } = next.value
    const states: Omit<LabelledState, 'case' | 'shift' | 'subject'>[] = []
    for (const { step, checkpoint, scores } of candidates) {
      const isLast = candidates.at(-1)!.step === step && after !== before
      const prediction = isLast ? after : await predictCheckpoint(model, study, checkpoint, stoppable)
      states.push({ before: source, after: dice(prediction), scores })
    }
    yield { episode: name, states }
  }
}
