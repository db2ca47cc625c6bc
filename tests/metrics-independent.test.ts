/** Metrics and statistics against tools that others wrote, in an environment that the test builds for itself. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { medianInterval } from '../main/evaluate/bootstrap.ts'
import { overlap } from '../main/evaluate/overlap.ts'
import { holm } from '../main/evaluate/statistics.ts'
import { surfaceDistances } from '../main/evaluate/surface.ts'
import { signedRank } from '../main/evaluate/wilcoxon.ts'
import { createRandom } from '../main/volume/random.ts'
import type { Random } from '../main/volume/random.ts'
import type { LabelMap, Shape, Vector } from '../main/volume/volume.ts'
import { freshFolder } from './command-line.ts'
import { pythonEnvironment } from './python.ts'

const packages = ['numpy==2.3.5', 'scipy==1.16.3', 'SimpleITK==2.5.2', 'surface-distance==0.1']
const python = pythonEnvironment('metrics-1', packages)
const why = 'reason' in python ? ` (skipped: the tools cannot be installed: ${python.reason})` : ''

type Masks = { name: string; prediction: LabelMap; reference: LabelMap; spacing: Vector; toleranceMm: number }
type Inside = (i: number, j: number, k: number) => boolean

function drawn(shape: Shape, [x, y, z]: Vector, isInside: Inside): LabelMap {
  const [ni, nj] = shape
  const data = Uint8Array.from({ length: ni * nj * shape[2] }, (_, n) =>
    isInside(n % ni, Math.floor(n / ni) % nj, Math.floor(n / (ni * nj))) ? 1 : 0,
  )
  return { shape, affine: [x, 0, 0, 0, 0, y, 0, 0, 0, 0, z, 0, 0, 0, 0, 1], data }
}

/** Some ellipsoids, here and there cut by the border, with holes and stray voxels. */
function blobs(shape: Shape, random: Random): Inside {
  const balls = Array.from({ length: 1 + random.integer(4) }, () => ({
    centre: shape.map((n) => random.uniform(0, n)),
    radii: shape.map((n) => random.uniform(0.12, 0.45) * n + 0.5),
    isHole: random.next() < 0.2,
  }))
  const stray = random.next() < 0.4 ? 0.002 : 0
  return (...at) =>
    balls.reduce(
      (was, { centre, radii, isHole }) =>
        at.reduce((sum, x, axis) => sum + ((x - centre[axis]!) / radii[axis]!) ** 2, 0) <= 1 ? !isHole : was,
      random.next() < stray,
    )
}

function randomMasks(n: number): Masks {
  const random = createRandom(n).fork('masks')
  const side = (): number => 12 + random.integer(22)
  const shape: Shape = [side(), side(), n % 6 === 5 ? 1 : side()]
  const mm = (): number => Number(random.uniform(0.4, n % 2 ? 5 : 1.2).toFixed(3))
  const spacing: Vector = [mm(), mm(), mm()]
  const noise = n % 8 === 7 ? random.uniform(0.02, 0.6) : undefined
  const mask = (): LabelMap => {
    const isIn = blobs(shape, random)
    return drawn(shape, spacing, noise === undefined ? isIn : () => random.next() < noise)
  }
  return { name: `random-${n}`, prediction: mask(), reference: mask(), spacing, toleranceMm: random.uniform(0.5, 4) }
}

function edgeCases(): Masks[] {
  const shape: Shape = [14, 12, 10]
  const spacing: Vector = [0.7, 1.3, 4]
  const shapes: Record<string, Inside> = {
    nothing: () => false,
    everything: () => true,
    corner: (i, j, k) => i + j + k === 0,
    'opposite-corner': (i, j, k) => i === 13 && j === 11 && k === 9,
    wall: (i) => i === 0,
    box: (i, j, k) => i > 3 && i < 9 && j > 2 && j < 9 && k > 1 && k < 8,
    'box-to-the-border': (i, j, k) => i > 3 && j > 2 && k > 1,
    line: (i, j) => i === 5 && j === 6,
  }
  const pairs = [
    ['nothing', 'nothing'],
    ['nothing', 'box'],
    ['box', 'nothing'],
    ['everything', 'everything'],
    ['everything', 'box'],
    ['corner', 'corner'],
    ['corner', 'opposite-corner'],
    ['corner', 'everything'],
    ['wall', 'box'],
    ['box', 'box-to-the-border'],
    ['line', 'wall'],
    ['line', 'opposite-corner'],
  ] as const
  return pairs.map(([p, g]) => ({
    name: `${p}-against-${g}`,
    prediction: drawn(shape, spacing, shapes[p]!),
    reference: drawn(shape, spacing, shapes[g]!),
    spacing,
    toleranceMm: 1,
  }))
}

