import { spacing } from '../volume/affine.ts'
import { largestComponent } from '../volume/components.ts'
import { percentile } from '../volume/intensity.ts'
import type { Box } from '../volume/crop.ts'
import type { Shape, Vector, Volume } from '../volume/volume.ts'

/** Blocks of about this size are averaged first: noise shrinks by the root of their voxels, a head does not. */
const blockMm = 4
/**
 * Of the way from air to the brightest tissue. Below tissue far from a surface coil, since cutting it off costs more than air;
 * above motion ghosts (8-12 % of tissue of average brightness).
 */
const tissueShare = 0.08
/** The scalp and what averaging blurs away. */
const marginMm = 5

function blockMeans(volume: Volume, block: Vector): { shape: Shape; means: Float32Array } {
  const [ni, nj, nk] = volume.shape
  const shape = volume.shape.map((n, axis) => Math.ceil(n / block[axis]!)) as unknown as Shape
  const sums = new Float64Array(shape[0] * shape[1] * shape[2])
  const counts = new Float64Array(sums.length)
  let at = 0
  for (let k = 0; k < nk; k++)
    for (let j = 0; j < nj; j++) {
      const row = shape[0] * (Math.floor(j / block[1]) + shape[1] * Math.floor(k / block[2]))
      for (let i = 0; i < ni; i++) {
        const to = row + Math.floor(i / block[0])
        sums[to]! += volume.data[at++]!
        counts[to]!++
      }
    }
  return { shape, means: Float32Array.from(sums, (sum, n) => sum / counts[n]!) }
}

/**
 * The box around the body in a scan: the largest connected part that is brighter than air, and a margin; of it no more than
 * `extent` mm along k, from the end that k increases towards. Air is the 10th percentile of 4 mm blocks.
 * A scan without such a part (constant, or filled by tissue) is its own box.
 */
export function headBox(volume: Volume, extent = Infinity): Box {
  const step = spacing(volume.affine)
  const block = step.map((mm) => Math.max(1, Math.round(blockMm / mm))) as unknown as Vector
  const { shape, means } = blockMeans(volume, block)
  const air = percentile(means, 10)
  const threshold = air + tissueShare * (percentile(means, 99) - air)
  const bright = Uint8Array.from(means, (mean) => (mean > threshold ? 1 : 0))
  const body = largestComponent(bright, shape)
  if (!body.includes(1)) body.fill(1)

  const layer = shape[0] * shape[1]
  const margin = step.map((mm) => Math.ceil(marginMm / mm))
  const top = Math.min(volume.shape[2], (Math.floor(body.lastIndexOf(1) / layer) + 1) * block[2] + margin[2]!)
  const bottom = Math.max(0, top - Math.ceil(extent / step[2]))
  const low = [Infinity, Infinity, Infinity]
  const high = [-1, -1, -1]
  for (let n = Math.floor(bottom / block[2]) * layer; n < body.length; n++) {
    if (!body[n]) continue
    const index = [n % shape[0], Math.floor(n / shape[0]) % shape[1], Math.floor(n / layer)]
    index.forEach((value, axis) => {
      low[axis] = Math.min(low[axis]!, value)
      high[axis] = Math.max(high[axis]!, value)
    })
  }
  const range = (axis: 0 | 1 | 2): [number, number] => [
    Math.max(0, low[axis]! * block[axis] - margin[axis]!),
    Math.min(volume.shape[axis], (high[axis]! + 1) * block[axis] + margin[axis]!),
  ]
  const [from, to] = range(2)
  return [range(0), range(1), [Math.max(from, bottom), to]]
}
