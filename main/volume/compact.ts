import { spacing } from './affine.ts'
import { largestComponent } from './components.ts'
import type { Grid, Shape } from './volume.ts'

/** Windowed "all" (erosion) or "any" (dilation) along one axis, `reach` voxels to each side. Beyond the grid counts as
 *  full for an erosion, so that a body cut by the field of view keeps its end, and as empty for a dilation. */
function alongAxis(mask: Uint8Array, shape: Shape, axis: 0 | 1 | 2, reach: number, erode: boolean): Uint8Array {
  if (reach === 0) return mask
  const out = new Uint8Array(mask.length)
  const step = [1, shape[0], shape[0] * shape[1]][axis]!
  const count = shape[axis]
  const stop = erode ? 0 : 1
  // The last voxel seen that decides the window: an empty one for an erosion, a full one for a dilation. Of all lines of a
  // block at once, so that memory is read in its order along every axis.
  const last = new Int32Array(step)
  for (let block = 0; block < mask.length; block += step * count) {
    last.fill(-reach - 1)
    for (let n = 0; n < count + reach; n++) {
      const at = block + n * step
      if (n < count) for (let line = 0; line < step; line++) if ((mask[at + line] ? 1 : 0) === stop) last[line] = n
      const centre = n - reach
      if (centre < 0) continue
      const to = block + centre * step
      for (let line = 0; line < step; line++) out[to + line] = last[line]! >= centre - reach ? stop : 1 - stop
    }
  }
  return out
}

/** A voxel of 1.02 mm counts as one of 1 mm. */
const slack = 0.1

const box = (mask: Uint8Array, shape: Shape, reach: readonly number[], erode: boolean): Uint8Array =>
  ([0, 1, 2] as const).reduce((out, axis) => alongAxis(out, shape, axis, reach[axis]!, erode), mask)

/**
 * The largest compact body of a mask, as 0 and 1: what is left of it after `mm` are taken off all around, its largest part
 * (by faces), grown back within the mask by twice as much. Bridges thinner than twice `mm` do not join two bodies.
 * Axes whose voxels are larger than `mm` are not thinned. Where nothing would be left: the mask's largest component.
 */
export function compactBody(mask: Uint8Array, { shape, affine }: Grid, mm: number): Uint8Array {
  const sizes = spacing(affine)
  const core = box(
    mask,
    shape,
    sizes.map((size) => Math.floor(mm / size + slack)),
    true,
  )
  if (!core.includes(1)) return largestComponent(mask, shape)
  const grown = box(
    largestComponent(core, shape),
    shape,
    sizes.map((size) => Math.floor((2 * mm) / size + slack)),
    false,
  )
  return largestComponent(
    grown.map((full, n) => (full && mask[n] ? 1 : 0)),
    shape,
  )
}
