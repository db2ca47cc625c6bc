import { compose, invert, spacing } from './affine.ts'
import type { Affine, Grid, LabelMap, ProbabilityMap, Shape, Vector, Volume } from './volume.ts'
import { voxelCount } from './volume.ts'

/** How far outside the centres of the outermost voxels a point still belongs to a grid: half a voxel, and rounding. */
const edge = 0.5 + 1e-6

/** Calls `visit` for every voxel of `target` whose centre lies in `source`, with its continuous index there, held to the voxel centres. */
function forEachInside(source: Grid, target: Grid, visit: (at: number, x: number, y: number, z: number) => void): void {
  const m = compose(invert(source.affine), target.affine) as number[] & { length: 16 }
  const [ni, nj, nk] = source.shape
  const [mi, mj, mk] = target.shape
  const [a, b, c, d, e, f, g, h, l] = [m[0]!, m[1]!, m[2]!, m[4]!, m[5]!, m[6]!, m[8]!, m[9]!, m[10]!]
  const hold = (x: number, n: number): number => (x < 0 ? 0 : x > n - 1 ? n - 1 : x)
  for (let k = 0; k < mk; k++)
    for (let j = 0; j < mj; j++) {
      const x0 = b * j + c * k + m[3]!
      const y0 = e * j + f * k + m[7]!
      const z0 = h * j + l * k + m[11]!
      const row = mi * (j + mj * k)
      const [first, last] = inside([x0, y0, z0], [a, d, g], source.shape, mi)
      for (let i = first; i <= last; i++)
        visit(row + i, hold(x0 + a * i, ni), hold(y0 + d * i, nj), hold(z0 + g * i, nk))
    }
}

/** The range of i for which start + i * step lies within the shape, half a voxel around it included. */
function inside(start: Vector, step: Vector, shape: Shape, count: number): [number, number] {
  let [first, last] = [0, count - 1]
  for (const axis of [0, 1, 2] as const) {
    const [low, high] = [-edge - start[axis], shape[axis] - 1 + edge - start[axis]]
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
 * A volume on another grid by trilinear interpolation through both affines. Centres more than half a voxel outside get
 * `outside`. Nothing is smoothed: to go to coarser voxels use toSpacing first.
 */
export function resample(volume: Volume, target: Grid, outside = 0): Volume {
  const [ni, nj, nk] = volume.shape
  const from = volume.data
  const data = new Float32Array(voxelCount(target.shape))
  if (outside !== 0) data.fill(outside)
  forEachInside(volume, target, (at, x, y, z) => {
    const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)]
    const [u, v, w] = [x - i, y - j, z - k]
    const di = i + 1 < ni ? 1 : 0
    const dj = j + 1 < nj ? ni : 0
    const dk = k + 1 < nk ? ni * nj : 0
    const p = i + ni * (j + nj * k)
    const low =
      (1 - v) * ((1 - u) * from[p]! + u * from[p + di]!) + v * ((1 - u) * from[p + dj]! + u * from[p + di + dj]!)
    const q = p + dk
    const high =
      (1 - v) * ((1 - u) * from[q]! + u * from[q + di]!) + v * ((1 - u) * from[q + dj]! + u * from[q + di + dj]!)
    data[at] = (1 - w) * low + w * high
  })
  return { shape: target.shape, affine: target.affine, data }
}

/** Labels on another grid: each voxel gets the label of the nearest one; 0 outside. */
export function resampleLabels(labels: LabelMap, target: Grid): LabelMap {
  const [ni, nj] = labels.shape
  const data = new Uint8Array(voxelCount(target.shape))
  forEachInside(labels, target, (at, x, y, z) => {
    data[at] = labels.data[Math.round(x) + ni * (Math.round(y) + nj * Math.round(z))]!
  })
  return { shape: target.shape, affine: target.affine, data }
}

/** The most probable class of every voxel; of equally probable ones the lowest. */
export function mostProbable({ shape, affine, classes, data }: ProbabilityMap): LabelMap {
  const labels = new Uint8Array(voxelCount(shape))
  for (let n = 0, p = 0; n < labels.length; n++, p += classes) {
    let best = 0
    for (let c = 1; c < classes; c++) if (data[p + c]! > data[p + best]!) best = c
    labels[n] = best
  }
  return { shape, affine, data: labels }
}

/**
 * Labels on another grid: the class whose trilinearly interpolated probability is highest; background outside.
 * Where all eight neighbours agree their label is the answer (the interpolation is a convex sum), so only borders are summed.
 */
export function resampleProbabilities(map: ProbabilityMap, target: Grid): LabelMap {
  const [ni, nj, nk] = map.shape
  const { classes, data: from } = map
  const nearest = mostProbable(map).data
  const data = new Uint8Array(voxelCount(target.shape))
  const sums = new Float64Array(classes)
  const neighbours = new Int32Array(8)
  forEachInside(map, target, (at, x, y, z) => {
    const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)]
    const di = i + 1 < ni ? 1 : 0
    const dj = j + 1 < nj ? ni : 0
    const dk = k + 1 < nk ? ni * nj : 0
    const p = i + ni * (j + nj * k)
    let same = true
    for (let n = 0; n < 8; n++) {
      neighbours[n] = p + (n & 1 ? di : 0) + (n & 2 ? dj : 0) + (n & 4 ? dk : 0)
      if (nearest[neighbours[n]!] !== nearest[p]) same = false
    }
    if (same) {
      data[at] = nearest[p]!
      return
    }
    const [u, v, w] = [x - i, y - j, z - k]
    sums.fill(0)
    for (let n = 0; n < 8; n++) {
      const weight = (n & 1 ? u : 1 - u) * (n & 2 ? v : 1 - v) * (n & 4 ? w : 1 - w)
      if (weight > 0) for (let c = 0; c < classes; c++) sums[c]! += weight * from[neighbours[n]! * classes + c]!
    }
    let best = 0
    for (let c = 1; c < classes; c++) if (sums[c]! > sums[best]!) best = c
    data[at] = best
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
