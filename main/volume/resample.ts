import { apply, compose, invert, spacing } from './affine.ts'
import type { Box } from './crop.ts'
import type { Affine, Grid, LabelMap, ProbabilityMap, Shape, Vector, Volume } from './volume.ts'
import { voxelCount } from './volume.ts'

const wholeBox = ([ni, nj, nk]: Shape): Box => [
  [0, ni],
  [0, nj],
  [0, nk],
]

/** How far outside the centres of the outermost voxels a point still belongs to a grid: half a voxel, and rounding. */
const edge = 0.5 + 1e-6

/** The range of i, ends included, for which start + i * step lies in the box or within half a voxel of it. */
function insideBox(start: Vector, step: Vector, box: Box, count: number): [number, number] {
  let [first, last] = [0, count - 1]
  for (const axis of [0, 1, 2] as const) {
    const [low, high] = [box[axis][0] - edge - start[axis], box[axis][1] - 1 + edge - start[axis]]
    if (Math.abs(step[axis]) < 1e-12) {
      if (low > 0 || high < 0) return [0, -1]
    } else {
      const [p, q] = [low / step[axis], high / step[axis]]
      first = Math.max(first, Math.ceil(Math.min(p, q)))
      last = Math.min(last, Math.floor(Math.max(p, q)))
    }
  }
  return [first, last]
}

/**
 * Walks the rows of `target` through a box of `source`: voxels at .. at + count - 1 of the target lie at the continuous source
 * indices x + n dx, y + n dy, z + n dz. Voxels outside the box are not visited.
 */
function forEachRow(
  source: Grid,
  target: Grid,
  box: Box,
  visit: (at: number, count: number, start: Vector, step: Vector) => void,
): void {
  const m = compose(invert(source.affine), target.affine)
  const step: Vector = [m[0]!, m[4]!, m[8]!]
  const [mi, mj, mk] = target.shape
  for (let k = 0; k < mk; k++)
    for (let j = 0; j < mj; j++) {
      const start = apply(m, [0, j, k])
      const [first, last] = insideBox(start, step, box, mi)
      if (first > last) continue
      const from: Vector = [start[0] + first * step[0], start[1] + first * step[1], start[2] + first * step[2]]
      visit(first + mi * (j + mj * k), last - first + 1, from, step)
    }
}

const hold = (x: number, n: number): number => (x < 0 ? 0 : x > n - 1 ? n - 1 : x)

/**
 * A volume on another grid by trilinear interpolation through both affines. Centres more than half a voxel outside get
 * `outside`. Nothing is smoothed: to go to coarser voxels use toSpacing first.
 */
export function resample(volume: Volume, target: Grid, outside = 0): Volume {
  const [ni, nj, nk] = volume.shape
  const from = volume.data
  const data = new Float32Array(voxelCount(target.shape))
  if (outside !== 0) data.fill(outside)
  forEachRow(volume, target, wholeBox(volume.shape), (at, count, [x0, y0, z0], [dx, dy, dz]) => {
    for (let n = 0; n < count; n++) {
      const x = hold(x0 + n * dx, ni)
      const y = hold(y0 + n * dy, nj)
      const z = hold(z0 + n * dz, nk)
      const i = Math.floor(x)
      const j = Math.floor(y)
      const k = Math.floor(z)
      const [u, v, w] = [x - i, y - j, z - k]
      const di = i + 1 < ni ? 1 : 0
      const dj = j + 1 < nj ? ni : 0
      const p = i + ni * (j + nj * k)
      const q = p + (k + 1 < nk ? ni * nj : 0)
      const low =
        (1 - v) * ((1 - u) * from[p]! + u * from[p + di]!) + v * ((1 - u) * from[p + dj]! + u * from[p + di + dj]!)
      const high =
        (1 - v) * ((1 - u) * from[q]! + u * from[q + di]!) + v * ((1 - u) * from[q + dj]! + u * from[q + di + dj]!)
      data[at + n] = (1 - w) * low + w * high
    }
  })
  return { shape: target.shape, affine: target.affine, data }
}

