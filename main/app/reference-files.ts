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
  if (looksLikeNifti(bytes.subarray(0, 600), path)) {
    const mask = readLabelMap(openNifti(bytes, path))
    const placed = onGrid(mask, grid)
    refuseOther(path, mask, placed, labels)
    return placed
  }
  if (!looksLikeDicom(bytes)) throw unusable(path, 'it is neither NIfTI nor DICOM SEG')
  const segments = await readSeg(bytes, grid).catch((cause: unknown) => {
    throw cause instanceof Unreadable ? unusable(path, cause.reason, cause) : cause
  })
  const values = Uint8Array.from({ length: 256 }, (_, segment) =>
    segment === 0 ? 0 : (labels[segment - 1]?.value ?? 0),
  )
  return { ...segments, data: segments.data.map((segment) => values[segment]!) }
}

/** A mask without a voxel is fine; one of other labels or of another place would score 0 and look like a bad result. */
function refuseOther(path: string, mask: LabelMap, placed: LabelMap, labels: readonly LabelName[]): void {
  const values = [...new Set(mask.data)].filter((value) => value !== 0).sort((a, b) => a - b)
  if (values.length === 0) return
  const known = labels.map(({ value, name }) => `${value} ${name}`).join(', ')
  if (!values.some((value) => labels.some((label) => label.value === value)))
    throw unusable(path, `it holds ${values.slice(0, 5).join(', ')}, and the model labels ${known}`)
  if (!placed.data.some((value) => value !== 0)) throw unusable(path, 'it lies outside the scan')
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
