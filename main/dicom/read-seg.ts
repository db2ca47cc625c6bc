/** DICOM Segmentation objects, anybody's, to a label map on a grid. */
import { apply, compose, fromParts, invert } from '../volume/affine.ts'
import { type Grid, type LabelMap, type Vector, voxelCount } from '../volume/volume.ts'
import { type Groups, cross, readPlane } from './frame-attributes.ts'
import type { Plane } from './instance.ts'
import { type Parsed, parse } from './parse.ts'
import { type PixelLayout, readLayout } from './pixel-layout.ts'
import { openFrames } from './pixels.ts'
import { Unreadable } from './unreadable.ts'

const segmentation = '1.2.840.10008.5.1.4.1.1.66.4'
const labelMapSegmentation = '1.2.840.10008.5.1.4.1.1.66.7'

type SegFrame = {
  readonly plane: Plane
  /** From 1; 0 where the pixels themselves are segment numbers. */
  readonly segment: number
  /** Whether pixel n belongs to the segment; the segment's number in a label map. */
  readonly at: (n: number) => number
}

/**
 * Segment numbers on `grid`, by the nearest pixel; beyond the object's frames 0. Where segments overlap, the higher number
 * stays. Binary, fractional (half or more) and label map segmentations. Throws Unreadable where the bytes are no
 * segmentation, or its frames are not parallel and evenly spaced.
 */
export async function readSeg(bytes: Uint8Array, grid: Grid): Promise<LabelMap> {
  const parsed = parse(bytes)
  const sopClass = parsed.attributes.string('SOPClassUID')
  if (sopClass !== segmentation && sopClass !== labelMapSegmentation)
    throw new Unreadable('it is not a DICOM segmentation')
  const layout = readLayout(parsed)
  const frames = await readFrames(parsed, layout)
  const { affine, slices } = stackFrames(frames)
  const data = new Uint8Array(voxelCount(grid.shape))
  const toSeg = compose(invert(affine), grid.affine)
  const [ni, nj, nk] = grid.shape
  const step: Vector = [toSeg[0]!, toSeg[4]!, toSeg[8]!]
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++) {
      const start = apply(toSeg, [0, j, k])
      for (let i = 0; i < ni; i++) {
        const column = Math.round(start[0] + i * step[0])
        const row = Math.round(start[1] + i * step[1])
        if (column < 0 || row < 0 || column >= layout.columns || row >= layout.rows) continue
        const onSlice = slices.get(Math.round(start[2] + i * step[2]))
        if (!onSlice) continue
        let label = 0
        for (const frame of onSlice) label = Math.max(label, frame.at(row * layout.columns + column))
        data[i + ni * (j + nj * k)] = label
      }
    }
  return { ...grid, data }
}

async function readFrames(parsed: Parsed, layout: PixelLayout): Promise<SegFrame[]> {
  const a = parsed.attributes
  const shared = a.items('SharedFunctionalGroupsSequence')[0]
  const perFrame = a.items('PerFrameFunctionalGroupsSequence')
  const pixels = await readPixels(parsed, layout)
  return Array.from({ length: layout.frames }, (_, n) => {
    const groups: Groups = (sequence) => perFrame[n]?.items(sequence)[0] ?? shared?.items(sequence)[0]
    const plane = readPlane(a, groups)
    if (!plane) throw new Unreadable('a frame of it does not say where it lies')
    const segment = groups('SegmentIdentificationSequence')?.number('ReferencedSegmentNumber') ?? 0
    if (segment > 255) throw new Unreadable('it has more than 255 segments')
    return { plane, segment, at: pixels(n, segment) }
  })
}

/** For a frame and its segment, the label of a pixel. */
async function readPixels(
  parsed: Parsed,
  layout: PixelLayout,
): Promise<(frame: number, segment: number) => (n: number) => number> {
  const { bytes, attributes } = parsed
  const size = layout.rows * layout.columns
  if (layout.bitsAllocated === 1) {
    const { offset, length } = layout.element
    if (length === undefined || offset + Math.ceil((size * layout.frames) / 8) > bytes.length)
      throw new Unreadable('it is cut off within its pixel data, or packed in a way that cannot be decoded')
    return (frame, segment) => (n) => {
      const bit = frame * size + n
      return (bytes[offset + (bit >> 3)]! >> (bit & 7)) & 1 ? segment : 0
    }
  }
  const read = openFrames(layout, bytes)
  const frames = await Promise.all(Array.from({ length: layout.frames }, (_, n) => read(n)))
  if (attributes.string('SegmentationType') === 'FRACTIONAL') {
    const half = (attributes.number('MaximumFractionalValue') ?? 255) / 2
    return (frame, segment) => (n) => (frames[frame]![n]! >= half ? segment : 0)
  }
  return (frame) => (n) => Math.min(255, frames[frame]![n]!)
}

/** Frames by slice of a grid whose k runs along their normal; empty slices need not be there. */
function stackFrames(frames: readonly SegFrame[]): { affine: readonly number[]; slices: Map<number, SegFrame[]> } {
  const { row, column, spacing, position, spacingBetween, thickness } = frames[0]!.plane
  const normal = cross(row, column)
  const depth = ({ plane }: SegFrame): number =>
    plane.position.reduce((sum, x, n) => sum + (x - position[n]!) * normal[n]!, 0)
  const depths = [...new Set(frames.map((frame) => Math.round(depth(frame) * 1e4) / 1e4))].sort((a, b) => a - b)
  const gaps = depths.slice(1).map((x, n) => x - depths[n]!)
  const between = spacingBetween ?? (gaps.length ? Math.min(...gaps) : thickness)
  if (!between) throw new Unreadable('it does not say how far its frames are apart')
  const slices = new Map<number, SegFrame[]>()
  const sheared = shear(frames, depth, between, normal)
  for (const frame of frames) {
    const k = depth(frame) / between
    const off = Math.hypot(
      ...frame.plane.position.map((x, n) => x - position[n]! - Math.round(k) * between * sheared[n]!),
    )
    const isParallel =
      Math.hypot(...frame.plane.row.map((x, n) => x - row[n]!), ...frame.plane.column.map((x, n) => x - column[n]!)) <
      2e-3
    if (Math.abs(k - Math.round(k)) > 0.1 || off > 0.1 * between || !isParallel)
      throw new Unreadable('its frames are not parallel and evenly spaced')
    const slice = slices.get(Math.round(k))
    if (slice) slice.push(frame)
    else slices.set(Math.round(k), [frame])
  }
  return { affine: fromParts([row, column, sheared], [...spacing, between], position), slices }
}

/** Displacement for one unit along the normal: the normal itself, or slanted where the gantry was tilted. */
function shear(
  frames: readonly SegFrame[],
  depth: (frame: SegFrame) => number,
  between: number,
  normal: Vector,
): Vector {
  const origin = frames[0]!.plane.position
  const far = frames.reduce((a, b) => (Math.abs(depth(b)) > Math.abs(depth(a)) ? b : a))
  const distance = depth(far)
  if (Math.abs(distance) < between / 2) return normal
  return far.plane.position.map((x, n) => (x - origin[n]!) / distance) as unknown as Vector
}

/** Whether these bytes start a DICOM file, by the mark at byte 128. */
export function looksLikeDicom(head: Uint8Array): boolean {
  return head.length >= 132 && String.fromCharCode(...head.subarray(128, 132)) === 'DICM'
}
