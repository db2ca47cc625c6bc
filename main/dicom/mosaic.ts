/** Siemens mosaics: all slices of a volume as tiles of one picture. */
import type { Vector } from '../volume/volume.ts'
import { cross } from './frame-attributes.ts'
import type { Content, Frame, Instance, Plane } from './instance.ts'
import type { Attributes } from './parse.ts'
import type { PixelLayout } from './pixel-layout.ts'
import { Unreadable } from './unreadable.ts'

export type Mosaic = {
  readonly slices: number
  /** Tiles along each side. */
  readonly side: number
  /** From one slice to the next, unit length; absent where the private header is missing. */
  readonly normal: Vector | undefined
}

export function readMosaic(a: Attributes, pixels: PixelLayout): Mosaic | undefined {
  if (!a.strings('ImageType').includes('MOSAIC')) return undefined
  const csa = a.string('SiemensCsaCreator') === 'SIEMENS CSA HEADER' ? a.bytes('SiemensImageHeader') : undefined
  const values = csa ? readCsa(csa, ['NumberOfImagesInMosaic', 'SliceNormalVector']) : {}
  const isMrHeader = a.string('SiemensHeaderCreator') === 'SIEMENS MR HEADER'
  const slices = values.NumberOfImagesInMosaic?.[0] ?? (isMrHeader ? a.number('MosaicImageCount') : undefined)
  if (!slices || slices < 1 || slices > 4096 || !Number.isInteger(slices))
    throw new Unreadable('it is a mosaic that does not say how many slices it holds')
  const side = Math.ceil(Math.sqrt(slices))
  if (pixels.columns % side || pixels.rows % side)
    throw new Unreadable(
      `it is a mosaic of ${slices} slices that do not fit its ${pixels.columns} x ${pixels.rows} pixels`,
    )
  const [x, y, z] = values.SliceNormalVector ?? []
  const length = Math.hypot(x ?? 0, y ?? 0, z ?? 0)
  const normal: Vector | undefined = length > 0.9 && length < 1.1 ? [x! / length, y! / length, z! / length] : undefined
  return { slices, side, normal }
}

/** The tiles as frames. A mosaic's position is that of the corner of a picture as large as the mosaic around the same centre. */
export function mosaicFrames(
  instance: Instance,
  { slices, side, normal }: Mosaic,
  plane: Plane | undefined,
  content: Content,
  rescale: { readonly slope: number; readonly intercept: number },
): Frame[] {
  const columns = instance.pixels.columns / side
  const rows = instance.pixels.rows / side
  const between = plane?.spacingBetween ?? plane?.thickness
  return Array.from({ length: slices }, (_, slice) => ({
    instance,
    index: 0,
    tile: { i: (slice % side) * columns, j: Math.floor(slice / side) * rows },
    rows,
    columns,
    plane: plane && between !== undefined ? tilePlane(plane, columns, rows, side, slice * between, normal) : undefined,
    content,
    ...rescale,
  }))
}

function tilePlane(
  plane: Plane,
  columns: number,
  rows: number,
  side: number,
  distance: number,
  normal: Vector | undefined,
): Plane {
  const { row, column, spacing, position } = plane
  const right = ((side - 1) * columns * spacing[0]) / 2
  const down = ((side - 1) * rows * spacing[1]) / 2
  const along = normal ?? cross(row, column)
  const at = (n: 0 | 1 | 2): number => position[n] + right * row[n] + down * column[n] + distance * along[n]
  return { ...plane, position: [at(0), at(1), at(2)] }
}

/** Numbers of some elements of Siemens' private CSA header, versions 1 and 2 (layout as described in nibabel's documentation). */
export function readCsa(bytes: Uint8Array, names: readonly string[]): Partial<Record<string, number[]>> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const latin1 = new TextDecoder('latin1')
  const text = (start: number, length: number): string =>
    latin1
      .decode(bytes.subarray(start, start + length))
      .replace(/\0.*$/s, '')
      .trim()
  const isVersion2 = text(0, 4) === 'SV10'
  let at = isVersion2 ? 8 : 0
  const found: Partial<Record<string, number[]>> = {}
  if (bytes.length < at + 8) return found
  const count = Math.min(view.getUint32(at, true), 4096)
  at += 8
  let lengthOffset = 0
  for (let tag = 0; tag < count && at + 84 <= bytes.length; tag++) {
    const name = text(at, 64)
    const items = Math.min(view.getUint32(at + 76, true), 4096)
    at += 84
    const values: number[] = []
    for (let item = 0; item < items && at + 16 <= bytes.length; item++) {
      // Version 1 writes lengths with an offset that the first item of the header reveals.
      if (!isVersion2 && tag === 0 && item === 0) lengthOffset = view.getInt32(at, true) - view.getInt32(at + 4, true)
      const length = isVersion2 ? view.getUint32(at + 4, true) : view.getInt32(at, true) - lengthOffset
      at += 16
      if (length < 0 || at + length > bytes.length) return found
      const value = text(at, length)
      if (value !== '' && names.includes(name)) values.push(Number(value))
      at += Math.ceil(length / 4) * 4
    }
    if (names.includes(name) && values.length && values.every(Number.isFinite)) found[name] = values
  }
  return found
}
