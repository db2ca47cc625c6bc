import { direction } from './affine.ts'
import type { Affine, Grid, LabelMap, Shape, Vector, Volume } from './volume.ts'

type Axis = 0 | 1 | 2
/** Output axis n runs along input axis `axes[n]`, backwards where `flips[n]`. */
type AxisOrder = {
  readonly axes: readonly [Axis, Axis, Axis]
  readonly flips: readonly [boolean, boolean, boolean]
}

/** World axis and sign of the letter that an index increases towards; world is LPS. */
const letters: Readonly<Record<string, readonly [Axis, 1 | -1]>> = {
  L: [0, 1],
  R: [0, -1],
  P: [1, 1],
  A: [1, -1],
  S: [2, 1],
  I: [2, -1],
}
const permutations: readonly (readonly [Axis, Axis, Axis])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]

/**
 * Which permutation and flips of the axes bring a grid closest to an orientation ("LPS": i to the left, j to posterior,
 * k to the head). Oblique axes stay oblique: the sum of the cosines is largest. Throws when the letters name no orientation.
 */
function axisOrder(affine: Affine, orientation: string): AxisOrder {
  const wanted = [...orientation].map((letter) => letters[letter])
  if (wanted.length !== 3 || new Set(wanted.map((w) => w?.[0])).size !== 3 || wanted.includes(undefined))
    throw new Error(`not an orientation: ${orientation}`)
  const cosine = (output: Axis, input: Axis): number => {
    const [world, sign] = wanted[output]!
    return sign * direction(affine, input)[world]
  }
  const closeness = (axes: readonly [Axis, Axis, Axis]): number =>
    Math.abs(cosine(0, axes[0])) + Math.abs(cosine(1, axes[1])) + Math.abs(cosine(2, axes[2]))
  const axes = permutations.reduce((best, next) => (closeness(next) > closeness(best) + 1e-9 ? next : best))
  return { axes, flips: [cosine(0, axes[0]) < 0, cosine(1, axes[1]) < 0, cosine(2, axes[2]) < 0] }
}

/** The three letters that i, j, k increase towards, to the nearest axis: "LPS" for an axial scan in DICOM order. */
export function orientationOf(affine: Affine): string {
  const { axes, flips } = axisOrder(affine, 'LPS')
  const names = ['', '', '']
  axes.forEach((input, world) => (names[input] = (flips[world] ? 'RAI' : 'LPS')[world]!))
  return names.join('')
}

/** Permutes and flips the axes of a grid; no voxel moves in the world. */
function orientGrid(grid: Grid, order: AxisOrder): Grid {
  const n = order.axes.map((axis) => grid.shape[axis])
  const rows = [0, 1, 2].map((r) => {
    const column = (axis: Axis): number => grid.affine[r * 4 + axis]!
    let shift = grid.affine[r * 4 + 3]!
    const turned = order.axes.map((axis, output) => {
      if (order.flips[output]) shift += column(axis) * (n[output]! - 1)
      return order.flips[output] ? -column(axis) : column(axis)
    })
    return [...turned, shift]
  })
  return { shape: n as unknown as Shape, affine: [...rows.flat(), 0, 0, 0, 1] }
}

/**
 * Permutes and flips the axes to the orientation closest to the named one; values are moved, never interpolated.
 * The way back: orient(result, orientationOf(volume.affine)).
 */
export function orient<T extends Volume | LabelMap>(volume: T, orientation: string): T {
  const order = axisOrder(volume.affine, orientation)
  const [ni, nj] = volume.shape
  const strides: Vector = [1, ni, ni * nj]
  const grid = orientGrid(volume, order)
  const [si, sj, sk] = order.axes.map((axis, output) =>
    order.flips[output] ? -strides[axis] : strides[axis],
  ) as unknown as Vector
  if (si === 1 && sj === ni && sk === ni * nj) return volume
  let start = 0
  order.axes.forEach((axis, output) => (start += order.flips[output] ? strides[axis] * (volume.shape[axis] - 1) : 0))
  const from = volume.data
  const data = from instanceof Uint8Array ? new Uint8Array(from.length) : new Float32Array(from.length)
  const [mi, mj, mk] = grid.shape
  let to = 0
  for (let k = 0; k < mk; k++)
    for (let j = 0; j < mj; j++) {
      let at = start + k * sk + j * sj
      for (let i = 0; i < mi; i++, at += si) data[to++] = from[at]!
    }
  return { ...volume, ...grid, data }
}
