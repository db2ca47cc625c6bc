import { apply, compose } from '../../main/volume/affine.ts'
import { resample } from '../../main/volume/resample.ts'
import type { Grid, Shape } from '../../main/volume/volume.ts'
import { labelCentre } from '../../fixtures/anatomy.ts'
import type { Anatomy } from '../../fixtures/anatomy.ts'
import { dilate, erode, fillHoles, smooth } from './morphology.ts'
import type { Template, Templates } from './template-files.ts'

type Maps = [Float32Array, Float32Array, Float32Array]
type Triple = [number, number, number]

/** Where T1 alone calls grey nuclei white: caudate, putamen, pallidum and thalamus of both sides in the AAL atlas. */
export function nucleiOfAtlas(colin: Templates): Uint8Array {
  return colin.atlas!.data.map((region) => (region >= 71 && region <= 78 ? 1 : 0))
}

/** The same from the MNI maps alone, coarser: more grey than not, in a box around the nuclei. */
export function nucleiOfMaps(mni: Templates, target: Grid): Uint8Array {
  const grey = fractionsOnto(mni.grey!, target)
  const out = new Uint8Array(grey.length)
  let voxel = 0
  for (let k = 0; k < target.shape[2]; k++)
    for (let j = 0; j < target.shape[1]; j++)
      for (let i = 0; i < target.shape[0]; i++, voxel++) {
        const [x, y, z] = apply(target.affine, [i, j, k])
        if (grey[voxel]! > 0.5 && Math.abs(x) < 34 && y > -24 && y < 34 && z > -12 && z < 22) out[voxel] = 1
      }
  return out
}

/** Colin27: labels by a Gaussian mixture inside the brain mask with the smoothed MNI maps as spatial prior; `nuclei` (0
 *  or 1) are grey where they are no CSF. */
export function colinAnatomy(colin: Templates, mni: Templates, nuclei: Uint8Array): Anatomy {
  const t1 = colin.t1!
  const { shape, affine, data } = t1
  const brain = fillHoles(
    close(
      colin.brain!.data.map((value) => (value > 0 ? 1 : 0)),
      shape,
      2,
    ),
    shape,
  )
  const grey = smooth(fractionsOnto(mni.grey!, t1), shape, 3)
  const white = smooth(fractionsOnto(mni.white!, t1), shape, 3)
  const { means, labels } = labelByMixture(data, brain, grey, white)
  for (let voxel = 0; voxel < data.length; voxel++)
    if (nuclei[voxel] && brain[voxel] && data[voxel]! > (means[0] + means[1]) / 2) labels[voxel] = 2

  const fatLevel = percentileWhere(data, 80, (voxel) => !brain[voxel] && data[voxel]! > means[2])
  const muscleLevel = means[1] * 0.85
  const fat = new Float32Array(data.length)
  const muscle = new Float32Array(data.length)
  for (let voxel = 0; voxel < data.length; voxel++) {
    if (brain[voxel]) continue
    fat[voxel] = clamp((data[voxel]! - muscleLevel) / (fatLevel - muscleLevel))
    muscle[voxel] = clamp(data[voxel]! / muscleLevel) * (1 - fat[voxel]!)
  }
  const byIntensity = fractionsByIntensity(data, means, brain)
  return assemble(
    'colin27',
    { shape, affine },
    labels,
    halves(byIntensity, smoothedLabels(labels, shape), labels),
    fat,
    muscle,
  )
}

