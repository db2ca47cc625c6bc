import { readFile } from 'node:fs/promises'
import { looksLikeDicom, readSeg } from '../dicom/read-seg.ts'
import { Unreadable } from '../dicom/unreadable.ts'
import { UserError } from '../errors.ts'
import type { LabelName } from '../runs/run.ts'
import { looksLikeNifti, openNifti, readLabelMap } from '../volume/nifti.ts'
import { resampleLabels } from '../volume/resample.ts'
import type { Grid, LabelMap } from '../volume/volume.ts'

/**
 * A mask to compare with, brought to the scan's grid by the nearest voxel. NIfTI holds the labels' values; the segments of a
 * DICOM SEG are taken in the order of the labels.
 */
export async function readReference(path: string, grid: Grid, labels: readonly LabelName[]): Promise<LabelMap> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new UserError('input-not-found', { path }, { cause })
    throw unusable(path, cause.code === 'EISDIR' ? 'it is a folder' : cause.message, cause)
  })
  if (looksLikeNifti(bytes.subarray(0, 600), path)) return onGrid(readLabelMap(openNifti(bytes, path)), grid)
  if (!looksLikeDicom(bytes)) throw unusable(path, 'it is neither NIfTI nor DICOM SEG')
  const segments = await readSeg(bytes, grid).catch((cause: unknown) => {
    throw cause instanceof Unreadable ? unusable(path, cause.reason, cause) : cause
  })
  const values = Uint8Array.from({ length: 256 }, (_, segment) =>
    segment === 0 ? 0 : (labels[segment - 1]?.value ?? 0),
  )
  return { ...segments, data: segments.data.map((segment) => values[segment]!) }
}

/** On the very grid where there is only rounding between them, so that nothing is interpolated. */
function onGrid(mask: LabelMap, grid: Grid): LabelMap {
  const isSame =
    mask.shape.every((n, axis) => n === grid.shape[axis]) &&
    mask.affine.every((value, n) => Math.abs(value - grid.affine[n]!) < 1e-3)
  return isSame ? { ...mask, affine: grid.affine } : resampleLabels(mask, grid)
}

function unusable(path: string, reason: string, cause?: unknown): UserError {
  const remedy = 'Give a label map of the same scan with --reference.'
  return new UserError('input-unsupported', { path, reason, remedy }, { cause })
}
