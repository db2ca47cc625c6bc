import { describe, expect, it } from 'vitest'
import type { ModelCard } from '../model/card.ts'
import { apply, compose, fromParts, invert, spacing } from '../volume/affine.ts'
import { orient, orientationOf } from '../volume/orient.ts'
import { createRandom } from '../volume/random.ts'
import type { Affine, ProbabilityMap, Vector, Volume } from '../volume/volume.ts'
import { voxelCount } from '../volume/volume.ts'
import { headBox } from './head-box.ts'
import { restoreGrid } from './postprocess.ts'
import { toModelGrid } from './preprocess.ts'

function cardWith(input: Partial<ModelCard['input']> = {}, largestComponent = false): ModelCard {
  const concept = { value: '0', scheme: 'SCT', meaning: 'test' }
  return {
    schema: 1, name: 'test', version: '1', title: 'Test', licence: 'none', modality: 'MR', bodyPart: 'BRAIN',
    input: {
      dimensions: 2, orientation: 'LPS', spacing: [1, 1, 0], patch: [16, 16],
      normalization: { kind: 'foreground-z-score', threshold: 0.1, clamp: [-4, 6] }, ...input,
    },
    output: { labels: [{ value: 1, name: 'brain', color: '#ff0000', code: concept, category: concept }], largestComponent },
    training: { data: '', notice: '', command: '', seed: 0, steps: 0 }, source: {}, limits: [], sha256: '',
  } // prettier-ignore
}

/** A head of 150 x 190 x 210 mm (400) with a brain in its upper part (1000), in air with Rician noise. */
const headRadii: Vector = [75, 95, 105]
const brainRadii: Vector = [60, 75, 65]
const brainCentre: Vector = [0, 0, 30]
const within = (p: Vector, centre: Vector, radii: Vector): boolean =>
  p.reduce((sum, x, axis) => sum + ((x - centre[axis]!) / radii[axis]!) ** 2, 0) <= 1
function head(shape: readonly [number, number, number], affine: Affine, noise = 20): Volume {
  const random = createRandom(1)
  const data = new Float32Array(voxelCount(shape))
  for (let k = 0, n = 0; k < shape[2]; k++)
    for (let j = 0; j < shape[1]; j++)
      for (let i = 0; i < shape[0]; i++) {
        const p = apply(affine, [i, j, k])
        const signal = within(p, brainCentre, brainRadii) ? 1000 : within(p, [0, 0, 0], headRadii) ? 400 : 0
        data[n++] = Math.hypot(signal + noise * random.normal(), noise * random.normal())
      }
  return { shape, affine, data }
}
const centred = (
  directions: [Vector, Vector, Vector],
  mm: Vector,
  shape: readonly [number, number, number],
): Affine => {
  const [x, y, z] = apply(fromParts(directions, mm, [0, 0, 0]), shape.map((n) => (n - 1) / 2) as unknown as Vector)
  return fromParts(directions, mm, [-x, -y, -z])
}
const axial: [Vector, Vector, Vector] = [[1, 0, 0], [0, 1, 0], [0, 0, 1]] // prettier-ignore
const sagittal: [Vector, Vector, Vector] = [[0, 1, 0], [0, 0, -1], [-1, 0, 0]] // prettier-ignore
const [cos, sin] = [Math.cos(0.3), Math.sin(0.3)]
const tilted: [Vector, Vector, Vector] = [[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]] // prettier-ignore

const scans = {
  'axial, 2 mm': head([100, 112, 120], centred(axial, [2, 2, 2], [100, 112, 120])),
  'sagittal, 4.8 mm slices': head([128, 128, 40], centred(sagittal, [2, 2, 4.8], [128, 128, 40])),
  'oblique, 5 mm slices': head([100, 112, 50], centred(tilted, [2, 2, 5], [100, 112, 50])),
}
/** What a perfect network would say of the study: sure of the brain where the scan shows it. */
function perfect({ shape, affine }: Volume): ProbabilityMap {
  const data = new Float32Array(2 * voxelCount(shape))
  for (let n = 0; n < data.length / 2; n++) {
    const at: Vector = [n % shape[0], Math.floor(n / shape[0]) % shape[1], Math.floor(n / (shape[0] * shape[1]))]
    data[2 * n + (within(apply(affine, at), brainCentre, brainRadii) ? 1 : 0)] = 1
  }
  return { shape, affine, classes: 2, data }
}