/** MNI152: labels are the largest of the published maps, CSF being the rest of the mask; scalp and face are Colin27's. */
export function mniAnatomy(mni: Templates, colin: Anatomy): Anatomy {
  const t1 = mni.t1!
  const { shape, affine, data } = t1
  const opened = dilate(
    erode(
      data.map((value) => (value > 30 ? 1 : 0)),
      shape,
    ),
    shape,
  )
  const brain = fillHoles(opened, shape)
  const maps: Maps = [new Float32Array(data.length), new Float32Array(data.length), new Float32Array(data.length)]
  const labels = new Uint8Array(data.length)
  for (let voxel = 0; voxel < data.length; voxel++) {
    if (!brain[voxel]) continue
    const grey = mni.grey!.data[voxel]! / 255
    const white = mni.white!.data[voxel]! / 255
    const parts: Triple = [clamp(1 - grey - white), grey, white]
    parts.forEach((part, n) => (maps[n]![voxel] = part))
    labels[voxel] = 1 + parts.indexOf(Math.max(...parts))
  }
  const means = maps.map((map, n) => meanWhere(data, (voxel) => labels[voxel] === n + 1 && map[voxel]! > 0.9)) as Triple
  const byIntensity = fractionsByIntensity(data, means, brain)
  const published = halves(byIntensity, normalised(maps), brain)
  const mixed = halves(published, smoothedLabels(labels, shape), labels)
  const outside = (tissue: number): Float32Array =>
    fractionsOnto({ ...colin, data: colin.partialVolumes[tissue]! }, t1).map((value, voxel) =>
      brain[voxel] ? 0 : value,
    )
  return assemble('mni152', { shape, affine }, labels, mixed, outside(4), outside(5))
}

function close(mask: Uint8Array, shape: Shape, times: number): Uint8Array {
  return erode(dilate(mask, shape, times), shape, times)
}

/** Expectation maximisation of three Gaussians (CSF, grey, white) whose weights vary in space. Labels are 1..3 in the mask.
 *  Intensities are bytes, so each density is a table of 256. */
function labelByMixture(
  data: Uint8Array,
  mask: Uint8Array,
  grey: Float32Array,
  white: Float32Array,
): { means: Triple; labels: Uint8Array } {
  const inside = mask.reduce((count, value) => count + value, 0)
  const intensity = new Uint8Array(inside)
  const prior = new Float64Array(3 * inside)
  for (let voxel = 0, n = 0; voxel < data.length; voxel++) {
    if (!mask[voxel]) continue
    intensity[n] = data[voxel]!
    const weights = [
      Math.min(1, Math.max(0.05, 1 - grey[voxel]! - white[voxel]!)) + 0.1,
      grey[voxel]! + 0.1,
      white[voxel]! + 0.1,
    ]
    const total = weights[0]! + weights[1]! + weights[2]!
    for (let c = 0; c < 3; c++) prior[3 * n + c] = weights[c]! / total
    n++
  }
  let means = [8, 45, 85].map((q) => percentileWhere(data, q, (voxel) => mask[voxel] === 1)) as Triple
  let deviations: Triple = [8, 8, 8]
  let posterior: Float64Array = new Float64Array(0)
  for (let iteration = 0; iteration < 30; iteration++) {
    posterior = posteriors(intensity, prior, means, deviations)
    const [weight, sum, square] = [
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ] as [Triple, Triple, Triple]
    for (let n = 0, at = 0; n < inside; n++)
      for (let c = 0; c < 3; c++, at++) {
        const r = posterior[at]!
        weight[c]! += r
        sum[c]! += r * intensity[n]!
        square[c]! += r * intensity[n]! ** 2
      }
    means = means.map((_, c) => sum[c]! / weight[c]!) as Triple
    deviations = means.map((mean, c) => Math.sqrt(square[c]! / weight[c]! - mean ** 2)) as Triple
  }
  const labels = new Uint8Array(data.length)
  for (let voxel = 0, at = 0; voxel < data.length; voxel++) {
    if (!mask[voxel]) continue
    const [c, g, w] = [posterior[at]!, posterior[at + 1]!, posterior[at + 2]!]
    labels[voxel] = c >= g && c >= w ? 1 : g >= w ? 2 : 3
    at += 3
  }
  return { means, labels }
}

function posteriors(intensity: Uint8Array, prior: Float64Array, means: Triple, deviations: Triple): Float64Array {
  const density = new Float64Array(3 * 256)
  for (let level = 0; level < 256; level++)
    for (let c = 0; c < 3; c++)
      density[3 * level + c] = Math.exp(-0.5 * ((level - means[c]!) / deviations[c]!) ** 2) / deviations[c]!
  const out = new Float64Array(prior.length)
  for (let n = 0, at = 0; n < intensity.length; n++, at += 3) {
    const level = 3 * intensity[n]!
    const a = prior[at]! * density[level]! + 1e-9
    const b = prior[at + 1]! * density[level + 1]! + 1e-9
    const c = prior[at + 2]! * density[level + 2]! + 1e-9
    const total = a + b + c
    out[at] = a / total
    out[at + 1] = b / total
    out[at + 2] = c / total
  }
  return out
}