/** Labels on another grid: each voxel gets the label of the nearest one; 0 outside. */
export function resampleLabels(labels: LabelMap, target: Grid): LabelMap {
  const [ni, nj, nk] = labels.shape
  const data = new Uint8Array(voxelCount(target.shape))
  forEachRow(labels, target, wholeBox(labels.shape), (at, count, [x, y, z], [dx, dy, dz]) => {
    for (let n = 0; n < count; n++) {
      const i = Math.round(hold(x + n * dx, ni))
      const j = Math.round(hold(y + n * dy, nj))
      const k = Math.round(hold(z + n * dz, nk))
      data[at + n] = labels.data[i + ni * (j + nj * k)]!
    }
  })
  return { shape: target.shape, affine: target.affine, data }
}

/** The most probable class of every voxel; of equally probable ones the lowest. */
function mostProbable({ shape, affine, classes, data }: ProbabilityMap): LabelMap {
  const labels = new Uint8Array(voxelCount(shape))
  for (let n = 0, p = 0; n < labels.length; n++, p += classes) {
    let best = 0
    for (let c = 1; c < classes; c++) if (data[p + c]! > data[p + best]!) best = c
    labels[n] = best
  }
  return { shape, affine, data: labels }
}

/** The box around all voxels that are not 0, one voxel wider, within another box; nothing when there are none. */
function boxOfLabels(labels: Uint8Array, [ni, nj, nk]: Shape, within: Box): Box | undefined {
  const low = [ni, nj, nk]
  const high = [-1, -1, -1]
  for (let k = 0, row = 0; k < nk; k++)
    for (let j = 0; j < nj; j++, row += ni) {
      let first = 0
      while (first < ni && labels[row + first] === 0) first++
      if (first === ni) continue
      let last = ni - 1
      while (labels[row + last] === 0) last--
      low[0] = Math.min(low[0]!, first)
      high[0] = Math.max(high[0]!, last)
      low[1] = Math.min(low[1]!, j)
      high[1] = Math.max(high[1]!, j)
      low[2] = Math.min(low[2]!, k)
      high[2] = k
    }
  const range = (axis: 0 | 1 | 2): [number, number] => [
    Math.max(within[axis][0], low[axis]! - 1),
    Math.min(within[axis][1], high[axis]! + 2),
  ]
  const box: Box = [range(0), range(1), range(2)]
  return box.every(([from, to]) => from < to) ? box : undefined
}

/**
 * Labels on another grid: the class whose trilinearly interpolated probability is highest; background outside the map, or
 * outside the part of it that is `within`. Interpolation is a convex sum: where all eight neighbours agree, their label is the
 * answer. Only borders are summed.
 */
export function resampleProbabilities(map: ProbabilityMap, target: Grid, within = wholeBox(map.shape)): LabelMap {
  const [ni, nj, nk] = map.shape
  const { classes, data: from } = map
  const near = mostProbable(map).data
  const data = new Uint8Array(voxelCount(target.shape))
  const box = boxOfLabels(near, map.shape, within)
  if (!box) return { shape: target.shape, affine: target.affine, data }
  const sums = new Float64Array(classes)
  const add = (voxel: number, weight: number): void => {
    if (weight > 0) for (let c = 0; c < classes; c++) sums[c]! += weight * from[voxel * classes + c]!
  }
  forEachRow(map, target, box, (at, count, [x0, y0, z0], [dx, dy, dz]) => {
    for (let n = 0; n < count; n++) {
      const x = hold(x0 + n * dx, ni)
      const y = hold(y0 + n * dy, nj)
      const z = hold(z0 + n * dz, nk)
      const i = Math.floor(x)
      const j = Math.floor(y)
      const k = Math.floor(z)
      const di = i + 1 < ni ? 1 : 0
      const dj = j + 1 < nj ? ni : 0
      const p = i + ni * (j + nj * k)
      const q = p + (k + 1 < nk ? ni * nj : 0)
      const label = near[p]!
      if (
        near[p + di] === label &&
        near[p + dj] === label &&
        near[p + di + dj] === label &&
        near[q] === label &&
        near[q + di] === label &&
        near[q + dj] === label &&
        near[q + di + dj] === label
      ) {
        data[at + n] = label
        continue
      }
      const [u, v, w] = [x - i, y - j, z - k]
      sums.fill(0)
      add(p, (1 - u) * (1 - v) * (1 - w))
      add(p + di, u * (1 - v) * (1 - w))
      add(p + dj, (1 - u) * v * (1 - w))
      add(p + di + dj, u * v * (1 - w))
      add(q, (1 - u) * (1 - v) * w)
      add(q + di, u * (1 - v) * w)
      add(q + dj, (1 - u) * v * w)
      add(q + di + dj, u * v * w)
      let best = 0
      for (let c = 1; c < classes; c++) if (sums[c]! > sums[best]!) best = c
      data[at + n] = best
    }
  })
  return { shape: target.shape, affine: target.affine, data }
}

