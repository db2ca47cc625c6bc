/** What a viewport's grey picture is made of: stored values as small whole numbers, and the grey of each. */
import type { Window } from '../../main/contract/schemas.ts'
import type { Cut } from './planes.ts'
import { reslice } from './reslice.ts'
import type { Scan, Voxels } from './scan.ts'
import { greyTable } from './windows.ts'

export type Whole = Int16Array | Uint16Array | Uint8Array

/** Greys of the stored values first, first + 1, ...; `id` tells one table from another. */
export type Greys = { readonly id: number; readonly first: number; readonly table: Uint8ClampedArray }

let count = 0

/** Fractions are shown in 65536 steps between the scan's least and largest value: a screen shows 256. */
function floatStep({ header: { min, max } }: Scan): number {
  return (max - min) / 65535 || 1
}

export function greysOf(scan: Scan, window: Window, isInverted: boolean): Greys {
  const { type, slope, intercept, min } = scan.header
  const first = type === 'int16' ? -32768 : 0
  const rescale = type === 'float32' ? { slope: floatStep(scan), intercept: min } : { slope, intercept }
  return { id: ++count, first, table: greyTable(window, isInverted, rescale, first, type === 'uint8' ? 256 : 65536) }
}

export type Scratch = { cut?: Voxels | undefined; whole?: Uint16Array | undefined }

/** The pixels of a slice as the table of greysOf counts them. `scratch` holds arrays from one slice to the next. */
export function wholePixels(scan: Scan, cut: Cut, slice: number, scratch: Scratch): Whole {
  const pixels = (scratch.cut = reslice(scan.data, scan.header.shape, cut, slice, scratch.cut))
  if (!(pixels instanceof Float32Array)) return pixels
  const whole = scratch.whole?.length === pixels.length ? scratch.whole : new Uint16Array(pixels.length)
  const { slope, intercept, min } = scan.header
  const step = floatStep(scan)
  for (let n = 0; n < whole.length; n++) whole[n] = (pixels[n]! * slope + intercept - min) / step + 0.5
  return (scratch.whole = whole)
}
