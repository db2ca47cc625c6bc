import type { ModelCard } from '../model/card.ts'
import { spacing } from '../volume/affine.ts'
import { foreground, percentile, standardize } from '../volume/intensity.ts'
import { orient, orientationOf } from '../volume/orient.ts'
import { resample, toSpacing } from '../volume/resample.ts'
import type { Vector, Volume } from '../volume/volume.ts'
import type { ModelStudy } from './study.ts'

/** Another series on the grid of a study: the same voxels of the same head. */
export type AlignedStudy = ModelStudy & {
  /** 1 where the series itself shows something, 0 in the study's padding and where its field of view ends; [k, j, i]. */
  readonly inside: Uint8Array
}

/** Padding looks like air: this percentile of what the series shows. As in preprocess.ts, as is the share of tissue. */
const airPercentile = 2
const tissueShare = 0.01
/** A slice of which the series shows less than this share is left out. */
const leastShown = 0.5

/**
 * A volume on the grid of a study, through both affines: averaged first along axes on which its voxels are the smaller ones,
 * then interpolated linearly; z-scored over its own foreground in the study's field of view. tissueSlices: those of the study
 * of which the volume shows at least half, with tissue.
 */
export function alignToStudy(volume: Volume, study: ModelStudy, card: ModelCard): AlignedStudy {
  const grid = study.volume
  const turned = orient(volume, orientationOf(grid.affine))
  const [own, wanted] = [spacing(turned.affine), spacing(grid.affine)]
  const coarse = toSpacing(turned, own.map((mm, axis) => Math.max(mm, wanted[axis]!)) as unknown as Vector)
  // NaN tells what lies outside; none of it is left below.
  const onGrid = resample(coarse, grid, NaN).data
  const [[i0, i1], [j0, j1], [k0, k1]] = study.valid
  const [ni, nj] = grid.shape
  const inside = new Uint8Array(onGrid.length)
  for (let k = k0; k < k1; k++)
    for (let j = j0; j < j1; j++)
      for (let n = ni * (j + nj * k) + i0; n < ni * (j + nj * k) + i1; n++) if (!Number.isNaN(onGrid[n])) inside[n] = 1

  const shown = onGrid.filter((_, n) => inside[n])
  const { threshold: share, clamp } = card.input.normalization
  const { threshold, mean, sd } = foreground(shown, share)
  const air = shown.length ? percentile(standardize(shown, mean, sd, ...clamp), airPercentile) : 0
  const data = standardize(onGrid, mean, sd, ...clamp).map((value, n) => (inside[n] ? value : air))
  const tissueSlices = study.tissueSlices.filter((k) => {
    let [shows, tissue] = [0, 0]
    for (let n = k * ni * nj; n < (k + 1) * ni * nj; n++) {
      if (!inside[n]) continue
      shows++
      if (onGrid[n]! > threshold) tissue++
    }
    return shows >= leastShown * (i1 - i0) * (j1 - j0) && tissue > tissueShare * ni * nj
  })
  const native = { shape: volume.shape, affine: volume.affine }
  return { ...study, volume: { ...grid, data }, tissueSlices, native, normalization: { mean, sd }, inside }
}
