import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { apply, compose, fromParts, invert, spacing } from './affine.ts'
import { createRandom } from './random.ts'
import { gridWithSpacing, resample, resampleLabels, resampleProbabilities, toSpacing } from './resample.ts'
import type { Affine, Grid, ProbabilityMap, Shape, Vector, Volume } from './volume.ts'
import { voxelCount } from './volume.ts'

const straight = (mm: Vector, at: Vector = [0, 0, 0]): Affine =>
  fromParts([[1, 0, 0], [0, 1, 0], [0, 0, 1]], mm, at) // prettier-ignore
const oblique = (angle: number, mm: Vector, at: Vector): Affine => {
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  return fromParts([[c * c, c * s, -s], [-s, c, 0], [s * c, s * s, c]], mm, at) // prettier-ignore
}
/** A volume whose value is a function of the world position of the voxel. */
function painted(grid: Grid, value: (p: Vector) => number): Volume {
  const [ni, nj, nk] = grid.shape
  const data = new Float32Array(voxelCount(grid.shape))
  for (let k = 0, n = 0; k < nk; k++)
    for (let j = 0; j < nj; j++) for (let i = 0; i < ni; i++) data[n++] = value(apply(grid.affine, [i, j, k]))
  return { shape: grid.shape, affine: grid.affine, data }
}
const centreOf = ({ shape, affine }: Grid): Vector => apply(affine, shape.map((n) => (n - 1) / 2) as unknown as Vector)
const ramp = ([x, y, z]: Vector): number => 3 * x - 2 * y + 0.5 * z + 7
const sum = (x: Uint8Array): number => x.reduce((a, b) => a + b, 0)

describe('resample', () => {
  it('reproduces a linear ramp through oblique grids, and says outside where there is no scan', () => {
    const angle = fc.double({ min: -1.5, max: 1.5, noNaN: true })
    const mm = fc.double({ min: 0.6, max: 4, noNaN: true })
    fc.assert(
      fc.property(angle, angle, fc.tuple(mm, mm, mm), fc.tuple(mm, mm, mm), (a, b, from, to) => {
        const scan = painted({ shape: [9, 8, 7], affine: oblique(a, from, [3, -5, 8]) }, ramp)
        const target: Grid = { shape: [6, 7, 8], affine: oblique(b, to, [1, -4, 6]) }
        const result = resample(scan, target, -1000)
        const back = compose(invert(scan.affine), target.affine)
        for (let n = 0; n < result.data.length; n++) {
          const index: Vector = [n % 6, Math.floor(n / 6) % 7, Math.floor(n / 42)]
          const at = apply(back, index)
          const depth = Math.min(...at.map((x, axis) => Math.min(x, scan.shape[axis]! - 1 - x)))
          const expected = ramp(apply(target.affine, index))
          if (depth > 1e-5) expect(Math.abs(result.data[n]! - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)))
          else if (depth < -0.501) expect(result.data[n]).toBe(-1000)
        }
      }),
    )
  })

  it('onto its own grid changes nothing, to the bit', () => {
    const random = createRandom(1)
    const scan = painted({ shape: [7, 6, 5], affine: straight([1, 2, 3], [4, 5, 6]) }, () => random.normal())
    expect(resample(scan, scan).data).toEqual(scan.data)
  })
})

describe('labels', () => {
  it('take the nearest voxel, and background outside', () => {
    const labels = { shape: [4, 1, 1] as const, affine: straight([2, 2, 2]), data: Uint8Array.of(1, 2, 3, 4) }
    const target: Grid = { shape: [10, 1, 1], affine: straight([1, 1, 1], [-1.9, 0.4, 0]) }
    expect([...resampleLabels(labels, target).data]).toEqual([0, 1, 1, 2, 2, 3, 3, 4, 4, 0])
  })
})

/** Every class interpolated at every voxel: the definition, without short cuts. [class][voxel] */
function interpolated(map: ProbabilityMap, target: Grid): Float32Array[] {
  return Array.from({ length: map.classes }, (_, c) => {
    const data = Float32Array.from({ length: voxelCount(map.shape) }, (_, n) => map.data[n * map.classes + c]!)
    return resample({ shape: map.shape, affine: map.affine, data }, target, c === 0 ? 1 : 0).data
  })
}

