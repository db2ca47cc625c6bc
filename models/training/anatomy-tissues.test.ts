import { expect, test } from 'vitest'
import { createRandom } from '../../main/volume/random.ts'
import type { Shape } from '../../main/volume/volume.ts'
import { colinAnatomy, mniAnatomy, nucleiOfMaps } from './anatomy-tissues.ts'
import { compactAnatomy } from './compact-anatomy.ts'
import { readTemplate } from './template-files.ts'
import type { Template } from './template-files.ts'

const size = 48
const shape: Shape = [size, size, size]
const affine = [-1, 0, 0, 24, 0, -1, 0, 24, 0, 0, 1, -24, 0, 0, 0, 1]

function template(value: (radius: number) => number): Template {
  const data = new Uint8Array(size ** 3)
  for (let voxel = 0; voxel < data.length; voxel++) {
    const [i, j, k] = [voxel % size, Math.floor(voxel / size) % size, Math.floor(voxel / size ** 2)]
    data[voxel] = Math.round(value(Math.hypot(i - 24, j - 24, k - 24)))
  }
  return { shape, affine, data }
}

/** A head of shells: white to 10 mm, grey to 14, CSF to 16, dark bone to 19, scalp to 21. */
const random = createRandom(1)
const shells = (radius: number): number => (radius < 10 ? 3 : radius < 14 ? 2 : radius < 16 ? 1 : 0)
const scalp = (radius: number): number => (radius > 19 && radius < 21 ? 180 : 0)
const level = [0, 40, 90, 115]
const truth = template(shells).data
const colin = {
  t1: template((radius) => (shells(radius) ? level[shells(radius)]! + 4 * random.normal() : scalp(radius))),
  brain: template((radius) => (radius < 16 ? 100 : 0)),
  atlas: template(() => 0),
}
const mni = {
  t1: template((radius) => level[shells(radius)]! * 1.8),
  grey: template((radius) => (shells(radius) === 2 ? 255 : 0)),
  white: template((radius) => (shells(radius) === 3 ? 255 : 0)),
}
const none = new Uint8Array(size ** 3)
const labelled = colinAnatomy(colin, mni, none)

function agreement(labels: Uint8Array): number {
  return (
    labels.filter((value, voxel) => truth[voxel]! > 0 && value === truth[voxel]).length / truth.filter(Boolean).length
  )
}

test('a noisy head of shells gets the labels of its shells', () => {
  const anatomy = labelled
  expect(agreement(anatomy.labels)).toBeGreaterThan(0.97)
  const [, , , , fat] = anatomy.partialVolumes
  expect(fat![24 + 20 + size * (24 + size * 24)]).toBeGreaterThan(200)
  expect(anatomy.centre.map(Math.round)).toEqual([24, 24, 24])
  const at = 24 + size * (24 + size * 24)
  expect(anatomy.partialVolumes[3]![at]).toBeGreaterThan(200)
})

test('nuclei that T1 calls white become grey', () => {
  const nuclei = none.slice()
  nuclei[24 + size * (24 + size * 24)] = 1
  expect(colinAnatomy(colin, mni, nuclei).labels[24 + size * (24 + size * 24)]).toBe(2)
})

test('nuclei by the maps lie where grey is likely, in the middle of the head', () => {
  const found = nucleiOfMaps(mni, colin.t1)
  expect(found[24 + 12 + size * (24 + size * 24)]).toBe(1)
  expect(found[24 + size * (24 + size * 24)]).toBe(0)
  expect(found[24 + size * (24 + size * 37)]).toBe(1)
  expect(found[24 + size * (24 + size * 11)]).toBe(0)
})

test('MNI152 takes its labels from the maps and its scalp from the other head', () => {
  const anatomy = mniAnatomy(mni, labelled)
  expect(agreement(anatomy.labels)).toBeGreaterThan(0.98)
  expect(anatomy.partialVolumes[4]![24 + 20 + size * (24 + size * 24)]).toBeGreaterThan(200)
})

test('a compact anatomy keeps the volumes', () => {
  const compact = compactAnatomy(labelled, 2)
  for (const label of [1, 2, 3]) {
    const count = (labels: Uint8Array): number => labels.filter((value) => value === label).length
    expect(Math.abs((8 * count(compact.labels)) / count(labelled.labels) - 1)).toBeLessThan(0.12)
  }
  compact.labels.forEach((label, voxel) => {
    const brain = [1, 2, 3].reduce((sum, tissue) => sum + compact.partialVolumes[tissue]![voxel]!, 0)
    expect(Math.abs(brain - (label ? 255 : 0))).toBeLessThanOrEqual(2)
  })
})

test('a template is read in its own order, with its world turned from RAS to LPS', () => {
  const bytes = new Uint8Array(352 + 24)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, 348, true)
  ;[3, 2, 3, 4].forEach((value, n) => view.setInt16(40 + 2 * n, value, true))
  view.setInt16(70, 2, true)
  view.setFloat32(108, 352, true)
  view.setInt16(254, 4, true)
  ;[1, 0, 0, -90, 0, 1, 0, -125, 0, 0, 1, -71].forEach((value, n) => view.setFloat32(280 + 4 * n, value, true))
  bytes.set([0x6e, 0x2b, 0x31], 344)
  for (let n = 0; n < 24; n++) bytes[352 + n] = n
  const read = readTemplate(bytes)
  expect(read.shape).toEqual([2, 3, 4])
  expect(read.affine).toEqual([-1, 0, 0, 90, 0, -1, 0, 125, 0, 0, 1, -71, 0, 0, 0, 1])
  expect([...read.data.subarray(0, 4)]).toEqual([0, 1, 2, 3])
  bytes[70] = 4
  expect(() => readTemplate(bytes)).toThrow('8-bit NIfTI')
})
