/** Positions, orientations and spacings of frames to one affine; finds gaps, duplicates and tilt. */
import { fromParts } from '../volume/affine.ts'
import type { Affine, Note, Vector } from '../volume/volume.ts'
import { cross } from './frame-attributes.ts'
import type { Frame, Plane } from './instance.ts'

export type Placed = Frame & { readonly plane: Plane }

/** Frames in the order of k, where they lie, and what is odd about them; or why they make no volume. */
export type Stack =
  | { readonly frames: readonly Placed[]; readonly affine: Affine; readonly notes: readonly Note[] }
  | { readonly problem: string }

const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const minus = (a: Vector, b: Vector): Vector => [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
const mm = (x: number): string => `${Math.round(x * 100) / 100} mm`

/** Slices may stray from an even grid by this share of their distance (scanners round positions), and by this much in-plane. */
const unevenShare = 0.05
/** Positions are decimal strings: closer than this is the same place. */
export const samePlaceMm = 1e-3

export function normalOf(plane: Plane): Vector {
  return cross(plane.row, plane.column)
}

/** Distance of a frame along a normal, which orders slices. */
export function along(plane: Plane, normal: Vector): number {
  return dot(plane.position, normal)
}

/**
 * Stacks parallel frames of one size: k grows along row x column, whatever the instance numbers say. The k column of the
 * affine runs from the first to the last position, so a tilted gantry becomes a shear. Source: PS3.3 C.7.6.2.1.1.
 */
export function stack(frames: readonly Placed[]): Stack {
  const reference = frames[0]!.plane
  const normal = normalOf(reference)
  const sorted = [...frames].sort((a, b) => along(a.plane, normal) - along(b.plane, normal))
  const first = sorted[0]!.plane
  const last = sorted.at(-1)!.plane
  const notes: Note[] = []
  if (sorted.length === 1) return single(sorted, first, normal)
  const problem = findGap(sorted, normal)
  if (problem) return { problem }
  const steps = sorted.length - 1
  const step = minus(last.position, first.position).map((x) => x / steps) as unknown as Vector
  const distance = Math.hypot(...step)
  const affine = fromParts(
    [first.row, first.column, step.map((x) => x / distance) as unknown as Vector],
    [...first.spacing, distance],
    first.position,
  )
  const slope = Math.acos(Math.min(1, dot(step, normal) / distance)) * (180 / Math.PI)
  if (slope > 0.5)
    notes.push({
      code: 'tilt',
      message: `The slices are sheared by ${slope.toFixed(1)} degrees (gantry tilt); the geometry keeps that.`,
    })
  const off = deviations(sorted, step)
  const worst = Math.max(...off)
  if (worst > Math.max(unevenShare * 2 * distance, 0.01))
    return { problem: `the slices do not lie on a straight line: up to ${mm(worst)} off` }
  const uneven = off.filter((x) => x > 0.02).length
  if (uneven)
    notes.push({ code: 'uneven-slices', message: `${uneven} slices lie up to ${mm(worst)} off an even grid.` })
  return { frames: sorted, affine, notes }
}

function single(frames: readonly Placed[], plane: Plane, normal: Vector): Stack {
  const between = plane.spacingBetween ?? plane.thickness
  if (between === undefined) return { problem: 'it is a single slice that does not say how thick it is' }
  const affine = fromParts([plane.row, plane.column, normal], [...plane.spacing, between], plane.position)
  return { frames, affine, notes: [] }
}

/** A step much larger than the usual one: slices are missing, or the series has two spacings. */
function findGap(frames: readonly Placed[], normal: Vector): string | undefined {
  const at = frames.map((frame) => along(frame.plane, normal))
  const steps = at.slice(1).map((x, n) => x - at[n]!)
  const usual = [...steps].sort((a, b) => a - b)[Math.floor(steps.length / 2)]!
  const n = steps.findIndex((step) => Math.abs(step - usual) > Math.max(unevenShare * usual * 2, 0.01))
  if (n < 0) return undefined
  const step = steps[n]!
  const missing = Math.round(step / usual) - 1
  if (missing >= 1 && Math.abs(step / usual - missing - 1) < 0.1)
    return `${missing === 1 ? 'a slice is' : `${missing} slices are`} missing after slice ${n + 1} of ${frames.length} (a gap of ${mm(step)} where ${mm(usual)} is usual)`
  return `the slices are not evenly spaced: ${mm(step)} after slice ${n + 1} where ${mm(usual)} is usual`
}

/** How far each slice is from where an even grid has it, in mm. */
function deviations(frames: readonly Placed[], step: Vector): number[] {
  const origin = frames[0]!.plane.position
  return frames.map(({ plane }, k) =>
    Math.hypot(...minus(minus(plane.position, origin), step.map((x) => k * x) as unknown as Vector)),
  )
}
