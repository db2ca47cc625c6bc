import type { Affine, Shape } from '../volume/volume.ts'
import type { StudyFacts } from './study-facts.ts'

/** Where slice k of a volume came from. A mosaic's slices share one instance. */
export type SourceSlice = {
  readonly sopInstanceUid: string
  readonly sopClassUid: string
  /** From 1, in multi-frame instances only. */
  readonly frameNumber: number | undefined
}

/**
 * What a derived object (DICOM SEG) needs to file with the study it came from. `study` holds the patient's identity as
 * the files have it: it goes into objects that stay with the study, never into messages, logs or reports.
 */
export type DicomSource = {
  readonly studyUid: string
  readonly seriesUid: string
  readonly seriesNumber: number | undefined
  readonly frameOfReferenceUid: string | undefined
  readonly modality: string
  readonly study: StudyFacts
  readonly shape: Shape
  readonly affine: Affine
  /** The slices were tiles of one picture, whose pixels are elsewhere than the volume's. */
  readonly isMosaic: boolean
  /** By k. */
  readonly slices: readonly SourceSlice[]
}
