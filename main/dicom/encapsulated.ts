/** Encapsulated pixel data: items of a sequence to the bytes of each frame (PS3.5 A.4). */
import type { PixelLayout } from './pixel-layout.ts'
import { Unreadable } from './unreadable.ts'

type Fragment = {
  /** Of the item, from the first byte after the offset table. */
  readonly offset: number
  readonly bytes: Uint8Array
}

const item = 0xe000fffe
const sequenceEnd = 0xe0ddfffe

function readItems(bytes: Uint8Array, start: number): { offsets: number[]; fragments: Fragment[] } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const offsets: number[] = []
  const fragments: Fragment[] = []
  let first = 0
  for (let at = start; at + 8 <= bytes.length;) {
    const tag = view.getUint32(at, true)
    const length = view.getUint32(at + 4, true)
    if (tag === sequenceEnd) return { offsets, fragments }
    if (tag !== item) throw new Unreadable('its compressed pixel data is damaged')
    if (at + 8 + length > bytes.length) throw new Unreadable('it is cut off within its pixel data')
    const value = bytes.subarray(at + 8, at + 8 + length)
    if (at === start) {
      for (let n = 0; n + 4 <= length; n += 4) offsets.push(view.getUint32(at + 8 + n, true))
      first = at + 8 + length
    } else fragments.push({ offset: at - first, bytes: value })
    at += 8 + length
  }
  // The end is not marked: some writers leave that out. A file cut between fragments shows in their number.
  return { offsets, fragments }
}

/** The compressed bytes of every frame, whichever of the three ways says which fragments belong together. */
export function readFrames(bytes: Uint8Array, layout: PixelLayout): Uint8Array[] {
  const { offsets, fragments } = readItems(bytes, layout.element.offset)
  const { frames, extendedOffsets } = layout
  const starts = extendedOffsets?.starts ?? offsets
  const groups =
    frames === 1
      ? [fragments]
      : starts.length === frames
        ? groupByOffset(fragments, starts)
        : fragments.length === frames
          ? fragments.map((fragment) => [fragment])
          : groupByStart(fragments)
  if (groups.length !== frames || groups.some((group) => group.length === 0))
    throw new Unreadable(
      `it has compressed pixels for ${groups.filter((group) => group.length > 0).length} of ${frames} frames`,
    )
  return groups.map(join)
}

function groupByOffset(fragments: readonly Fragment[], starts: readonly number[]): Fragment[][] {
  return starts.map((start, n) => {
    const end = starts[n + 1] ?? Infinity
    return fragments.filter(({ offset }) => offset >= start && offset < end)
  })
}

/** Without offsets a frame starts where a fragment starts with the first marker of JPEG (FFD8) or JPEG 2000 (FF4F). */
function groupByStart(fragments: readonly Fragment[]): Fragment[][] {
  const groups: Fragment[][] = []
  for (const fragment of fragments) {
    const [a, b] = fragment.bytes
    const isStart = a === 0xff && (b === 0xd8 || b === 0x4f)
    if (isStart || groups.length === 0) groups.push([fragment])
    else groups.at(-1)!.push(fragment)
  }
  return groups
}

function join(fragments: readonly Fragment[]): Uint8Array {
  if (fragments.length === 1) return fragments[0]!.bytes
  const out = new Uint8Array(fragments.reduce((sum, { bytes }) => sum + bytes.length, 0))
  let at = 0
  for (const { bytes } of fragments) {
    out.set(bytes, at)
    at += bytes.length
  }
  return out
}