/** Changes of a cohort: few, many, with ties and without. Ties of medians are exact in multiples of 1/1024. */
const samples = [6, 9, 12, 25, 40, 60, 80, 201].map((n, at) => {
  const random = createRandom(n).fork('sample')
  const steps = n > 50 ? 256 : 65536
  const isSkewed = at % 2 === 0
  const one = (): number => (isSkewed ? random.normal() ** 2 - 0.4 : random.normal() + 0.3)
  return { name: `${n} cases`, values: Array.from({ length: n }, () => Math.round(one() * steps) / steps) }
})
const p = [0.01, 0.04, 0.03, 0.005, 0.2, 0.03, 0.9, 0.0001]
const masks = [...Array.from({ length: 24 }, (_, n) => randomMasks(n)), ...edgeCases()]

type Independent = {
  masks: {
    name: string
    dice: number | null
    predictionMl: number
    referenceMl: number
    hd95?: number
    assd?: number
    surfaceDice?: number
    hd95OfElements?: number
  }[]
  samples: { name: string; low: number; high: number; p: number }[]
  holm: number[]
}
let theirs: Independent

describe.skipIf(why !== '')(`other tools agree${why}`, () => {
  beforeAll(() => {
    const folder = freshFolder()
    for (const { name, prediction, reference } of masks) {
      writeFileSync(join(folder, `${name}.prediction`), prediction.data)
      writeFileSync(join(folder, `${name}.reference`), reference.data)
    }
    const told = masks.map(({ name, prediction: { shape }, spacing, toleranceMm }) => ({ name, shape, spacing, toleranceMm })) // prettier-ignore
    writeFileSync(join(folder, 'cases.json'), JSON.stringify({ masks: told, samples, p }))
    const path = 'path' in python ? python.path : ''
    const script = join(import.meta.dirname, 'metrics_independent.py')
    const { status, stdout, stderr } = spawnSync(path, [script, folder], { encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    theirs = JSON.parse(stdout) as Independent
  }, 300_000)

  test.each(masks.map((one, n) => [one.name, one, n] as const))('on the masks %s', (_, one, n) => {
    const other = theirs.masks[n]!
    const { dice, predictionMl, referenceMl, differenceMl } = overlap(one.prediction, one.reference, [1])
    expect(Math.abs(dice - (other.dice ?? 1))).toBeLessThan(1e-6)
    expect(Math.abs(predictionMl - other.predictionMl)).toBeLessThan(1e-6)
    expect(Math.abs(referenceMl - other.referenceMl)).toBeLessThan(1e-6)
    expect(Math.abs(differenceMl - (other.predictionMl - other.referenceMl))).toBeLessThan(1e-6)
    const ours = surfaceDistances(one.prediction, one.reference, [1], one.toleranceMm)
    if (other.hd95 === undefined) {
      // Undefined where one is empty, perfect where both are.
      expect(ours.hd95).toBe(other.dice === null ? 0 : NaN)
      expect(ours.surfaceDice).toBe(other.dice === null ? 1 : 0)
      return
    }
    expect(Math.abs(ours.hd95 - other.hd95)).toBeLessThan(1e-3)
    expect(Math.abs(ours.assd - other.assd!)).toBeLessThan(1e-3)
    expect(Math.abs(ours.surfaceDice - other.surfaceDice!)).toBeLessThan(1e-3)
    const voxel = Math.hypot(...one.spacing)
    if (one.reference.shape[2] > 1 && one.name.startsWith('random') && Number.isFinite(other.hd95OfElements))
      expect(Math.abs(ours.hd95 - other.hd95OfElements!)).toBeLessThan(2 * voxel)
  })

  test.each(samples.map((one, n) => [one.name, one, n] as const))('on the interval and the p of %s', (_, one, n) => {
    const { low, high, p: theirP } = theirs.samples[n]!
    // Theirs is of 20,000 random resamples: it lies between ours of a little more and a little less certainty.
    const [wide, narrow] = [medianInterval(one.values, 0.957)!, medianInterval(one.values, 0.943)!]
    expect(low).toBeGreaterThanOrEqual(wide.low)
    expect(low).toBeLessThanOrEqual(narrow.low)
    expect(high).toBeLessThanOrEqual(wide.high)
    expect(high).toBeGreaterThanOrEqual(narrow.high)
    expect(Math.abs(signedRank(one.values).p / theirP - 1)).toBeLessThan(1e-6)
  })

  test("on Holm's correction", () => {
    holm(p).forEach((one, n) => expect(one).toBeCloseTo(theirs.holm[n]!, 12))
  })
})
