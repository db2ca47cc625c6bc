import type { Grid, Volume } from '../volume/volume.ts'

/** A scan as the network sees it: slices on the card's grid, normalised, padded to the model's stride. */
export type ModelStudy = {
  /** On the model's grid: data is the tensor [k, j, i, 1]. Normalised intensities; padding holds the value of air. */
  readonly volume: Volume
  /** The part of the grid that holds scan, not padding: half-open index ranges along i, j, k. */
  readonly valid: readonly [readonly [number, number], readonly [number, number], readonly [number, number]]
  /** Slices (k) with tissue: > 1 % of their pixels are foreground. Estimates use these only. */
  readonly tissueSlices: readonly number[]
  /** The scan's own grid, for the way back. */
  readonly native: Grid
  /** How intensities were normalised: normalised = (x - mean) / sd, clamped. */
  readonly normalization: { readonly mean: number; readonly sd: number }
}
