import { beforeAll, expect, it } from 'vitest'
import { classes, head, otherScanner, size, trainedModel } from '../../tests/tiny/world.ts'
import { startEngine } from '../engine/pick-files.ts'
import type { Model } from '../model/model.ts'
import { createRandom } from '../volume/random.ts'
import { runEpisode } from './episode.ts'
import type { EpisodeRequest, EpisodeResult } from './episode.ts'
import { methods } from './methods/index.ts'
import type { StepPreview } from './previews.ts'
import { labelsOf, meanDice } from './scores.ts'

let model: Model
const { study, labels } = head(otherScanner, createRandom(77), 8)

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
  model = trainedModel()
})

/** tick: called between two steps. */
async function play(request: Partial<EpisodeRequest>, tick = (): void => {}): Promise<EpisodeResult> {
  const method = { ...methods.consistency } as unknown as EpisodeRequest['method']
  const episode = runEpisode({ model, study, method, options: { gate: 1 }, seed: 5, guard: true, ...request })
  for (;;) {
    const next = await episode.next()
    if (next.done) return next.value
    tick()
  }
}

it('shows the middle slice as each step leaves it, and changes no byte of the result', async () => {
  const previews: StepPreview[] = []
  let ms = 0
  const [with_, without] = [
    await play({ onPreview: (preview) => previews.push(preview), now: () => ms }, () => (ms += 2000)),
    await play({}),
  ]
  expect(with_.after.data).toEqual(without.after.data)
  expect(with_.mask.data).toEqual(without.mask.data)
  expect([...with_.checkpoint!]).toEqual([...without.checkpoint!])
  expect(with_.guard).toEqual(without.guard)

  expect(previews[0]!.step).toBe(0)
  expect(new Set(previews.map(({ step }) => step)).size).toBeGreaterThan(5)
  const { slice, intensity } = previews[0]!
  expect(previews.every((one) => one.slice === slice)).toBe(true)
  const pixels = size * size
  expect(intensity).toEqual(study.volume.data.slice(slice * pixels, (slice + 1) * pixels))
  const truth = labels.subarray(slice * pixels, (slice + 1) * pixels)
  const [first, last] = [previews[0]!, previews.at(-1)!].map((one) => meanDice(one.labels, truth, classes))
  expect(last).toBeGreaterThan(first! + 0.05)
  const source = labelsOf(without.before.data, classes).slice(slice * pixels, (slice + 1) * pixels)
  expect(previews[0]!.labels).toEqual(source)
})

it('comes no more often than every second and a half, nor so often that it would slow the steps', async () => {
  const previews: number[] = []
  let ms = 0
  await play({ onPreview: ({ step }) => previews.push(step), now: () => ms }, () => (ms += 300))
  expect(previews.length).toBeLessThan(5)

  const slow: number[] = []
  // A preview that takes 400 ms keeps the next ones away for 10 s.
  const onPreview = ({ step }: StepPreview): void => {
    slow.push(step)
    ms += 400
  }
  await play({ onPreview, now: () => ms }, () => (ms += 2000))
  expect(slow).toEqual([0, 1, 6])
})