/** The same field of view, to the nearest whole voxel and about the same centre, with another spacing along the same axes. */
export function gridWithSpacing(grid: Grid, target: Vector): Grid {
  const own = spacing(grid.affine)
  const shape = grid.shape.map((n, axis) =>
    Math.max(1, Math.round((n * own[axis]!) / target[axis]!)),
  ) as unknown as Shape
  const ratio = target.map((mm, axis) => mm / own[axis]!)
  const start = shape.map((n, axis) => (grid.shape[axis]! - 1) / 2 - ((n - 1) / 2) * ratio[axis]!)
  const step: Affine = [ratio[0]!, 0, 0, start[0]!, 0, ratio[1]!, 0, start[1]!, 0, 0, ratio[2]!, start[2]!, 0, 0, 0, 1]
  return { shape, affine: compose(grid.affine, step) }
}

/** Integral of linear interpolation's kernel from -infinity to x. */
function kernelIntegral(x: number): number {
  if (x <= -1) return 0
  if (x >= 1) return 1
  return x < 0 ? ((1 + x) * (1 + x)) / 2 : 1 - ((1 - x) * (1 - x)) / 2
}

/** For every output voxel of one axis: the first input voxel it draws on, and the weights from there on. */
function weightsAlong(
  count: number,
  inputs: number,
  start: number,
  ratio: number,
): { first: number; weights: number[] }[] {
  // A voxel `ratio` wide is what a box of this width makes of a voxel 1 wide: their variances differ by as much.
  const width = ratio > 1 ? Math.sqrt(ratio * ratio - 1) : 0
  return Array.from({ length: count }, (_, output) => {
    const centre = start + output * ratio
    const low = Math.floor(centre - width / 2)
    const high = Math.ceil(centre + width / 2)
    const first = Math.min(inputs - 1, Math.max(0, low))
    const weights = new Array<number>(Math.min(inputs - 1, Math.max(0, high)) - first + 1).fill(0)
    for (let n = low; n <= high; n++) {
      const weight =
        width < 1e-6
          ? Math.max(0, 1 - Math.abs(n - centre))
          : (kernelIntegral(centre + width / 2 - n) - kernelIntegral(centre - width / 2 - n)) / width
      weights[Math.min(inputs - 1, Math.max(0, n)) - first]! += weight
    }
    return { first, weights }
  })
}

function resampleAxis(
  data: Float32Array,
  shape: Shape,
  axis: 0 | 1 | 2,
  table: { first: number; weights: number[] }[],
): Float32Array {
  const inner = axis === 0 ? 1 : axis === 1 ? shape[0] : shape[0] * shape[1]
  const outer = data.length / (inner * shape[axis])
  const out = new Float32Array(inner * table.length * outer)
  for (let o = 0; o < outer; o++)
    table.forEach(({ first, weights }, output) => {
      const to = inner * (output + table.length * o)
      weights.forEach((weight, tap) => {
        if (weight === 0) return
        const from = inner * (first + tap + shape[axis] * o)
        for (let n = 0; n < inner; n++) out[to + n]! += weight * data[from + n]!
      })
    })
  return out
}

/**
 * A volume with another spacing along its own axes: linear interpolation, and where voxels become larger the average over
 * what they newly cover, so that fine noise and edges do not alias. Linear ramps stay exact; border values extend outwards.
 */
export function toSpacing(volume: Volume, target: Vector): Volume {
  const own = spacing(volume.affine)
  const grid = gridWithSpacing(volume, target)
  let shape: Shape = volume.shape
  let data = volume.data
  for (const axis of [2, 1, 0] as const) {
    const ratio = target[axis] / own[axis]
    if (Math.abs(ratio - 1) < 1e-6) continue
    const count = grid.shape[axis]
    const start = (shape[axis] - 1) / 2 - ((count - 1) / 2) * ratio
    data = resampleAxis(data, shape, axis, weightsAlong(count, shape[axis], start, ratio))
    shape = shape.map((n, other) => (other === axis ? count : n)) as unknown as Shape
  }
  return data === volume.data ? volume : { ...grid, data }
}
