import { beforeAll, describe, expect, it } from 'vitest'
import { parityModel, scan } from '../../../tests/parity/method-steps.ts'
import { tinyCompanions } from '../../../tests/tiny/companions.ts'
import { head, otherScanner, trainedModel } from '../../../tests/tiny/world.ts'
import { startEngine } from '../../engine/pick-files.ts'
import { tf } from '../../engine/tf.ts'
import type { Model } from '../../model/model.ts'
import type { ModelStudy } from '../../predict/study.ts'
import { createRandom } from '../../volume/random.ts'
import { predictCheckpoint } from '../checkpoint.ts'
import { runEpisode } from '../episode.ts'
import type { EpisodeRequest, EpisodeResult, EpisodeStep } from '../episode.ts'
import type { Method } from '../method.ts'
import type { OptionValue } from '../options.ts'
import { parseOptions } from '../options.ts'
import { methods } from './index.ts'

/** Every method but the baseline and what is made of several (auto.test.ts), through whole episodes; source, norm, tent and
 *  consistency have more in episode.test.ts. */
const names = Object.keys(methods).filter((name) => name !== 'source' && name !== 'auto') as (keyof typeof methods)[]
const named = (name: keyof typeof methods): Method => methods[name]

/** Three small steps, or as near as a method comes to it. */
function brief(name: keyof typeof methods, steps = 3): Record<string, OptionValue> {
  const { options } = named(name)
  const wanted: Record<string, OptionValue> = {
    steps,
    batch: 2,
    slices: 4,
    views: 2,
    gate: 1,
    channels: 4,
    memory: 3,
    every: 3,
  }
  if (name === 'intent') wanted['blends'] = 2
  if (name === 'pass') wanted['gate'] = false
  if (name === 'consistency') wanted['passes'] = 1
  if (name === 'pseudo-labels') wanted['rounds'] = 2
  return Object.fromEntries(Object.entries(wanted).filter(([option]) => option in options))
}

type Run = { readonly steps: EpisodeStep[]; readonly result: EpisodeResult }

async function play(
  name: keyof typeof methods,
  request: Partial<EpisodeRequest> & Pick<EpisodeRequest, 'model' | 'study'>,
): Promise<Run> {
  const episode = runEpisode({ method: named(name), options: brief(name), seed: 1, guard: false, ...request })
  const steps: EpisodeStep[] = []
  for (;;) {
    const next = await episode.next()
    if (next.done) return { steps, result: next.value }
    if (next.value.kind === 'step') steps.push(next.value)
  }
}

let model: Model
let bare: Model
const { study: whole } = head(otherScanner, createRandom(77), 3)
const study = corner(whole)

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
  model = trainedModel({}, tinyCompanions(4, 2, 4, createRandom(3)))
  bare = trainedModel({ source: {} })
})

/** Draw nothing at random. */
const steady = ['norm', 'fourier-style', 'intent'] as const

describe.each(names)('%s', (name) => {
  it('is the same from the same seed, brought back by its checkpoint, and leaves source and memory alone', async () => {
    const [weights, tensors] = [bytesOf(model), tf.memory().numTensors]
    const { result, steps } = await play(name, { model, study, seed: 3 })
    expect(tf.memory().numTensors).toBe(tensors)
    expect(bytesOf(model)).toBe(weights)
    const again = await play(name, { model, study, seed: 3 })
    expect(again.result.mask.data).toEqual(result.mask.data)
    expect(again.result.checkpoint).toEqual(result.checkpoint)
    expect(result.mask.data).not.toEqual(result.before.data)
    expect((await predictCheckpoint(model, study, result.checkpoint!)).data).toEqual(result.mask.data)
    expect(tf.memory().numTensors).toBe(tensors)
    if (!steady.some((each) => each === name)) {
      const other = await play(name, { model, study, seed: 4 })
      expect(other.result.mask.data).not.toEqual(result.mask.data)
    }
    for (const { losses = {}, gradientNorm = 0 } of steps) {
      expect([...Object.values(losses), gradientNorm].every(Number.isFinite)).toBe(true)
      const { total, ...terms } = losses
      if (total !== undefined) expect(Object.values(terms).reduce((a, b) => a + b, 0)).toBeCloseTo(total, 4)
    }
  })
})

const trained = names.filter((name) => 'learningRate' in named(name).options)

