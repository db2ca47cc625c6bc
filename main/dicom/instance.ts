/** What is kept of a DICOM file once its header was read. */
import type { Vector } from '../volume/volume.ts'
import type { PixelLayout } from './pixel-layout.ts'
import type { SequenceFacts } from './protocol.ts'
import type { ScannerFacts } from './scanner.ts'

/** Where a frame lies, in LPS millimetres. */
export type Plane = {
  /** Centre of the first pixel. */
  readonly position: Vector
  /** Unit direction in which the column index grows (i), and in which the row index grows (j). */
  readonly row: Vector
  readonly column: Vector
  /** Between neighbours along i, and along j: Pixel Spacing names j first (PS3.3 10.7.1.3), this is the one place that swaps. */
  readonly spacing: readonly [number, number]
  readonly thickness: number | undefined
  readonly spacingBetween: number | undefined
}

/** What tells frames at the same place apart. */
export type Content = {
  readonly component: 'magnitude' | 'phase' | 'real' | 'imaginary' | 'mixed' | ''
  readonly echo: string
  readonly imageType: string
  readonly temporal: number | undefined
  readonly bValue: number | undefined
  readonly gradient: string
  readonly trigger: number | undefined
  readonly inversionTime: number | undefined
  readonly acquisition: number | undefined
  readonly time: string
  readonly stack: string
}

/** One plane of pixels: a frame of an instance, or one tile of a Siemens mosaic. */
export type Frame = {
  readonly instance: Instance
  /** From 0. */
  readonly index: number
  readonly tile: { readonly i: number; readonly j: number } | undefined
  readonly rows: number
  readonly columns: number
  /** Undefined with the reason in `problem`. */
  readonly plane: Plane | undefined
  readonly content: Content
  readonly slope: number
  readonly intercept: number
}

export type Instance = {
  readonly file: string
  readonly sopInstanceUid: string
  readonly sopClassUid: string
  readonly studyUid: string
  readonly seriesUid: string
  readonly frameOfReferenceUid: string | undefined
  readonly seriesNumber: number | undefined
  readonly description: string
  readonly modality: string
  readonly instanceNumber: number
  readonly pixels: PixelLayout
  readonly scanner: ScannerFacts
  readonly sequence: SequenceFacts
  frames: readonly Frame[]
}
