import { beforeAll, describe, expect, it } from 'vitest'
import {
  classes,
  head,
  otherScanner,
  sourceScanner,
  tinyCard,
  trainedModel,
  untrainedModel,
} from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Model } from '../model/model.ts'
import { createRandom } from '../volume/random.ts'
import { predictCheckpoint } from './checkpoint.ts'
import { runEpisode } from './episode.ts'
import type { EpisodeEvent, EpisodeRequest, EpisodeResult, EpisodeStep } from './episode.ts'
import type { Method } from './method.ts'
import { methods } from './methods/index.ts'
import { labelsOf, meanDice } from './scores.ts'

type Run = { events: EpisodeEvent[]; steps: EpisodeStep[]; result: EpisodeResult }

const named = (name: keyof typeof methods): Method => methods[name]
const repeated = (word: string, count: number): string[] => new Array<string>(count).fill(word)

async function play(request: Partial<EpisodeRequest> & Pick<EpisodeRequest, 'model' | 'study'>): Promise<Run> {
  const method = named('consistency')
  // The network of discs agrees with itself even where it is wrong, so the gate is held open unless a test is about it.
  const options = (request.method ?? method) === method ? { gate: 1, ...request.options } : request.options
  const episode = runEpisode({ method, seed: 1, guard: true, ...request, ...(options && { options }) })
  const events: EpisodeEvent[] = []
  for (;;) {
    const next = await episode.next()
    if (next.done) return { events, steps: events.filter((event) => event.kind === 'step'), result: next.value }
    events.push(next.value)
  }
}

const bytesOf = (model: Model): string =>
  JSON.stringify([...model.toGraph().initializers.values()].map(({ data }) => Array.from(data as Float32Array)))
const dice = (probability: { data: Float32Array }, labels: Uint8Array): number =>
  meanDice(labelsOf(probability.data, classes), labels, classes)

let model: Model
const shifted = head(otherScanner, createRandom(77), 8)
const inDomain = head(sourceScanner, createRandom(78), 8)

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
  model = trainedModel()
})

describe('the default preset', () => {
  it('recovers most of what another scanner costs, and tells each step', async () => {
    const { events, steps, result } = await play({ model, study: shifted.study })
    const [before, after] = [dice(result.before, shifted.labels), dice(result.mask, shifted.labels)]
    expect(before).toBeLessThan(0.9)
    expect(after).toBeGreaterThan(0.95)
    expect(result.guard.verdict).toBe('accepted')
    expect(events[0]!.kind).toBe('before')
    expect(steps.map(({ phase }) => phase)).toEqual(['gate', ...repeated('input', 5), ...repeated('train', 5), 'final']) // prettier-ignore
    expect(steps.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10])
    const train = steps.filter(({ phase }) => phase === 'train')
    for (const { losses, learningRate, gradientNorm, checkpoint } of train) {
      expect(Object.keys(losses!)).toEqual(['divergence', 'dice', 'prior', 'total'])
      expect(losses!['divergence']! + losses!['dice']! + losses!['prior']!).toBeCloseTo(losses!['total']!, 5)
      expect(learningRate).toBe(2e-3)
      expect(gradientNorm).toBeGreaterThan(0)
      expect(checkpoint!.size).toBeGreaterThan(0)
    }
    expect(result.candidates.map(({ step, phase }) => [step, phase])).toEqual([[5, 'input'], [10, 'train']]) // prettier-ignore
    const shares = steps.map(({ progress }) => progress.share)
    expect(shares.every((share) => share > 0 && share <= 1)).toBe(true)
    expect(shares.at(-1)).toBeGreaterThan(0.95)
  })

  it('keeps states that their checkpoints bring back to the bit', async () => {
    const { result } = await play({ model, study: shifted.study })
    expect((await predictCheckpoint(model, shifted.study, result.checkpoint!)).data).toEqual(result.mask.data)
    const last = result.candidates.at(-1)!
    expect((await predictCheckpoint(model, shifted.study, last.checkpoint)).data).toEqual(result.after.data)
  })

  it('corrects a scan like the training scans only lightly, or not at all', async () => {
    const light = await play({ model, study: inDomain.study, options: { gate: 0.9 } })
    expect(light.steps.map(({ phase }) => phase)).toEqual(['gate', 'input', 'final'])
    expect(light.result.guard.reasons[0]).toMatch(/^The model is steady on this scan, so little is changed \(/)
    expect(dice(light.result.mask, inDomain.labels)).toBeGreaterThan(dice(light.result.before, inDomain.labels) - 0.01)
    const none = await play({ model, study: inDomain.study, options: { gate: 0.9, inDomain: 'nothing' } })
    expect(none.result).toMatchObject({ kept: 'source', guard: { verdict: 'not-needed' }, candidates: [] })
    expect(none.result.mask).toBe(none.result.before)
    expect(none.result.guard.reasons[0]).toMatch(
      /^The model is steady on this scan, so nothing is changed \(agreement with itself on an altered copy 0\.\d{3}, steady from 0\.900\)\.$/,
    )
  })

  it('leaves out what the card has no statistics for, and says so', async () => {
    const bare = trainedModel({ source: {} })
    const { result, steps } = await play({ model: bare, study: shifted.study })
    expect(result.notes.map(({ message }) => message)).toEqual([
      expect.stringContaining('spectrum match was left out'),
      expect.stringContaining('intensity map was left out'),
    ])
    expect(steps.flatMap(({ notes }) => notes).length).toBe(2)
    expect(Object.keys(steps.find(({ phase }) => phase === 'train')!.losses!)).not.toContain('prior')
    expect(dice(result.mask, shifted.labels)).toBeGreaterThan(dice(result.before, shifted.labels))
    bare.dispose()
  })

  it.each([
    [{ spectrum: false, bias: false, anchor: false, final: 0, alpha: 0, passes: 0 }],
    [{ likelihood: false, confidence: true, disagreement: 0.17, temperature: 1, sourceAnchor: 0.1, weightAnchor: 1 }],
    [{ views: 5, symmetries: 'flips', blur: 1, predictWith: 'teacher', scope: 'encoder', learningRate: 1e-4 }],
    [{ steps: 0 }],
  ])('runs with its parts switched: %j', async (options) => {
    const { result } = await play({
      model,
      study: shifted.study,
      options: { steps: 2, ...options },
    })
    expect(result.mask.data.every(Number.isFinite)).toBe(true)
  })
})

