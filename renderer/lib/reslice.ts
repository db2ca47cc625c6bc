/** One plane of a volume, row by row from the screen's top left, as it is cut: no interpolation. */
import type { Voxels } from './scan.ts'
import type { Cut, Vector } from './planes.ts'

/** The pixels of one slice. `out` is written over where it fits (size and kind), else a new array is made.
 *  data: i + ni * (j + nj * k) with `shape` the volume's; slice: an index along the cut's third axis, inside the volume. */
export function reslice<T extends Voxels>(data: T, shape: Vector, cut: Cut, slice: number, out?: T): T {
  const [columns, rows] = cut.size
  const pixels =
    out?.length === columns * rows && out.constructor === data.constructor ? out : blank(data, columns * rows)
  const strides = [1, shape[0], shape[0] * shape[1]] as const
  const acrossColumns = strides[cut.axes[0]] * (cut.flips[0] ? -1 : 1)
  const acrossRows = strides[cut.axes[1]] * (cut.flips[1] ? -1 : 1)
  const start =
    slice * strides[cut.axes[2]] +
    (cut.flips[0] ? (columns - 1) * strides[cut.axes[0]] : 0) +
    (cut.flips[1] ? (rows - 1) * strides[cut.axes[1]] : 0)
  if (acrossColumns === 1) copyRows(data, pixels, columns, rows, start, acrossRows)
  else gather(data, pixels, columns, rows, start, acrossColumns, acrossRows)
  return pixels
}

function copyRows(from: Voxels, to: Voxels, columns: number, rows: number, start: number, acrossRows: number): void {
  for (let row = 0; row < rows; row++) {
    const first = start + row * acrossRows
    to.set(from.subarray(first, first + columns), row * columns)
  }
}

function gather(
  from: Voxels,
  to: Voxels,
  columns: number,
  rows: number,
  start: number,
  acrossColumns: number,
  acrossRows: number,
): void {
  for (let row = 0, at = 0; row < rows; row++) {
    let source = start + row * acrossRows
    for (let column = 0; column < columns; column++, at++, source += acrossColumns) to[at] = from[source]!
  }
}

function blank<T extends Voxels>(like: T, length: number): T {
  return new (like.constructor as new (length: number) => T)(length)
}
