/**
 * The one geometry convention.
 * World: LPS millimetres as in DICOM (x to the patient's left, y to posterior, z to the head). RAS exists in nifti.ts only.
 * Index: (i, j, k) = column, row, slice. Voxel (i, j, k) is data[i + ni * (j + nj * k)], so the data is a tensor
 * [k, j, i, 1] as it stands. `affine` maps (i, j, k, 1) to the voxel's centre and is the only geometry stored.
 */

/** 4x4, row-major, 16 numbers; the last row is 0 0 0 1. */
export type Affine = readonly number[]
/** Counts along i, j, k. */
export type Shape = readonly [number, number, number]
export type Vector = readonly [number, number, number]

export type Grid = { readonly shape: Shape; readonly affine: Affine }

/** A scan in memory, in modality units. `NaN` marks nothing: every voxel is a number. */
export type Volume = Grid & { readonly data: Float32Array }

/** Integers by class, 0 is background. */
export type LabelMap = Grid & { readonly data: Uint8Array }

/** Probabilities with the class fastest: data[class + classes * voxel]. */
export type ProbabilityMap = Grid & { readonly classes: number; readonly data: Float32Array }

/** Something odd about an input that did not stop it from being used. */
export type Note = { readonly code: string; readonly message: string }

export function voxelCount(shape: Shape): number {
  return shape[0] * shape[1] * shape[2]
}