describe.each(['norm', 'tent', 'consistency'] as const)('any episode: %s', (name) => {
  const request = { study: shifted.study, method: named(name), guard: false }

  it('is the same from the same seed', async () => {
    const [first, again] = [await play({ ...request, model, seed: 3 }), await play({ ...request, model, seed: 3 })]
    expect(again.result.mask.data).toEqual(first.result.mask.data)
    expect(again.result.checkpoint).toEqual(first.result.checkpoint)
    if (name === 'norm') return
    const options = { slices: 8, batch: 4 }
    const one = await play({ ...request, model, options, seed: 3 })
    const other = await play({ ...request, model, options, seed: 4 })
    expect(other.result.mask.data).not.toEqual(one.result.mask.data)
  })

  it('changes nothing in the source model, and leaves no tensor', async () => {
    const fresh = trainedModel()
    const [weights, tensors] = [bytesOf(fresh), tf.memory().numTensors]
    await play({ ...request, model: fresh, guard: true })
    expect(tf.memory().numTensors).toBe(tensors)
    expect(bytesOf(fresh)).toBe(weights)
    fresh.dispose()
  })

  it('hands out what is needed to compute a step again, when traced', async () => {
    const { steps } = await play({ ...request, model, trace: true, options: { steps: 2, batch: 4 } })
    const train = steps.filter(({ phase }) => phase === 'train')
    expect(train.length).toBe(2)
    for (const { trace, parameters } of train) {
      expect(trace!.input.dims.slice(1)).toEqual([1, 48, 48])
      expect(trace!.logits.dims.slice(1)).toEqual([4, 48, 48])
      expect(trace!.logits.dims[0]).toBe(trace!.input.dims[0])
      const names = [...model.parameters('all'), ...model.parameters('norm-stats')].map((parameter) => parameter.name)
      expect([...parameters!.keys()].sort()).toEqual(names.sort())
    }
  })
})