it.each(trained)('%s leaks no tensor over 50 steps', async (name) => {
  const [small, counts] = [parityModel(), [] as number[]]
  const more = {
    'low-rank': { inputs: 2 },
    'pseudo-labels': { rounds: 1 },
    rotta: { every: 1 },
    'shape-prior': { refresh: 50 },
  }
  const options = { ...brief(name, 50), slices: 2, ...(more as Record<string, object>)[name] }
  const episode = runEpisode({
    model: small,
    study: scan(8).study,
    method: named(name),
    options,
    seed: 1,
    guard: false,
  })
  for await (const event of episode) {
    if (event.kind === 'step' && event.phase === 'train') counts.push(tf.memory().numTensors)
  }
  expect(counts.length).toBe(50)
  // The first steps fill a memory; the last is settled.
  expect(new Set(counts.slice(2, -1)).size).toBe(1)
  small.dispose()
})

describe('any method', () => {
  it.each(names)('takes a single slice, or says why not: %s', async (name) => {
    const { study: single } = head(otherScanner, createRandom(1), 1)
    const { result } = await play(name, { model, study: corner(single), guard: true })
    expect(result.mask.data.every(Number.isFinite)).toBe(true)
  })

  it('says what a model lacks', () => {
    const lacking = (name: keyof typeof methods, of: Model): string | undefined =>
      named(name).obstacle?.(of, parseOptions(named(name).options))
    expect(lacking('rotation', bare)).toMatch(/lacks a head that tells how far a slice was turned \(rotation\.onnx\)/)
    expect(lacking('restoration', bare)).toMatch(/lacks a head that restores/)
    expect(lacking('shape-prior', bare)).toMatch(/lacks a denoising autoencoder/)
    expect(lacking('fourier-style', bare)).toMatch(/no spectrum of the training scans/)
    for (const name of names) expect(lacking(name, model), name).toBeUndefined()
    const folded = {
      ...bare,
      card: bare.card,
      companions: {},
      normLayers: [],
      parameters: () => [],
    } as unknown as Model
    for (const name of ['norm', 'intent', 'pass', 'vptta'] as const)
      expect(lacking(name, folded), name).toMatch(/no batch-norm layers/)
    for (const name of ['tent', 'eata', 'sar', 'rotta', 'grata', 'dltta'] as const)
      expect(lacking(name, folded), name).toMatch(/no norm layers to train/)
    expect(lacking('low-rank', folded)).toMatch(/no convolution of 16 or more/)
  })

  it('works on a model that knows nothing of its training scans, where it does not need to', async () => {
    for (const name of ['eata', 'sar', 'smoothness', 'contrastive'] as const) {
      const { result } = await play(name, { model: bare, study })
      expect(result.mask.data.every(Number.isFinite), name).toBe(true)
    }
    const { result } = await play('eata', { model: bare, study })
    expect(result.notes[0]!.message).toMatch(/pull towards the source was left out/)
  })

  it('learns nothing where no pixel is reliable, and starts again from the source where it got too sure', async () => {
    const none = { ...brief('eata'), margin: 0, fisher: 0 }
    const { result: unmoved } = await play('eata', { model, study, options: { ...none, statistics: 'source' } })
    expect(unmoved.after.data).toEqual(unmoved.before.data)
    const sure = { ...brief('sar'), statistics: 'source', reset: 1, margin: 1, layers: 'all' }
    const quiet = trainedModel({ source: { entropyBand: { mean: 10, sd: 1 } } })
    const { result, steps } = await play('sar', { model: quiet, study, options: sure })
    expect(steps.filter(({ phase }) => phase === 'train').map(({ measures }) => measures!['reset'])).toEqual([1, 1, 1])
    expect(result.after.data).toEqual(result.before.data)
    quiet.dispose()
  })

  it('is rolled back by the guard when its rate is absurd', async () => {
    for (const name of ['cotta', 'pseudo-labels'] as const) {
      const options = { ...brief(name, 10), learningRate: 0.1 }
      const { result } = await play(name, { model, study: whole, options, guard: true })
      expect(result.guard.verdict, name).toBe('rolled-back')
      expect(result.mask, name).toBe(result.before)
    }
  })
})

const bytesOf = (of: Model): string =>
  JSON.stringify([...of.toGraph().initializers.values()].map(({ data }) => Array.from(data as Float32Array)))

/** A corner of each slice with a quarter of the disc: quick. */
function corner({ volume, ...rest }: ModelStudy): ModelStudy {
  const size = 24
  const [ni, nj, depth] = volume.shape
  const data = new Float32Array(depth * size * size)
  for (let n = 0; n < data.length; n++) {
    const [i, j, k] = [n % size, Math.floor(n / size) % size, Math.floor(n / size ** 2)]
    data[n] = volume.data[i + ni * (j + nj * k)]!
  }
  const shape = [size, size, depth] as const
  const native = { shape, affine: volume.affine }
  const valid = [[0, size], [0, size], [0, depth]] as const // prettier-ignore
  return { ...rest, volume: { ...native, data }, valid, native }
}
