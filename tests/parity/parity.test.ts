import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runEpisode } from '../../main/adapt/episode.ts'
import type { EpisodeStep } from '../../main/adapt/episode.ts'
import { methods } from '../../main/adapt/methods/index.ts'
import { startEngine } from '../../main/engine/pick-files.ts'
import type { Model } from '../../main/model/model.ts'
import { writeOnnx } from '../../main/model/onnx.ts'
import { writeTrace } from '../../main/runs/trace-files.ts'
import { createRandom } from '../../main/volume/random.ts'
import { head, otherScanner, trainedModel } from '../tiny/world.ts'
import { runReference } from './reference.ts'
import type { Map4, Moments, NormMode, Weights } from './reference.ts'

/** What --trace hands out, computed again without the product's numerics: tent and norm, three steps, to 1e-4. */
const tolerance = 1e-4
const classes = 4

let model: Model
const { study } = head(otherScanner, createRandom(12), 6)

beforeAll(async () => {
  await startEngine({ name: 'cpu' })
  model = trainedModel()
})

async function trace(method: 'norm' | 'tent', options: Record<string, string | number>): Promise<EpisodeStep[]> {
  const steps: EpisodeStep[] = []
  const request = { model, study, method: methods[method], options, seed: 5, trace: true, guard: false }
  for await (const event of runEpisode(request)) if (event.kind === 'step' && event.trace) steps.push(event)
  return steps
}

const inputOf = ({ trace }: EpisodeStep): Map4 => ({
  dims: trace!.input.dims as Map4['dims'],
  data: Float64Array.from(trace!.input.data),
})

function furthest(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(actual.length).toBe(expected.length)
  return Array.from(actual).reduce((most, value, n) => Math.max(most, Math.abs(value - expected[n]!)), 0)
}

/** Names of the stored mean and variance of the norm layer that has this scale. */
function statisticsOf(scale: string): readonly [string, string] {
  const node = model.graph.nodes.find(({ opType, inputs }) => opType === 'BatchNormalization' && inputs[1] === scale)!
  return [node.inputs[3]!, node.inputs[4]!]
}

const sourceWeights = (): Weights =>
  new Map([...model.graph.initializers].map(([name, { dims, data }]) => [name, { dims, data: data as Float32Array }]))

describe('norm', () => {
  it('pools and blends what a first-principles network sees', async () => {
    const alpha = 0.4
    const steps = await trace('norm', { alpha, steps: 3, batch: 2 })
    expect(steps.length).toBe(3)
    const seen = new Map<string, Moments[]>()
    for (const step of steps) {
      const { logits, moments } = runReference(model.graph, sourceWeights(), inputOf(step), { alpha })
      expect(furthest(step.trace!.logits.data, logits.data)).toBeLessThan(tolerance)
      for (const [scale, own] of moments) {
        const batches = [...(seen.get(scale) ?? []), own]
        seen.set(scale, batches)
        const [meanName, varianceName] = statisticsOf(scale)
        const count = batches.reduce((sum, batch) => sum + batch.count, 0)
        own.mean.forEach((_, c) => {
          const mean = batches.reduce((sum, b) => sum + b.count * b.mean[c]!, 0) / count
          const square = batches.reduce((sum, b) => sum + b.count * (b.variance[c]! + b.mean[c]! ** 2), 0) / count
          const stored = (name: string): number => sourceWeights().get(name)!.data[c]!
          const now = (name: string): number => step.parameters!.get(name)!.data[c]!
          expect(Math.abs(now(meanName) - ((1 - alpha) * stored(meanName) + alpha * mean))).toBeLessThan(tolerance)
          const variance = (1 - alpha) * stored(varianceName) + alpha * (square - mean ** 2)
          expect(Math.abs(now(varianceName) / variance - 1)).toBeLessThan(tolerance)
        })
      }
    }
  })
})

/** Gradient of mean entropy at logits [n, class, h, w]; weights by pixel. */
function entropyGradient({ dims, data }: Map4, weightOf: (pixel: number, winner: number) => number): Float64Array {
  const [n, , h, w] = dims
  const gradient = new Float64Array(data.length)
  let total = 0
  for (let pixel = 0; pixel < n * h * w; pixel++) {
    const at = (c: number): number => (Math.floor(pixel / (h * w)) * classes + c) * h * w + (pixel % (h * w))
    const z = Array.from({ length: classes }, (_, c) => data[at(c)]!)
    const top = Math.max(...z)
    const sum = z.reduce((partial, value) => partial + Math.exp(value - top), 0)
    const logP = z.map((value) => value - top - Math.log(sum))
    const entropy = -logP.reduce((partial, value) => partial + Math.exp(value) * value, 0)
    const weight = weightOf(pixel, z.indexOf(top))
    total += weight
    logP.forEach((value, c) => (gradient[at(c)] = -weight * Math.exp(value) * (value + entropy)))
  }
  return gradient.map((value) => value / total)
}

