import { beforeAll, describe, expect, it } from 'vitest'
import { head, otherScanner, size, sourceScanner, trainedModel } from '../../tests/tiny/world.ts'
import type { Scanner } from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import { tf } from '../engine/tf.ts'
import type { Model } from '../model/model.ts'
import type { AlignedStudy } from '../predict/align.ts'
import { createRandom } from '../volume/random.ts'
import { predictCheckpoint } from './checkpoint.ts'
import { fusedAim, siblingBatch, whereBoth } from './cross-terms.ts'
import { runEpisode } from './episode.ts'
import type { EpisodeRequest, EpisodeResult, EpisodeStep } from './episode.ts'
import { gradientStep } from './gradient-step.ts'
import type { Method } from './method.ts'
import { methods } from './methods/index.ts'
import type { Optimizer } from './optimizer.ts'
import type { SiblingScan } from './siblings.ts'
import { labelsOf, meanDice } from './scores.ts'
import { symmetries } from './views.ts'

const depth = 8
/** The same seed is the same head: geometry is drawn first. */
const seed = 77
const noisy: Scanner = { levels: [0, 0.35, 0.6, 1], coil: -0.5, noise: 0.06 }
const inverted: Scanner = { levels: [0, 1, 0.65, 0.3], coil: 0, noise: 0.03 }
const shifted = head(otherScanner, createRandom(seed), depth)

function sibling(scanner: Scanner, change: Partial<AlignedStudy> = {}, of = seed): SiblingScan {
  const { study } = head(scanner, createRandom(of), depth)
  const inside = new Uint8Array(study.volume.data.length).fill(1)
  return { study: { ...study, inside, ...change }, name: 'Series 4' }
}

let model: Model
let alone: EpisodeResult
beforeAll(async () => {
  await startEngine({ name: 'cpu' })
  model = trainedModel()
  alone = (await play()).result
})

async function play(request: Partial<EpisodeRequest> = {}): Promise<{ steps: EpisodeStep[]; result: EpisodeResult }> {
  const method: Method = methods.consistency
  const episode = runEpisode({
    model,
    study: shifted.study,
    method,
    seed: 1,
    guard: true,
    ...request,
    options: { gate: 1, steps: 3, batch: 4, ...request.options },
  })
  const steps: EpisodeStep[] = []
  for (;;) {
    const next = await episode.next()
    if (next.done) return { steps, result: next.value }
    if (next.value.kind === 'step') steps.push(next.value)
  }
}

const bytes = ({ mask, after, checkpoint }: EpisodeResult): unknown => [mask.data, after.data, checkpoint]

describe('one series alone', () => {
  it.each<[string, SiblingScan[], RegExp]>([
    ['none is named', [], /^$/],
    ['of inverted contrast', [sibling(inverted)], /^Series 4 was left out: its contrast is inverted/],
    [
      'of slices elsewhere',
      [sibling(noisy, { tissueSlices: [3] })],
      /^Series 4 was left out: it shows 1 of the 8 slices/,
    ],
    [
      'of another head',
      [sibling(noisy, {}, 5)].map(moved),
      /^Series 4 was left out: its prediction and the scan's agree by 0\.\d\d only/,
    ],
  ])('is as without any, to the bit, where the other is %s', async (_, siblings, sentence) => {
    const { steps, result } = await play({ siblings })
    expect(bytes(result)).toEqual(bytes(alone))
    expect(result.siblings.map(({ isUsed }) => isUsed)).toEqual(siblings.map(() => false))
    expect(result.siblings.map((one) => one.sentence).join()).toMatch(sentence)
    const told = steps.flatMap(({ notes }) => notes.map(({ message }) => message))
    expect(told).toEqual(result.siblings.map((one) => one.sentence))
    const train = steps.filter(({ phase }) => phase === 'train')
    expect(Object.keys(train[0]!.losses!)).toEqual(['divergence', 'dice', 'prior', 'total'])
  })

  it('is all there is where nothing is trained', async () => {
    const { result } = await play({ siblings: [sibling(noisy)], options: { gate: 0.5 } })
    expect(result.siblings).toEqual([
      { isUsed: false, sentence: 'Series 4 was not needed: nothing was trained.', agreement: null },
    ])
  })
})

/** Half a head to the side. */
function moved(scan: SiblingScan): SiblingScan {
  const { volume } = scan.study
  const data = volume.data.map((_, n) => volume.data[n - (n % size) + ((n + size / 3) % size)]!)
  return { ...scan, study: { ...scan.study, volume: { ...volume, data } } }
}

