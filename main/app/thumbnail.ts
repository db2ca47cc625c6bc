import type { Frame } from '../contract/contract.ts'
import type { PictureHeader } from '../contract/schemas.ts'
import { spacing } from '../volume/affine.ts'
import { orient, orientationOf } from '../volume/orient.ts'
import type { Volume } from '../volume/volume.ts'
import { robustRange } from './voxels.ts'

const longestSide = 160

/** How a slice is laid out whose normal goes along these directions: columns to the right, rows downwards, as on film. */
const layouts: Readonly<Record<string, string>> = { S: 'LPS', I: 'LPS', L: 'PIL', R: 'PIL', P: 'LIP', A: 'LIP' }

/**
 * A slice as a small grey picture, one byte a pixel, rows top down: radiological, head or nose up, square pixels, at most 160
 * a side, from the 1st to the 99th percentile of what is not background. `slice` is a volume of one slice.
 */
export function drawSlice(slice: Volume): Frame<PictureHeader> {
  const { shape, affine, data } = orient(slice, layouts[orientationOf(slice.affine)[2]!]!)
  const size = spacing(affine)
  const extent = [shape[0] * size[0], shape[1] * size[1]] as const
  const perPixel = Math.max(Math.max(...extent) / longestSide, Math.min(size[0], size[1]))
  const [width, height] = extent.map((mm) => Math.max(1, Math.round(mm / perPixel))) as [number, number]
  const columns = shares(shape[0], width)
  const rows = shares(shape[1], height)
  const [low, high] = robustRange(data)
  const bytes = new Uint8Array(width * height)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (const [j, byRow] of rows[y]!)
        for (const [i, share] of columns[x]!) sum += data[i + shape[0] * j]! * byRow * share
      bytes[x + width * y] = Math.max(0, Math.min(255, Math.round(((sum - low) / (high - low)) * 255)))
    }
  return { header: { width, height, pixelAspect: 1 }, bytes }
}

/** Which voxels of a line lie under each of `count` pixels, and with what share of it; linear between voxels where pixels are smaller. */
function shares(voxels: number, count: number): (readonly [number, number])[][] {
  const per = voxels / count
  return Array.from({ length: count }, (_, n) => {
    if (per <= 1) {
      const at = Math.max(0, Math.min(voxels - 1, (n + 0.5) * per - 0.5))
      const first = Math.floor(at)
      return [[first, 1 - (at - first)] as const, [Math.min(first + 1, voxels - 1), at - first] as const]
    }
    const parts: (readonly [number, number])[] = []
    for (let i = Math.floor(n * per); i < Math.min(voxels, (n + 1) * per); i++) {
      const overlap = Math.min(i + 1, (n + 1) * per) - Math.max(i, n * per)
      if (overlap > 1e-9) parts.push([i, overlap / per])
    }
    return parts
  })
}