function winnerCounts({ dims, data }: Map4): number[] {
  const counts = new Array<number>(classes).fill(0)
  entropyGradient({ dims, data }, (_, winner) => {
    counts[winner]!++
    return 0
  })
  return counts
}

describe('tent', () => {
  it.each([
    ['batch', 'plain'],
    ['volume', 'balanced'],
  ] as const)(
    'takes the steps of a first-principles network: %s statistics, %s entropy',
    async (statistics, entropy) => {
      const learningRate = 1e-3
      const steps = await trace('tent', { statistics, entropy, steps: 3, batch: 2, learningRate })
      expect(steps.length).toBe(3)
      const mode: NormMode = statistics === 'batch' ? 'batch' : 'stored'
      const names = model.parameters('norm-affine').map(({ name }) => name)
      const weights = new Map(sourceWeights())
      if (mode === 'stored') {
        // The scan's statistics, which the check of norm covers, are fixed before the first step.
        for (const { name } of model.parameters('norm-stats')) weights.set(name, steps[0]!.parameters!.get(name)!)
      }
      const [first, second] = [new Map<string, Float64Array>(), new Map<string, Float64Array>()]
      for (const [n, step] of steps.entries()) {
        const { logits, gradients } = runReference(model.graph, weights, inputOf(step), mode)
        expect(furthest(step.trace!.logits.data, logits.data)).toBeLessThan(tolerance)
        const counts = winnerCounts(logits)
        const found = gradients(entropyGradient(logits, (_, winner) => (entropy === 'plain' ? 1 : 1 / counts[winner]!)))
        for (const name of names) {
          const g = found.get(name)!
          const [m, v] = [first.get(name) ?? g.map(() => 0), second.get(name) ?? g.map(() => 0)]
          first.set(name, m.map((value, c) => 0.9 * value + 0.1 * g[c]!)) // prettier-ignore
          second.set(name, v.map((value, c) => 0.999 * value + 0.001 * g[c]! ** 2)) // prettier-ignore
          const before = weights.get(name)!
          const after = Float64Array.from(before.data, (value, c) => {
            const mean = first.get(name)![c]! / (1 - 0.9 ** (n + 1))
            const root = Math.sqrt(second.get(name)![c]! / (1 - 0.999 ** (n + 1)))
            return value - (learningRate * mean) / (root + 1e-8)
          })
          weights.set(name, { dims: before.dims, data: after })
          expect(furthest(step.parameters!.get(name)!.data, after), `${name}, step ${n + 1}`).toBeLessThan(tolerance)
        }
      }
    },
  )
})

describe('the trace on disk', () => {
  const python = process.env['SCANBRIDGE_PYTHON'] ?? 'python3'
  const isUsable =
    spawnSync(python, [
      '-c',
      'import importlib.util as u; import sys; sys.exit(not all(map(u.find_spec, ("torch", "onnx", "numpy"))))',
    ]).status === 0
  const folder = mkdtempSync(join(tmpdir(), 'scanbridge-parity-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  it.skipIf(!isUsable)(
    'is computed again by PyTorch (skipped: python3, or $SCANBRIDGE_PYTHON, has no torch and onnx)',
    async () => {
      const runs = [
        ['norm', { steps: 3, batch: 2 }],
        ['tent', { steps: 3, batch: 2, statistics: 'batch', entropy: 'plain' }],
        ['tent', { steps: 3, batch: 2, statistics: 'volume', entropy: 'balanced' }],
        ['tent', { steps: 3, batch: 2, statistics: 'source', entropy: 'masked' }],
      ] as const
      const folders: string[] = []
      for (const [name, options] of runs) {
        const out = mkdtempSync(join(folder, `${name}-`))
        folders.push(out)
        for (const { step, trace: traced, parameters } of await trace(name, options)) {
          await writeTrace(out, { step, ...traced!, parameters: parameters! })
        }
      }
      const onnx = join(folder, 'model.onnx')
      writeFileSync(onnx, writeOnnx(model.graph))
      const script = join(import.meta.dirname, 'check_trace.py')
      const { stdout } = spawnSync(python, [script, onnx, ...folders], { encoding: 'utf8' })
      const differences = Array.from(stdout.matchAll(/3 steps, worst difference (\S+)/g), ([, value]) => Number(value))
      expect(differences.length).toBe(runs.length)
      expect(Math.max(...differences)).toBeLessThan(tolerance)
    },
    600_000,
  )
})