describe('an episode', () => {
  it.each([
    ['tent', 50],
    ['consistency', 12],
  ] as const)('leaks no tensor: %s over %i steps', async (name, steps) => {
    const counts: number[] = []
    const episode = runEpisode({
      model,
      study: shifted.study,
      method: named(name),
      options: name === 'tent' ? { steps, batch: 2 } : { steps, batch: 2, gate: 1 },
      seed: 1,
      guard: false,
    })
    for (;;) {
      const next = await episode.next()
      if (next.done) break
      if (next.value.kind === 'step' && next.value.phase === 'train') counts.push(tf.memory().numTensors)
    }
    expect(counts.length).toBe(steps)
    expect(new Set(counts.slice(0, -1)).size).toBe(1)
  })

  it.each(['before', 'input', 'train'] as const)('stops within a step when it is cancelled: %s', async (when) => {
    const tensors = tf.memory().numTensors
    const controller = new AbortController()
    const seen: EpisodeEvent[] = []
    const run = async (): Promise<void> => {
      const request = {
        model,
        study: shifted.study,
        method: named('consistency'),
        options: { gate: 1 },
        seed: 1,
        guard: true,
      }
      const onProgress = (): void => {
        if (when === 'before') controller.abort()
      }
      for await (const event of runEpisode({ ...request, signal: controller.signal, onProgress })) {
        seen.push(event)
        if (event.kind === 'step' && event.phase === when) controller.abort()
      }
    }
    await expect(run()).rejects.toThrow(/abort/i)
    expect(seen.length).toBe({ before: 0, input: 3, train: 8 }[when])
    expect(tf.memory().numTensors).toBe(tensors)
  })

  it('disposes of everything when its reader walks away', async () => {
    const tensors = tf.memory().numTensors
    for await (const event of runEpisode({
      model,
      study: shifted.study,
      method: named('tent'),
      seed: 1,
      guard: false,
    })) {
      if (event.kind === 'step' && event.phase === 'train') break
    }
    expect(tf.memory().numTensors).toBe(tensors)
  })

  it('goes back to the source when training diverges, and says why', async () => {
    const broken = trainedModel()
    // A scale so large that the next forward pass overflows.
    const exploding: Method = {
      ...named('tent'),
      step: (work) => {
        for (const { variable } of work.student.parameters('norm-affine'))
          tf.tidy(() => variable.assign(tf.fill(variable.shape, 1e38)))
        return named('tent').step!(work, exploded.state)
      },
      async configure(work) {
        return (exploded.state = await named('tent').configure!(work))
      },
    }
    const exploded: { state?: unknown } = {}
    const { result, steps } = await play({ model: broken, study: shifted.study, method: exploding, guard: false })
    expect(result).toMatchObject({ kept: 'source', guard: { verdict: 'rolled-back' } })
    expect(result.guard.reasons[0]).toMatch(/diverged: (entropy|total|gradient) is not a number/)
    expect(result.mask).toBe(result.before)
    expect(steps.filter(({ phase }) => phase === 'train').length).toBe(1)
    broken.dispose()
  })

  it('rolls back what empties the mask', async () => {
    const method = named('tent')
    const options = { learningRate: 0.1, steps: 25, entropy: 'plain', batch: 2 }
    const { result } = await play({ model, study: shifted.study, method, options })
    expect(result.guard.verdict).toBe('rolled-back')
    expect(result.mask).toBe(result.before)
    expect(result.after).not.toBe(result.before)
    expect(result.guard.reasons.join(' ')).toContain('the source model was restored')
  })

  it('does not adapt what needs none, and nothing without tissue', async () => {
    const { result } = await play({ model, study: inDomain.study, method: named('norm') })
    expect(result).toMatchObject({ kept: 'source', steps: 0, guard: { verdict: 'not-needed' } })
    const empty = { ...shifted.study, tissueSlices: [] }
    for (const name of ['norm', 'tent', 'consistency', 'source'] as const) {
      const run = await play({ model, study: empty, method: named(name) })
      expect(run.result.guard).toMatchObject({ verdict: 'not-needed', reasons: ['No slice of the scan shows tissue.'] })
    }
  })

  it('adapts nothing, and says why, where the contrast is inverted', async () => {
    const inverted = head({ levels: [0, 1, 0.65, 0.3], coil: 0, noise: 0.03 }, createRandom(5), 4)
    for (const name of ['norm', 'consistency'] as const) {
      const { result } = await play({ model, study: inverted.study, method: named(name) })
      expect(result).toMatchObject({ kept: 'source', steps: 0, guard: { verdict: 'rolled-back' } })
      expect(result.guard.reasons[0]).toContain('contrast inverted')
    }
  })

  it('refuses a method that the model cannot use, and options that do not exist', async () => {
    const folded = { ...model, card: tinyCard, normLayers: [], parameters: () => [] } as unknown as Model
    await expect(play({ model: folded, study: shifted.study, method: named('norm') })).rejects.toThrow(
      /does not apply to tiny: it has no batch-norm layers/,
    )
    await expect(play({ model, study: shifted.study, options: { speed: 3 } })).rejects.toThrow(/no option speed/)
  })

  it('runs on an untrained network and on a single slice', async () => {
    const random = untrainedModel(tinyCard, 9)
    const { study } = head(sourceScanner, createRandom(1), 1)
    for (const name of ['norm', 'tent', 'consistency'] as const) {
      const { result } = await play({ model: random, study, method: named(name) })
      expect(result.mask.data.every(Number.isFinite)).toBe(true)
    }
    random.dispose()
  })
})
