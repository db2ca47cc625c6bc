import { UserError } from '../errors.ts'
import type { Model } from '../model/model.ts'
import { toModelGrid } from '../predict/preprocess.ts'
import type { ModelStudy } from '../predict/study.ts'
import { spacing } from '../volume/affine.ts'
import { voxelCount } from '../volume/volume.ts'
import type { Volume } from '../volume/volume.ts'

/** What an episode takes at its peak, after bench/results: code, engine and model; the scan, turned and cropped, and its
 *  label maps; on the model's grid the probability maps before, after and kept, and what estimates hold. */
const [baseBytes, bytesPerVoxel, bytesPerModelVoxel] = [1e9, 40, 20]
const mapsHeld = 4

/** Bytes that an episode on this scan will take, more or less. */
export function memoryNeeded(scan: Pick<Volume, 'shape' | 'affine'>, model: Pick<Model, 'card'>): number {
  const { input, output } = model.card
  const own = spacing(scan.affine)
  const thickest = Math.max(...own)
  const onGrid = scan.shape.reduce((product, length, axis) => {
    const wanted = input.spacing[0] || own[axis]!
    // Thick slices stay as they are.
    const isSlices = own[axis] === thickest && thickest > wanted
    return product * (isSlices ? length : Math.max(1, (length * own[axis]!) / wanted))
  }, 1)
  const classes = output.labels.length + 1
  return baseBytes + bytesPerVoxel * voxelCount(scan.shape) + (bytesPerModelVoxel + 4 * mapsHeld * classes) * onGrid
}

/** The scan as the model sees it. Throws UserError where work on it would not fit into this machine's free
 *  memory, and where the model could see hardly anything of it, such as a single sagittal slice of axial ones. */
export function modelStudy(volume: Volume, model: Model, free = freeMemory()): ModelStudy {
  const needed = memoryNeeded(volume, model)
  // Not to the byte: a system that is short for a moment makes room.
  if (needed > 1.1 * free)
    throw new UserError('memory-short', {
      size: volume.shape.join(' x '),
      needed: gigabytes(needed),
      free: gigabytes(free),
    })
  const study = toModelGrid(volume, model.card, model.stride)
  const [width, height] = study.valid.map(([from, to]) => to - from) as [number, number]
  // The deepest features would see less than two places.
  if (Math.min(width, height) < 2 * model.stride)
    throw new UserError('input-unsupported', {
      path: 'The scan',
      reason: `in the planes that the model looks at it is only ${width} x ${height} pixels`,
      remedy: 'Choose a series that covers the body part: `scanbridge index` lists them.',
    })
  return study
}

/** What the system can give this process, its limits counted; SCANBRIDGE_MEMORY_GB is what a user lets it have. */
function freeMemory(): number {
  const own = Number(process.env['SCANBRIDGE_MEMORY_GB'])
  if (own > 0) return own * 1e9
  // macOS counts as free only what nothing has ever used, and makes room as it is asked for.
  if (process.platform === 'darwin') return Infinity
  return process.availableMemory() + process.memoryUsage.rss()
}

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`