describe('a scan on the model grid', () => {
  it.each(Object.entries(scans))('%s: axial slices of the card, sizes that the network can halve', (_, scan) => {
    const { volume, valid, native } = toModelGrid(scan, cardWith({ spacing: [2, 2, 0] }), 16)
    expect(orientationOf(volume.affine)).toBe('LPS')
    expect(spacing(volume.affine)[0]).toBeCloseTo(2, 6)
    expect(spacing(volume.affine)[1]).toBeCloseTo(2, 6)
    expect(volume.shape[0] % 16).toBe(0)
    expect(volume.shape[1] % 16).toBe(0)
    expect(native).toEqual({ shape: scan.shape, affine: scan.affine })
    expect(valid[2]).toEqual([0, volume.shape[2]])
  })

  it.each(Object.entries(scans))('%s: a perfect network gives a perfect mask on the scan itself', (_, scan) => {
    const card = cardWith({ spacing: [2, 2, 0] }, true)
    const study = toModelGrid(scan, card, 16)
    const mask = restoreGrid(perfect(study.volume), study, card)
    expect(mask.shape).toEqual(scan.shape)
    expect(mask.affine).toEqual(scan.affine)
    const truth = perfect(scan).data.filter((_, n) => n % 2 === 1)
    const both = truth.reduce((sum, t, n) => sum + (t && mask.data[n] ? 2 : 0), 0)
    const all = truth.reduce((sum, t, n) => sum + t + mask.data[n]!, 0)
    // The border voxels of a hard mask moved by half a voxel: 4.8 mm slices cut into 2 mm ones lose the most.
    expect(both / all).toBeGreaterThan(0.98)
  })

  it('normalises by the foreground: mean 0 and spread 1 over the head, whatever the unit', () => {
    const scan = scans['axial, 2 mm']
    const thousandth = { ...scan, data: scan.data.map((x) => x / 1024) }
    const card = cardWith({ spacing: [2, 2, 0] })
    const study = toModelGrid(scan, card, 16)
    expect(toModelGrid(thousandth, card, 16).volume.data).toEqual(study.volume.data)
    const { mean, sd } = study.normalization
    const tissue = [...study.volume.data].filter((x) => x * sd + mean > 100)
    const average = tissue.reduce((a, b) => a + b, 0) / tissue.length
    expect(Math.abs(average)).toBeLessThan(0.01)
    expect(tissue.reduce((a, b) => a + (b - average) ** 2, 0) / tissue.length).toBeCloseTo(1, 2)
    const brain = (1000 - mean) / sd
    const centre = study.volume.shape.map((n) => n >> 1) as unknown as Vector
    expect(Math.abs(study.volume.data[centre[0] + study.volume.shape[0] * (centre[1] + study.volume.shape[1] * centre[2])]! - brain)).toBeLessThan(0.3) // prettier-ignore
  })

  it('names the slices with tissue, not those of air', () => {
    const { volume, tissueSlices } = toModelGrid(scans['axial, 2 mm'], cardWith({ spacing: [2, 2, 0] }), 16)
    const heights = tissueSlices.map((k) => apply(volume.affine, [0, 0, k])[2])
    // 1 % of a slice is a cap of some 11 mm radius, 0.6 mm below the vertex of this ellipsoid.
    expect(Math.max(...heights)).toBeGreaterThan(100)
    expect(Math.max(...heights)).toBeLessThan(105)
    expect(tissueSlices.length).toBeLessThan(volume.shape[2])
  })

  it('is not blurred for a spacing that is almost the card, and never finer through the slices than in the plane', () => {
    const nearly = head([80, 90, 84], centred(axial, [2.01, 1.99, 2], [80, 90, 84]))
    const { volume } = toModelGrid(nearly, cardWith({ spacing: [2, 2, 0] }), 16)
    spacing(volume.affine).forEach((x, axis) => expect(x).toBeCloseTo([2.01, 1.99, 2][axis]!, 9))
    const fine = head([80, 90, 160], centred(axial, [2, 2, 1.2], [80, 90, 160]))
    expect(spacing(toModelGrid(fine, cardWith({ spacing: [2, 2, 0] }), 16).volume.affine)[2]).toBeCloseTo(2, 9)
  })

  it('stops where the card says that the anatomy ends', () => {
    const { volume } = toModelGrid(scans['axial, 2 mm'], cardWith({ spacing: [2, 2, 0], extent: 120 }), 16)
    expect(volume.shape[2]).toBe(60)
    const top = apply(volume.affine, [0, 0, 59])[2]
    expect(top).toBeGreaterThan(105)
    expect(top).toBeLessThan(105 + 5 + 2 * 4)
  })

  it('makes slices at least as large as the card asks, with the head in the middle and air around', () => {
    const { volume, valid } = toModelGrid(scans['axial, 2 mm'], cardWith({ spacing: [2, 2, 0], patch: [160, 140] }), 16)
    expect(volume.shape.slice(0, 2)).toEqual([160, 144])
    const centre = valid[0].reduce((a, b) => a + b) / 2
    expect(Math.abs(centre - 80)).toBeLessThanOrEqual(1)
    const corner = volume.data[0]!
    expect(corner).toBeLessThan(-1)
    expect(volume.data[159]).toBe(corner)
  })

  it('a scan without any contrast still becomes a study', () => {
    const flat: Volume = {
      shape: [20, 20, 4],
      affine: centred(axial, [2, 2, 5], [20, 20, 4]),
      data: new Float32Array(1600),
    }
    const study = toModelGrid(flat, cardWith({ spacing: [2, 2, 0] }), 16)
    expect(study.volume.data.every((x) => x === 0)).toBe(true)
    expect(study.tissueSlices).toEqual([])
  })
})