describe.each([{ fuse: true }, { fuse: false }])('two series together: %j', (options) => {
  it('learn from each other, the same from the same seed, and the checkpoint needs the scan alone', async () => {
    const request = { siblings: [sibling(noisy)], options }
    const tensors = tf.memory().numTensors
    const { steps, result } = await play(request)
    expect(tf.memory().numTensors).toBe(tensors)
    expect(result.siblings).toMatchObject([{ isUsed: true }])
    expect(result.siblings[0]!.sentence).toMatch(
      /^Series 4 adapts together with the scan: it shows 8 of 8 slices, and the two predictions agree by 0\.\d\d\.$/,
    )
    for (const { losses } of steps.filter(({ phase }) => phase === 'train')) {
      const { total, ...terms } = losses!
      expect(Object.keys(terms).sort()).toEqual(['cross dice', 'cross divergence', 'dice', 'divergence', 'prior'])
      expect(Object.values(terms).reduce((sum, value) => sum + value, 0)).toBeCloseTo(total!, 5)
    }
    expect(result.after.data).not.toEqual(alone.after.data)
    const dice = (run: EpisodeResult): number => meanDice(labelsOf(run.after.data, 4), shifted.labels, 4)
    expect(dice(result)).toBeGreaterThan(dice(alone) - 0.005)
    expect(bytes((await play(request)).result)).toEqual(bytes(result))
    const again = await predictCheckpoint(model, shifted.study, result.checkpoint!)
    expect(again.data).toEqual(result.mask.data)
  })

  it('learn from what both show: a slab, beside a third series', async () => {
    const slab = sibling(noisy, { tissueSlices: [4, 5, 6, 7] })
    slab.study.inside.fill(0, 0, 4 * size * size)
    const { result } = await play({ siblings: [slab, { ...sibling(sourceScanner), name: 'Series 5' }], options })
    expect(result.siblings.map(({ isUsed, sentence }) => [isUsed, sentence.slice(0, 8)])).toEqual([
      [true, 'Series 4'],
      [true, 'Series 5'],
    ])
    expect(result.siblings[0]!.sentence).toContain('it shows 4 of 8 slices')
    expect(result.mask.data.every(Number.isFinite)).toBe(true)
  })
})

it('a method that adapts to one series at a time says so', async () => {
  const episode = runEpisode({
    model,
    study: shifted.study,
    method: methods.tent,
    seed: 1,
    guard: true,
    siblings: [sibling(noisy)],
  })
  await expect(episode.next()).rejects.toThrow(/does not apply to tiny: it adapts to one series at a time/)
})

describe('a batch of another series', () => {
  const target = { exchange: [0, 1, 2, 3], temperature: 1, likelihood: false, confidence: false, disagreement: 2 }
  const drawing = { views: 2, allowed: symmetries.none, strength: 1, blur: 0, target }

  it('holds the slices that it shows, and has weight where it shows something', () => {
    const { study } = sibling(noisy)
    const inside = study.inside.slice().fill(0, 0, 2 * size * size)
    inside.fill(0, 5 * size * size, 5 * size * size + size)
    const other = {
      input: study,
      restored: study.volume.data,
      inside,
      sliceOf: new Map([[2, 3], [6, 5]]), // prettier-ignore
    }
    const draw = (slices: number[]): ReturnType<typeof siblingBatch> =>
      siblingBatch(other, slices, model, { ...drawing, random: createRandom(1) })
    tf.tidy(() => {
      const found = draw([0, 2, 4, 6])!
      expect(found.rows).toEqual([1, 3])
      expect(found.batch.shape).toEqual([2, size, size, 1])
      expect(found.aim.target.shape).toEqual([4, size, size, 4])
      const weights = tf.sum(found.aim.weights, [1, 2]).arraySync()
      expect(weights).toEqual([0, size * size, 0, size * size - size])
      expect(tf.sum(found.aim.target, [1, 2, 3]).arraySync()).toEqual([0, expect.closeTo(size * size, 0), 0, expect.closeTo(size * size, 0)]) // prettier-ignore
    })
    expect(draw([0, 1])).toBeUndefined()
  })

  it('teaches with the mean of the targets where both show something, each weighing the same', () => {
    tf.tidy(() => {
      const one = { target: tf.tensor([[[[0.8, 0.2], [0.8, 0.2]]]]), weights: tf.tensor([[[1, 1]]]) } // prettier-ignore
      const other = { target: tf.tensor([[[[0.2, 0.8], [0, 0]]]]), weights: tf.tensor([[[0.5, 0]]]) } // prettier-ignore
      const fused = fusedAim(one, [other], 1)
      ;[0.5, 0.5, 0.8, 0.2].forEach((value, n) => expect(fused.target.dataSync()[n]).toBeCloseTo(value, 6))
      expect([...fused.weights.dataSync()]).toEqual([1, 1])
      // Sharpened after, not before: p^2 / sum p^2.
      expect(fusedAim(one, [other], 0.5).target.dataSync()[2]).toBeCloseTo(0.64 / 0.68, 5)
      expect([...whereBoth(other, one).weights.dataSync()]).toEqual([0.5, 0])
    })
  })
})

it('a step in parts goes down the gradient of their sum', () => {
  const x = tf.tidy(() => tf.variable(tf.tensor1d([1, 2]), true, 'part-x'))
  const kept = tf.memory().numTensors
  const parameters = [{ name: 'x', variable: x }] as unknown as Parameters<typeof gradientStep>[0]
  const seen: number[][] = []
  const optimizer: Optimizer = {
    apply: (gradients) => void seen.push(Array.from(gradients['part-x']!.dataSync())),
    reset() {},
    dispose() {},
  }
  const square = (): Record<string, tf.Tensor> => ({ square: tf.sum(tf.square(x)), shared: tf.sum(x) })
  const cube = (): Record<string, tf.Tensor> => ({ cube: tf.sum(tf.pow(x, 3)), shared: tf.sum(x) })
  const { losses, gradientNorm } = gradientStep(parameters, optimizer, 1, square, cube)
  // Of x^2 + x^3 + 2 x.
  expect(seen).toEqual([[7, 18]])
  expect(losses).toEqual({ square: 5, cube: 9, shared: 6, total: 20 })
  expect(gradientNorm).toBeCloseTo(Math.hypot(7, 18), 4)
  expect(tf.memory().numTensors).toBe(kept)
  x.dispose()
})
