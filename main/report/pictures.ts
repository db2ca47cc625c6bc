import { encode } from 'fast-png'
import { spacing } from '../volume/affine.ts'
import { foreground, percentile } from '../volume/intensity.ts'
import { orient } from '../volume/orient.ts'
import { planeGrid, planes } from './planes.ts'
import type { Plane, PlaneGrid } from './planes.ts'
import type { LabelMap, Volume } from '../volume/volume.ts'

/** One slice to be shown: `index` counts along the normal of the plane in the scan turned to LPS. Half-open pixel ranges. */
export type Place = {
  readonly plane: Plane
  readonly index: number
  readonly columns: readonly [number, number]
  readonly rows: readonly [number, number]
}
export type Picture = Place & { readonly png: Uint8Array }

/** Around the masks: the scalp is seen, most of the face is not. */
const marginMm = 22
/** Two pictures of a plane nearer than this share of the masks' extent show the same. */
const nearby = 0.08

/**
 * Which slices tell most: in each plane the middle of the masks and the slice with most change, axially also the quarters.
 * Cropped to the masks with a margin. Empty masks: the middle of the whole scan. Sorted by plane and index.
 */
export function choosePlaces(before: LabelMap, after: LabelMap = before): Place[] {
  const [a, b] = [orient(before, 'LPS'), orient(after, 'LPS')]
  return planes.flatMap((plane) => {
    const grid = planeGrid(a, plane)
    const { foreground: inside, changed } = profiles(a, b, grid)
    const total = inside.reduce((sum, count) => sum + count, 0)
    const extent = inside.filter((count) => count > 0).length || grid.slices
    const most = changed.indexOf(Math.max(...changed))
    const wanted = [
      ...(changed[most]! > 0 ? [most] : []),
      ...(plane === 'axial' ? [0.5, 0.25, 0.75] : [0.5]).map((share) => quantile(inside, total, share)),
    ]
    const chosen = wanted.filter((index, n) =>
      wanted.slice(0, n).every((earlier) => Math.abs(earlier - index) > nearby * extent),
    )
    const crop = cropOf(a, b, grid)
    return chosen.sort((x, y) => x - y).map((index) => ({ plane, index, ...crop }))
  })
}

/**
 * The scan at these places as 8-bit grey pictures with square pixels (the finer spacing of the plane), interpolated
 * linearly. One window for all: the 1st to the 99.5th percentile of what is not background.
 */
export function drawScan(volume: Volume, places: readonly Place[]): Picture[] {
  const oriented = orient(volume, 'LPS')
  const window = greyWindow(volume.data)
  return places.map((place) => ({ ...place, png: drawSlice(oriented, place, window) }))
}

function drawSlice(volume: Volume, place: Place, [low, high]: readonly [number, number]): Uint8Array {
  const grid = planeGrid(volume, place.plane)
  const step = Math.min(...grid.pixelMm)
  const size = (range: readonly [number, number], mm: number): number =>
    Math.max(1, Math.round(((range[1] - range[0]) * mm) / step))
  const [width, height] = [size(place.columns, grid.pixelMm[0]), size(place.rows, grid.pixelMm[1])]
  const data = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const column = place.columns[0] + ((x + 0.5) * step) / grid.pixelMm[0] - 0.5
      const row = place.rows[0] + ((y + 0.5) * step) / grid.pixelMm[1] - 0.5
      const value = interpolated(volume.data, grid, column, row, place.index)
      data[x + width * y] = Math.round(255 * Math.min(1, Math.max(0, (value - low) / (high - low))))
    }
  return encode({ width, height, data, channels: 1, depth: 8 })
}

function interpolated(data: Float32Array, grid: PlaneGrid, column: number, row: number, slice: number): number {
  const held = (value: number, count: number): number => Math.min(count - 1, Math.max(0, value))
  const [c, r] = [held(column, grid.columns), held(row, grid.rows)]
  const [c0, r0] = [Math.floor(c), Math.floor(r)]
  const [c1, r1] = [held(c0 + 1, grid.columns), held(r0 + 1, grid.rows)]
  const [u, v] = [c - c0, r - r0]
  const at = (x: number, y: number): number => data[grid.voxel(x, y, slice)]!
  return (1 - v) * ((1 - u) * at(c0, r0) + u * at(c1, r0)) + v * ((1 - u) * at(c0, r1) + u * at(c1, r1))
}

function greyWindow(data: Float32Array): readonly [number, number] {
  const { threshold } = foreground(data, 0.1)
  const inside = data.filter((value) => value > threshold)
  const [low, high] = [percentile(inside, 1), percentile(inside, 99.5)]
  return high > low ? [low, high] : [threshold, threshold + 1]
}

/** Voxels of the masks, and voxels that differ between them, by slice. */
function profiles(a: LabelMap, b: LabelMap, grid: PlaneGrid): { foreground: number[]; changed: number[] } {
  const foreground = new Array<number>(grid.slices).fill(0)
  const changed = new Array<number>(grid.slices).fill(0)
  eachVoxel(grid, (voxel, _column, _row, slice) => {
    if (a.data[voxel] || b.data[voxel]) foreground[slice]!++
    if (a.data[voxel] !== b.data[voxel]) changed[slice]!++
  })
  return { foreground, changed }
}

function cropOf(a: LabelMap, b: LabelMap, grid: PlaneGrid): Pick<Place, 'columns' | 'rows'> {
  const low = [Infinity, Infinity]
  const high = [-1, -1]
  eachVoxel(grid, (voxel, ...at) => {
    if (!a.data[voxel] && !b.data[voxel]) return
    for (const axis of [0, 1] as const) {
      low[axis] = Math.min(low[axis]!, at[axis])
      high[axis] = Math.max(high[axis]!, at[axis])
    }
  })
  const range = (axis: 0 | 1, count: number): [number, number] => {
    const margin = Math.round(marginMm / grid.pixelMm[axis])
    return high[axis]! < 0 ? [0, count] : [Math.max(0, low[axis]! - margin), Math.min(count, high[axis]! + 1 + margin)]
  }
  return { columns: range(0, grid.columns), rows: range(1, grid.rows) }
}

function eachVoxel(grid: PlaneGrid, visit: (voxel: number, column: number, row: number, slice: number) => void): void {
  for (let slice = 0; slice < grid.slices; slice++)
    for (let row = 0; row < grid.rows; row++)
      for (let column = 0; column < grid.columns; column++) visit(grid.voxel(column, row, slice), column, row, slice)
}

function quantile(counts: readonly number[], total: number, share: number): number {
  if (total === 0) return Math.floor(counts.length * share)
  let sum = 0
  return counts.findIndex((count) => (sum += count) >= share * total)
}

/** Area of one pixel of a plane in mm². */
export function pixelArea(map: LabelMap, plane: Plane): number {
  const [i, j, k] = spacing(map.affine)
  return { axial: i * j, coronal: i * k, sagittal: j * k }[plane]
}
