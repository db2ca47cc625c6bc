import { encode } from 'fast-png'
import { spacing } from '../volume/affine.ts'
import { percentile } from '../volume/intensity.ts'
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
  const a = orient(before, 'LPS')
  const counts = countAlongAxes(a, after === before ? a : orient(after, 'LPS'))
  return planes.flatMap((plane) => {
    const grid = planeGrid(a, plane)
    const { inside, changed } = counts[axesOf[plane].slice]!
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
    const crop = cropOf(plane, grid, counts)
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
  const threshold = 0.1 * percentile(data, 99)
  const inside = new Float32Array(data.length)
  let count = 0
  for (let n = 0; n < data.length; n++) if (data[n]! > threshold) inside[count++] = data[n]!
  const [low, high] = [1, 99.5].map((p) => percentile(inside.subarray(0, count), p)) as [number, number]
  return high > low ? [low, high] : [threshold, threshold + 1]
}

/** Which of i, j, k counts slices, columns and rows of a plane; rows along k run from the head downwards. */
const axesOf = {
  axial: { slice: 2, column: 0, row: 1 },
  coronal: { slice: 1, column: 0, row: 2 },
  sagittal: { slice: 0, column: 1, row: 2 },
} as const

/** By the index along an axis: voxels of the masks, and voxels that differ between them. */
type Counts = { readonly inside: number[]; readonly changed: number[] }

/** For i, j and k, in one pass: masks have millions of voxels. */
function countAlongAxes(a: LabelMap, b: LabelMap): readonly Counts[] {
  const counts = a.shape.map((count) => ({
    inside: new Array<number>(count).fill(0),
    changed: new Array<number>(count).fill(0),
  }))
  const [ni, nj, nk] = a.shape
  let voxel = 0
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++)
      for (let i = 0; i < ni; i++, voxel++) {
        const [before, after] = [a.data[voxel]!, b.data[voxel]!]
        if (before === 0 && after === 0) continue
        const isChanged = before !== after ? 1 : 0
        for (let axis = 0; axis < 3; axis++) {
          const at = axis === 0 ? i : axis === 1 ? j : k
          counts[axis]!.inside[at]!++
          counts[axis]!.changed[at]! += isChanged
        }
      }
  return counts
}

function cropOf(plane: Plane, grid: PlaneGrid, counts: readonly Counts[]): Pick<Place, 'columns' | 'rows'> {
  const { column, row } = axesOf[plane]
  const range = (inside: readonly number[], pixelMm: number): [number, number] => {
    const count = inside.length
    const margin = Math.round(marginMm / pixelMm)
    const low = inside.findIndex((voxels) => voxels > 0)
    const high = inside.findLastIndex((voxels) => voxels > 0)
    return high < 0 ? [0, count] : [Math.max(0, low - margin), Math.min(count, high + 1 + margin)]
  }
  const down = counts[row]!.inside
  return {
    columns: range(counts[column]!.inside, grid.pixelMm[0]),
    rows: range(plane === 'axial' ? down : down.toReversed(), grid.pixelMm[1]),
  }
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
