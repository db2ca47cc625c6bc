/** The shipped models have what every method needs, and the three that need a network of their own run with it. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { scan } from '../fixtures/presets.ts'
import { simulatedSubject } from '../fixtures/simulate.ts'
import { methods } from '../main/adapt/methods/index.ts'
import { runEpisode } from '../main/adapt/episode.ts'
import type { EpisodeResult } from '../main/adapt/episode.ts'
import { startEngine } from '../main/engine/pick-files.ts'
import { companionFiles } from '../main/model/card-files.ts'
import { loadModel } from '../main/model/files.ts'
import { toModelGrid } from '../main/predict/preprocess.ts'
import { createRandom } from '../main/volume/random.ts'
import type { Volume } from '../main/volume/volume.ts'
import { scanbridge } from './command-line.ts'

const shipped = ['brain-t1w', 'brain-t1w-one-scanner']
const folder = (model: string): string => join(import.meta.dirname, '../models', model)

/** Four slices through the middle of a simulated head. */
let slab: Volume

beforeAll(async () => {
  await startEngine()
  const phantom = simulatedSubject(3100)
  const whole = scan(phantom, 'se-t1', createRandom(1))
  const [ni, nj, nk] = whole.shape
  const from = Math.floor(nk / 2)
  slab = { ...whole, shape: [ni, nj, 4], data: whole.data.slice(from * ni * nj, (from + 4) * ni * nj) }
})

test.each(shipped)('%s: the list of methods knows of nothing that it lacks', async (model) => {
  const { code, stdout } = await scanbridge(['methods', 'list', '--model', model, '--json'])
  expect(code).toBe(0)
  const listed = (JSON.parse(stdout) as { methods: { name: string; obstacle: string | null }[] }).methods
  expect(listed.filter(({ obstacle }) => obstacle !== null)).toEqual([])
  expect(listed.map(({ name }) => name)).toContain('shape-prior')
})

test.each(shipped)('%s: its companions are small, and its card has Fisher information and prototypes', (model) => {
  const bytes = Object.values(companionFiles).map((file) => statSync(join(folder(model), file)).size)
  expect(bytes.reduce((a, b) => a + b, 0)).toBeLessThan(3e6)
  const { source } = JSON.parse(readFileSync(join(folder(model), 'model.json'), 'utf8')) as {
    source: { fisher: Record<string, number[]>; prototypes: number[][] }
  }
  expect(
    Object.values(source.fisher)
      .flat()
      .every((value) => value >= 0),
  ).toBe(true)
  expect(source.prototypes).toHaveLength(4)
  for (const row of source.prototypes) expect(Math.hypot(...row)).toBeCloseTo(1, 4)
})

test.each(shipped)('%s: rotation, restoration and shape prior train on a scan', { timeout: 60_000 }, async (name) => {
  const model = await loadModel(name)
  const study = toModelGrid(slab, model.card, model.stride)
  for (const method of ['rotation', 'restoration', 'shape-prior'] as const) {
    const options = { steps: 1, slices: 2, batch: 2 }
    const episode = runEpisode({ model, study, method: methods[method], options, seed: 0, guard: false })
    const losses: Record<string, number>[] = []
    let next = await episode.next()
    for (; !next.done; next = await episode.next())
      if (next.value.kind === 'step' && next.value.losses) losses.push(next.value.losses)
    const { kept, mask }: EpisodeResult = next.value
    expect(losses).toHaveLength(1)
    expect(losses[0]!['total']).toBeGreaterThan(0)
    expect(kept).toBe(1)
    expect(mask.data.every(Number.isFinite)).toBe(true)
  }
  model.dispose()
})