describe('labels from probabilities', () => {
  it('are the class whose interpolated probability is highest, short cuts or not', () => {
    const angle = fc.double({ min: -3, max: 3, noNaN: true })
    fc.assert(
      fc.property(fc.integer(), angle, angle, fc.integer({ min: 2, max: 4 }), (seed, a, b, classes) => {
        const random = createRandom(seed)
        const shape: Shape = [7, 6, 5]
        const data = new Float32Array(210 * classes)
        for (let n = 0; n < 210; n++) {
          const p = Array.from({ length: classes }, (_, c) => Math.exp((c === 0 ? 2 : 1) + 2 * random.normal()))
          p.forEach((x, c) => (data[n * classes + c] = x / p.reduce((s, y) => s + y, 0)))
        }
        const map = { shape, affine: oblique(a, [1, 1, 2], [0, 0, 0]), classes, data }
        const centre = centreOf(map)
        const target: Grid = { shape: [8, 9, 10], affine: oblique(b, [0.9, 0.8, 0.7], centre) }
        const probabilities = interpolated(map, target)
        resampleProbabilities(map, target).data.forEach((label, n) => {
          const highest = Math.max(...probabilities.map((p) => p[n]!))
          // Equal to rounding: the map's own numbers are single precision.
          if (probabilities[label]![n]! < highest - 1e-6) expect.fail(`voxel ${n} is not ${label}`)
        })
      }),
    )
  })

  it('give a ball its volume back on a finer grid', () => {
    const radius = 12
    const coarse = painted({ shape: [16, 16, 16], affine: straight([2, 2, 2], [-15, -15, -15]) }, (p) =>
      Math.min(1, Math.max(0, (radius - Math.hypot(...p)) / 4 + 0.5)),
    )
    const data = Float32Array.from({ length: 2 * coarse.data.length }, (_, n) =>
      n % 2 ? coarse.data[n >> 1]! : 1 - coarse.data[n >> 1]!,
    )
    const map: ProbabilityMap = { ...coarse, classes: 2, data }
    const fine: Grid = { shape: [64, 64, 64], affine: straight([0.5, 0.5, 0.5], [-15.75, -15.75, -15.75]) }
    const mm3 = sum(resampleProbabilities(map, fine).data) * 0.125
    // Linear interpolation at 2 mm cuts the corners of a 12 mm ball by about 2 %.
    expect(mm3 / ((4 / 3) * Math.PI * radius ** 3)).toBeGreaterThan(0.97)
    expect(mm3 / ((4 / 3) * Math.PI * radius ** 3)).toBeLessThan(1.01)
  })

  it('are background everywhere when nothing is found, and outside the part that holds scan', () => {
    const grid: Grid = { shape: [4, 4, 4], affine: straight([1, 1, 1]) }
    const certain = (c: number): ProbabilityMap => ({ ...grid, classes: 2, data: Float32Array.from({ length: 128 }, (_, n) => (n % 2 === c ? 1 : 0)) }) // prettier-ignore
    expect(sum(resampleProbabilities(certain(0), grid).data)).toBe(0)
    expect(sum(resampleProbabilities(certain(1), grid).data)).toBe(64)
    expect(sum(resampleProbabilities(certain(1), grid, [[1, 3], [0, 4], [2, 4]]).data)).toBe(16) // prettier-ignore
  })
})

describe('another spacing', () => {
  const mm = fc.double({ min: 0.4, max: 5, noNaN: true })

  it('keeps the field of view to half a new voxel, and its centre', () => {
    fc.assert(
      fc.property(fc.tuple(mm, mm, mm), fc.tuple(mm, mm, mm), (own, target) => {
        const grid: Grid = { shape: [30, 40, 20], affine: oblique(0.3, own, [10, 20, 30]) }
        const other = gridWithSpacing(grid, target)
        spacing(other.affine).forEach((x, axis) => expect(x).toBeCloseTo(target[axis]!, 9))
        other.shape.forEach((n, axis) => {
          const difference = Math.abs(n * target[axis]! - grid.shape[axis]! * own[axis]!)
          expect(difference).toBeLessThanOrEqual(Math.max(target[axis]! / 2, n === 1 ? target[axis]! : 0) + 1e-9)
        })
        centreOf(other).forEach((x, axis) => expect(x).toBeCloseTo(centreOf(grid)[axis]!, 8))
      }),
    )
  })

  it('keeps a linear ramp exact wherever no border is near, up or down', () => {
    fc.assert(
      fc.property(fc.tuple(mm, mm, mm), fc.tuple(mm, mm, mm), (own, target) => {
        const scan = painted({ shape: [12, 13, 14], affine: oblique(0.4, own, [0, 0, 0]) }, ramp)
        const result = toSpacing(scan, target)
        const toScan = compose(invert(scan.affine), result.affine)
        const reach = own.map((x, axis) => Math.max(1, target[axis]! / x / 2 + 1))
        const [mi, mj] = result.shape
        let worst = 0
        result.data.forEach((value, n) => {
          const index: Vector = [n % mi, Math.floor(n / mi) % mj, Math.floor(n / (mi * mj))]
          const isInside = apply(toScan, index).every((x, axis) => x > reach[axis]! && x < scan.shape[axis]! - 1 - reach[axis]!) // prettier-ignore
          const expected = ramp(apply(result.affine, index))
          if (isInside) worst = Math.max(worst, Math.abs(value - expected) / (1 + Math.abs(expected)))
        })
        expect(worst).toBeLessThan(1e-4)
      }),
      { numRuns: 40 },
    )
  })

  it('of the scan itself is the scan itself', () => {
    const scan = painted({ shape: [4, 4, 4], affine: straight([1, 1, 2]) }, ramp)
    expect(toSpacing(scan, [1, 1, 2])).toBe(scan)
  })

  it('keeps a constant constant up to the border', () => {
    const scan = painted({ shape: [10, 11, 12], affine: straight([0.7, 1.3, 4]) }, () => 5)
    for (const x of toSpacing(scan, [1, 1, 1]).data) expect(x).toBeCloseTo(5, 5)
    for (const x of toSpacing(scan, [1.9, 3, 1.5]).data) expect(x).toBeCloseTo(5, 5)
  })

  it('does not alias: stripes finer than the new voxels fade, and noise averages out', () => {
    const stripes = painted({ shape: [64, 8, 8], affine: straight([0.5, 1, 1]) }, ([x]) =>
      Math.round(x * 2) % 2 ? 1 : -1,
    )
    // Sampled without a filter, every 2.25 mm, they would be +-1.
    const largest = toSpacing(stripes, [1.125, 1, 1]).data.reduce((a, b) => Math.max(a, Math.abs(b)), 0)
    expect(largest).toBeLessThan(0.25)
    const random = createRandom(3)
    const noise = painted({ shape: [96, 24, 24], affine: straight([0.5, 1, 1]) }, () => random.normal())
    const coarse = toSpacing(noise, [1.5, 1, 1]).data
    const sd = Math.sqrt(coarse.reduce((a, b) => a + b * b, 0) / coarse.length)
    // Averaging the three voxels of each new one would give 0.577.
    expect(sd).toBeGreaterThan(0.5)
    expect(sd).toBeLessThan(0.62)
  })
})
