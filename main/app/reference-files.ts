import { readFile } from 'node:fs/promises'
import { UserError } from '../errors.ts'
import { looksLikeNifti, openNifti, readLabelMap } from '../volume/nifti.ts'
import { resampleLabels } from '../volume/resample.ts'
import type { Grid, LabelMap } from '../volume/volume.ts'

/** A mask to compare with, brought to the scan's grid by the nearest voxel. NIfTI or DICOM SEG. */
export async function readReference(path: string, grid: Grid): Promise<LabelMap> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new UserError('input-not-found', { path }, { cause })
    throw unusable(path, cause.message, cause)
  })
  if (!looksLikeNifti(bytes.subarray(0, 600), path)) throw unusable(path, 'it is neither NIfTI nor DICOM SEG')
  return onGrid(readLabelMap(openNifti(bytes, path)), grid)
}

function onGrid(mask: LabelMap, grid: Grid): LabelMap {
  const isSame =
    mask.shape.every((n, axis) => n === grid.shape[axis]) &&
    mask.affine.every((value, n) => Math.abs(value - grid.affine[n]!) < 1e-3)
  return isSame ? { ...mask, affine: grid.affine } : resampleLabels(mask, grid)
}

function unusable(path: string, reason: string, cause?: unknown): UserError {
  return new UserError(
    'input-unsupported',
    { path, reason, remedy: 'Give a label map of the same scan with --reference.' },
    { cause },
  )
}