describe('the box around a head', () => {
  const scan = scans['axial, 2 mm']
  const expectHead = (volume: Volume): void => {
    const box = headBox(volume)
    const [low, high] = [0, 1].map((end) =>
      apply(volume.affine, box.map((range) => range[end]! - end) as unknown as Vector),
    )
    headRadii.forEach((radius, axis) => {
      for (const side of [-low![axis]!, high![axis]!]) {
        expect(side).toBeGreaterThan(radius)
        expect(side).toBeLessThan(radius + 5 + 2 * 4 + 2)
      }
    })
  }
  const turned = (turn: (value: number, p: Vector) => number): Volume => ({
    ...scan,
    data: scan.data.map((x, n) =>
      turn(x, apply(scan.affine, [n % 100, Math.floor(n / 100) % 112, Math.floor(n / 11200)])),
    ),
  })

  it('holds the head with a margin, and leaves the air', () => expectHead(scan))
  it('is not fooled by strong noise', () => expectHead(head(scan.shape, scan.affine, 120)))
  it('is not fooled by a ghost of 7 % moved by half the field of view', () =>
    expectHead(turned((x, p) => x + (within([p[0], Math.abs(p[1]) - 112, p[2]], [0, 0, 0], headRadii) ? 70 : 0))))
  it('is not fooled by a speck far from the head', () =>
    expectHead(turned((x, p) => (Math.hypot(p[0] - 90, p[1] - 100, p[2] - 110) < 6 ? 3000 : x))))
  it('holds a head whose far side is dark under a surface coil', () =>
    expectHead(turned((x, p) => x * (0.3 + 0.7 / (1 + Math.exp(p[1] / 25))))))
  it('is the same head in every orientation', () => {
    const box = headBox(scan)
    const other = orient(scan, 'AIR')
    const there = headBox(other)
    const map = compose(invert(scan.affine), other.affine)
    const corner = apply(map, [there[0][0], there[1][0], there[2][0]])
    const opposite = apply(map, [there[0][1] - 1, there[1][1] - 1, there[2][1] - 1])
    box.forEach(([from, to], axis) => {
      // Blocks start at the other end, so a block more or less may count.
      expect(Math.abs(Math.min(corner[axis]!, opposite[axis]!) - from)).toBeLessThanOrEqual(2)
      expect(Math.abs(Math.max(corner[axis]!, opposite[axis]!) - (to - 1))).toBeLessThanOrEqual(2)
    })
  })
})
