/** A planned volume to voxels in modality units. */
import { type Note, type Shape, type Volume, voxelCount } from '../volume/volume.ts'
import type { Instance } from './instance.ts'
import { type FrameReader, openFrames } from './pixels.ts'
import type { VolumePlan } from './series.ts'
import type { DicomSource } from './source.ts'
import type { StudyFacts } from './study-facts.ts'
import { Unreadable, maxVoxels } from './unreadable.ts'
import { fillNothing, rescaleInto } from './rescale.ts'

export type ReadInstance = (instance: Instance) => Promise<Uint8Array>

export function shapeOf({ frames }: VolumePlan): Shape {
  return [frames[0]!.columns, frames[0]!.rows, frames.length]
}

/**
 * The voxels of a volume: slices by k, rescaled frame by frame. `read` gives an instance's bytes (inflated where its
 * transfer syntax says so), once per instance. Throws Unreadable, and whatever `signal` was aborted with.
 */
export async function toVolume(
  plan: VolumePlan,
  read: ReadInstance,
  options: { signal?: AbortSignal | undefined; onProgress?: ((done: number, total: number) => void) | undefined } = {},
): Promise<{ volume: Volume; notes: Note[] }> {
  const shape = shapeOf(plan)
  if (voxelCount(shape) > maxVoxels)
    throw new Unreadable(`a volume of ${shape.join(' x ')} voxels is more than can be opened`)
  const data = new Float32Array(voxelCount(shape))
  const size = shape[0] * shape[1]
  const notes = [...plan.notes]
  let reader: FrameReader | undefined
  let opened: Instance | undefined
  let missing = 0
  let yielded = performance.now()
  for (const [k, frame] of plan.frames.entries()) {
    if (frame.instance !== opened) {
      opened = frame.instance
      reader = openFrames(frame.instance.pixels, await read(frame.instance))
    }
    const stored = await reader!(frame.index)
    missing += rescaleInto(data.subarray(k * size, (k + 1) * size), stored, frame)
    if (performance.now() - yielded > 50) {
      options.onProgress?.(k + 1, shape[2])
      await new Promise((resolve) => setImmediate(resolve)) // lets a cancel come through
      options.signal?.throwIfAborted()
      yielded = performance.now()
    }
  }
  options.onProgress?.(shape[2], shape[2])
  const filled = missing ? fillNothing(data) : 0
  if (filled)
    notes.push({
      code: 'padding',
      message: `${filled} voxels hold no data (padding); they were set to the lowest value.`,
    })
  if (plan.frames.some(({ instance }) => instance.pixels.inverted))
    notes.push({
      code: 'monochrome1',
      message: 'The pixels are stored inverted (MONOCHROME1); they were turned round, bright is large.',
    })
  return { volume: { shape, affine: plan.affine, data }, notes }
}

/** `study`: the facts of the first slice's file. */
export function sourceOf(plan: VolumePlan, study: StudyFacts): DicomSource {
  const { instance } = plan.frames[0]!
  return {
    studyUid: instance.studyUid,
    seriesUid: instance.seriesUid,
    seriesNumber: instance.seriesNumber,
    frameOfReferenceUid: instance.frameOfReferenceUid,
    modality: instance.modality,
    study,
    shape: shapeOf(plan),
    affine: plan.affine,
    isMosaic: plan.frames[0]!.tile !== undefined,
    slices: plan.frames.map(({ instance, index }) => ({
      sopInstanceUid: instance.sopInstanceUid,
      sopClassUid: instance.sopClassUid,
      frameNumber: instance.pixels.frames > 1 ? index + 1 : undefined,
    })),
  }
}
