/**
 * Where the three planes of a scan lie. Planes follow the scan's own axes: each index axis is given to the patient axis that
 * it is closest to, so an oblique scan is cut along its own rows and slices and no value is interpolated.
 * World is LPS millimetres (x to the patient's left, y to posterior, z to the head); voxel (i, j, k) is at i + ni * (j + nj * k).
 */
export type Vector = readonly [number, number, number]
export type Grid = { readonly shape: Vector; readonly affine: readonly number[] }

export type Plane = 'axial' | 'coronal' | 'sagittal'
export const planes: readonly Plane[] = ['axial', 'coronal', 'sagittal']
export type Convention = 'radiological' | 'neurological'

type Axis = 0 | 1 | 2

/** One plane of a grid: which index axes run along columns, rows and slices, and which of them backwards on the screen. */
export type Cut = {
  readonly plane: Plane
  readonly axes: readonly [Axis, Axis, Axis]
  readonly flips: readonly [boolean, boolean]
  /** Columns, rows, slices. */
  readonly size: Vector
  /** Millimetres from column to column, row to row, slice to slice. */
  readonly spacing: Vector
  /** Unit vectors in LPS of the screen's right and down, as cut. */
  readonly right: Vector
  readonly down: Vector
}

/** Patient axes (0 x, 1 y, 2 z) of screen right, screen down and through the plane; a sign says which way they grow. */
const screens: Readonly<Record<Plane, { readonly axes: readonly [Axis, Axis, Axis]; readonly down: 1 | -1 }>> = {
  axial: { axes: [0, 1, 2], down: 1 },
  coronal: { axes: [0, 2, 1], down: -1 },
  sagittal: { axes: [1, 2, 0], down: -1 },
}

const permutations: readonly (readonly [Axis, Axis, Axis])[] = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
]

/** Radiological: the patient's left is at the right of axial and coronal pictures. Neurological turns those two round;
 *  sagittal pictures have the face at the left in both. */
export function cutOf(grid: Grid, plane: Plane, convention: Convention): Cut {
  const screen = screens[plane]
  const nearest = indexAxes(grid.affine)
  const axes = screen.axes.map((patient) => nearest[patient]) as [Axis, Axis, Axis]
  const rightSign = screen.axes[0] === 0 && convention === 'neurological' ? -1 : 1
  const right = direction(grid.affine, axes[0])
  const down = direction(grid.affine, axes[1])
  const flips = [right[screen.axes[0]] * rightSign < 0, down[screen.axes[1]] * screen.down < 0] as const
  return {
    plane,
    axes,
    flips,
    size: axes.map((axis) => grid.shape[axis]) as unknown as Vector,
    spacing: axes.map((axis) => length(column(grid.affine, axis))) as unknown as Vector,
    right: flips[0] ? negative(right) : right,
    down: flips[1] ? negative(down) : down,
  }
}

/** The index axis that is closest to each patient axis, all different: the sum of the cosines is largest. */
function indexAxes(affine: readonly number[]): readonly [Axis, Axis, Axis] {
  const closeness = (axes: readonly [Axis, Axis, Axis]): number =>
    axes.reduce<number>((sum, axis, patient) => sum + Math.abs(direction(affine, axis)[patient as Axis]), 0)
  return permutations.reduce((best, next) => (closeness(next) > closeness(best) + 1e-9 ? next : best))
}

/** Column, row and slice of a voxel index; fractions are kept. Column 0 is the screen's left, row 0 its top. */
export function toPixel(cut: Cut, index: Vector): Vector {
  const [c, r, s] = cut.axes
  return [
    cut.flips[0] ? cut.size[0] - 1 - index[c] : index[c],
    cut.flips[1] ? cut.size[1] - 1 - index[r] : index[r],
    index[s],
  ]
}

/** The inverse of toPixel. */
export function toIndex(cut: Cut, pixel: Vector): Vector {
  const index: [number, number, number] = [0, 0, 0]
  index[cut.axes[0]] = cut.flips[0] ? cut.size[0] - 1 - pixel[0] : pixel[0]
  index[cut.axes[1]] = cut.flips[1] ? cut.size[1] - 1 - pixel[1] : pixel[1]
  index[cut.axes[2]] = pixel[2]
  return index
}

/** Index to LPS millimetres. */
export function toWorld({ affine: a }: Grid, [i, j, k]: Vector): Vector {
  const row = (r: number): number => a[r]! * i + a[r + 1]! * j + a[r + 2]! * k + a[r + 3]!
  return [row(0), row(4), row(8)]
}

/** LPS millimetres to a voxel index with fractions; Cramer's rule. A grid without volume is a bug of the sender. */
export function fromWorld({ affine: a }: Grid, point: Vector): Vector {
  const x = column(a, 0)
  const y = column(a, 1)
  const z = column(a, 2)
  const p: Vector = [point[0] - a[3]!, point[1] - a[7]!, point[2] - a[11]!]
  const volume = dot(x, cross(y, z))
  return [dot(p, cross(y, z)) / volume, dot(x, cross(p, z)) / volume, dot(x, cross(y, p)) / volume]
}

export function centreOf(grid: Grid): Vector {
  return toWorld(grid, grid.shape.map((n) => (n - 1) / 2) as unknown as Vector)
}

function column(affine: readonly number[], axis: Axis): Vector {
  return [affine[axis]!, affine[4 + axis]!, affine[8 + axis]!]
}

function direction(affine: readonly number[], axis: Axis): Vector {
  const v = column(affine, axis)
  const n = length(v)
  return [v[0] / n, v[1] / n, v[2] / n]
}

function length(v: Vector): number {
  return Math.hypot(...v)
}

function negative([x, y, z]: Vector): Vector {
  return [-x, -y, -z]
}

function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