/** How much CSF, grey and white a voxel holds if its intensity is a mixture of two neighbours on the grey scale. */
function fractionsByIntensity(data: Uint8Array, means: Triple, mask: Uint8Array): Maps {
  const [csf, grey, white] = means
  const maps: Maps = [new Float32Array(data.length), new Float32Array(data.length), new Float32Array(data.length)]
  for (let voxel = 0; voxel < data.length; voxel++) {
    if (!mask[voxel]) continue
    const low = clamp((grey - data[voxel]!) / (grey - csf))
    const high = clamp((data[voxel]! - grey) / (white - grey))
    maps[0][voxel] = low
    maps[1][voxel] = 1 - low - high
    maps[2][voxel] = high
  }
  return maps
}

function smoothedLabels(labels: Uint8Array, shape: Shape): Maps {
  return normalised(
    [1, 2, 3].map((label) =>
      smooth(
        Float32Array.from(labels, (value) => (value === label ? 1 : 0)),
        shape,
        0.6,
      ),
    ) as Maps,
  )
}

function normalised(maps: Maps): Maps {
  const total = maps[0].map((value, voxel) => Math.max(value + maps[1][voxel]! + maps[2][voxel]!, 1e-3))
  return maps.map((map) => map.map((value, voxel) => value / total[voxel]!)) as Maps
}

/** The mean of two maps: one from intensity and one from labels, so that a change of contrast is no plain map of intensities. */
function halves(first: Maps, second: Maps, mask: Uint8Array): Maps {
  return first.map((map, n) =>
    map.map((value, voxel) => (mask[voxel] ? 0.5 * (value + second[n]![voxel]!) : 0)),
  ) as Maps
}

/** Bytes of one template on the grid of another, as fractions of 255; 0 outside. Its lowest slice goes on downwards, so
 *  that a neck does not end in the air. */
function fractionsOnto(source: Template, target: Grid): Float32Array {
  const fractions = Float32Array.from(source.data, (value) => value / 255)
  const [ni, nj, nk] = source.shape
  const below = 4
  const lower = compose(source.affine, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, -below, 0, 0, 0, 1])
  const data = new Float32Array(ni * nj * (nk + below))
  for (let k = 0; k < below; k++) data.set(fractions.subarray(0, ni * nj), k * ni * nj)
  data.set(fractions, below * ni * nj)
  return resample({ shape: [ni, nj, nk + below], affine: lower, data }, target).data
}

function assemble(
  name: string,
  grid: Grid,
  labels: Uint8Array,
  brain: Maps,
  fat: Float32Array,
  muscle: Float32Array,
): Anatomy {
  const bytes = (part: Float32Array): Uint8Array => Uint8Array.from(part, (value) => Math.round(255 * clamp(value)))
  const solid = [...brain.map(bytes), bytes(fat), bytes(muscle)]
  const air = new Uint8Array(labels.length).map((_, voxel) =>
    Math.max(0, 255 - solid.reduce((sum, part) => sum + part[voxel]!, 0)),
  )
  return { name, ...grid, labels, partialVolumes: [air, ...solid], centre: labelCentre(labels, grid.shape) }
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 1 ? 1 : value
}

function meanWhere(data: Uint8Array, chosen: (voxel: number) => boolean): number {
  let sum = 0,
    count = 0
  for (let voxel = 0; voxel < data.length; voxel++)
    if (chosen(voxel)) {
      sum += data[voxel]!
      count++
    }
  return sum / count
}

/** Percentile of bytes, linear between ranks (as numpy's). */
function percentileWhere(data: Uint8Array, percent: number, chosen: (voxel: number) => boolean): number {
  const counts = new Float64Array(256)
  for (let voxel = 0; voxel < data.length; voxel++) if (chosen(voxel)) counts[data[voxel]!]!++
  const rank = (counts.reduce((a, b) => a + b, 0) - 1) * (percent / 100)
  const levelAt = (position: number): number => {
    let seen = 0
    for (let level = 0; level < 256; level++) if ((seen += counts[level]!) > position) return level
    return 255
  }
  const below = Math.floor(rank)
  return levelAt(below) + (rank - below) * (levelAt(below + 1) - levelAt(below))
}
