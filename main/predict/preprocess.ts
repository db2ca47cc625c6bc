import type { ModelCard } from '../model/card.ts'
import { spacing } from '../volume/affine.ts'
import { crop, cropOrPad } from '../volume/crop.ts'
import { foreground, percentile, standardize } from '../volume/intensity.ts'
import { orient } from '../volume/orient.ts'
import { toSpacing } from '../volume/resample.ts'
import type { Shape, Vector, Volume } from '../volume/volume.ts'
import { headBox } from './head-box.ts'
import type { ModelStudy } from './study.ts'

/** A slice with fewer foreground pixels than this share shows no anatomy to learn from. */
const tissueShare = 0.01
/** Padding looks like air: this percentile of the scan. */
const airPercentile = 2

/** Spacings that differ by less are the same to a network; interpolation would only blur. */
const sameSpacing = 0.01

/**
 * Spacing of the model's grid along the scan's (oriented) axes. 0 in the card keeps the scan's own, but along the slices not
 * finer than in the plane: a sagittal 0.5 mm scan becomes 1 mm axial slices, thick slices stay as they are.
 */
function targetSpacing(own: Vector, card: ModelCard): Vector {
  const [ci, cj, ck] = card.input.spacing
  const near = (wanted: number, axis: 0 | 1 | 2): number =>
    !wanted || Math.abs(own[axis] / wanted - 1) < sameSpacing ? own[axis] : wanted
  const [i, j] = [near(ci, 0), near(cj, 1)]
  return [i, j, near(ck || Math.max(own[2], Math.min(i, j)), 2)]
}

const padded = (n: number, smallest: number, stride: number): number =>
  Math.ceil(Math.max(n, smallest) / stride) * stride

/** Slices (k) of which more than 1 % of the pixels exceed the threshold. */
function slicesWithTissue(data: Float32Array, [ni, nj, nk]: Shape, threshold: number): number[] {
  const slices: number[] = []
  for (let k = 0; k < nk; k++) {
    let count = 0
    for (let n = k * ni * nj; n < (k + 1) * ni * nj; n++) if (data[n]! > threshold) count++
    if (count > tissueShare * ni * nj) slices.push(k)
  }
  return slices
}

/**
 * The scan on the card's grid, in the units that the network was trained on: turned (never rotated) to the card's
 * orientation, cropped to the body, resampled, z-scored over the foreground, padded evenly with air to the model's stride.
 * Inverse: restoreGrid in postprocess.ts.
 */
export function toModelGrid(volume: Volume, card: ModelCard, stride: number): ModelStudy {
  const oriented = orient(volume, card.input.orientation)
  const body = crop(oriented, headBox(oriented, card.input.extent))
  const onGrid = toSpacing(body, targetSpacing(spacing(body.affine), card))

  const { threshold: share, clamp } = card.input.normalization
  const { threshold, mean, sd } = foreground(onGrid.data, share)
  const tissueSlices = slicesWithTissue(onGrid.data, onGrid.shape, threshold)
  const normalised: Volume = { ...onGrid, data: standardize(onGrid.data, mean, sd, ...clamp) }

  const [ni, nj, nk] = onGrid.shape
  const [mi, mj] = [padded(ni, card.input.patch[0], stride), padded(nj, card.input.patch[1], stride)]
  const [pi, pj] = [Math.floor((mi - ni) / 2), Math.floor((mj - nj) / 2)]
  const air = percentile(normalised.data, airPercentile)
  return {
    volume: cropOrPad(normalised, [-pi, -pj, 0], [mi, mj, nk], air),
    valid: [
      [pi, pi + ni],
      [pj, pj + nj],
      [0, nk],
    ],
    tissueSlices,
    native: { shape: volume.shape, affine: volume.affine },
    normalization: { mean, sd },
  }
}
