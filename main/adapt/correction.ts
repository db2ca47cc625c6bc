import type { ModelStudy } from '../predict/study.ts'
import { percentile } from '../volume/intensity.ts'
import { biasAt, centreBias, fitBias, undoBias, undoBiasInSlice } from './bias-field.ts'
import type { BiasField } from './bias-field.ts'
import { classStatistics, reweight } from './class-statistics.ts'
import type { ClassStatistics } from './class-statistics.ts'
import { denoise } from './denoise.ts'
import type { Foreground } from './foreground.ts'
import { adaptSlices } from './input-adapter.ts'
import type { AdapterValues } from './input-adapter.ts'
import { anchorMap, mapIntensities } from './intensity-map.ts'
import type { IntensityMap } from './intensity-map.ts'
import { intensityStatistics } from './proportions.ts'
import type { Proportions } from './proportions.ts'
import { promptSlices } from './prompt.ts'
import { filterSpectrum } from './spectrum.ts'

/** What takes noise and sharpness to those of the training scans, applied first; `denoise` before the gain. */
export type Filter = {
  /** Weight of total variation (denoise.ts). */
  readonly denoise?: number
  /** Gain by radius (spectrum.ts). */
  readonly spectrumGain?: Float64Array
}

/** What is done to a scan before the network sees it. Numbers only: it can be saved, and applied to any slice. */
export type Correction = Filter & {
  /** Intensity of air after that; what follows is relative to it. */
  readonly air: number
  readonly bias?: BiasField
  readonly map?: IntensityMap
  /** Intensity that air gets in the end. */
  readonly targetAir: number
  /** Gains of the lowest frequencies (prompt.ts), then a small network (input-adapter.ts), on what the network would see. */
  readonly prompt?: readonly number[]
  readonly adapter?: AdapterValues
}

/** A corrected scan, and the same voxels just without bias: relative to air, not mapped, for the class statistics. */
export type Corrected = { readonly study: ModelStudy; readonly restored: Float32Array }

const airPercentile = 2

/** Intensity of air in a study: the 2nd percentile of its valid part. */
export function airOf(study: ModelStudy): number {
  const [ni, nj] = study.volume.shape
  const [[i0, i1], [j0, j1], [k0, k1]] = study.valid
  const values = new Float32Array((i1 - i0) * (j1 - j0) * (k1 - k0))
  let count = 0
  for (let k = k0; k < k1; k++)
    for (let j = j0; j < j1; j++) {
      const row = ni * (j + nj * k)
      values.set(study.volume.data.subarray(row + i0, row + i1), count)
      count += i1 - i0
    }
  return percentile(values, airPercentile)
}

const withData = (study: ModelStudy, data: Float32Array): ModelStudy => ({
  ...study,
  volume: { ...study.volume, data },
})

/** The study of some slices only, in the order given; `slices` count along it from 0. */
export function selectSlices(study: ModelStudy, slices: readonly number[]): ModelStudy {
  const [ni, nj] = study.volume.shape
  const data = new Float32Array(slices.length * ni * nj)
  slices.forEach((k, n) => data.set(study.volume.data.subarray(k * ni * nj, (k + 1) * ni * nj), n * ni * nj))
  return {
    ...study,
    volume: { ...study.volume, shape: [ni, nj, slices.length], data },
    valid: [study.valid[0], study.valid[1], [0, slices.length]],
    tissueSlices: slices.map((_, n) => n),
  }
}

/** The study without noise, and with its spectrum brought to the source's. */
export function filterStudy(study: ModelStudy, { denoise: weight, spectrumGain: gain }: Filter): ModelStudy {
  if (!weight && !gain) return study
  const [ni, nj] = study.volume.shape
  const data = weight ? denoise(study.volume, weight) : study.volume.data
  return withData(study, gain ? filterSpectrum({ data, ni, nj }, gain) : data)
}

/**
 * Applies a correction to a study whose slice n is slice positions[n] of `count` in the scan; by default to a whole scan.
 * clamp: the limits of the card's normalization. filtered: the study after the correction's filter, where it is known.
 */
export function applyCorrection(
  study: ModelStudy,
  correction: Correction,
  clamp: readonly [number, number],
  positions: readonly number[] = Array.from({ length: study.volume.shape[2] }, (_, k) => k),
  count = study.volume.shape[2],
  filtered = filterStudy(study, correction),
): Corrected {
  const [ni, nj] = study.volume.shape
  const restored = filtered.volume.data.map((value) => value - correction.air)
  if (correction.bias) {
    for (const [n, k] of positions.entries()) {
      undoBiasInSlice(restored.subarray(n * ni * nj, (n + 1) * ni * nj), correction.bias, ni, nj, k, count)
    }
  }
  const data = Float32Array.from(restored)
  if (correction.map) mapIntensities(data, correction.map)
  for (let n = 0; n < data.length; n++) {
    data[n] = Math.min(Math.max(data[n]! + correction.targetAir, clamp[0]), clamp[1])
  }
  const prompted = correction.prompt ? promptSlices({ data, ni, nj }, correction.prompt) : data
  const adapted = correction.adapter ? adaptSlices({ data: prompted, ni, nj }, correction.adapter) : prompted
  return { study: withData(study, adapted), restored }
}

/** A correction that changes nothing yet, so that a prompt or an adapter can be added to it. */
export function beginCorrection({
  study,
  correction,
  correct,
}: {
  readonly study: ModelStudy
  readonly correction: Correction | undefined
  readonly correct: (correction: Correction) => void
}): void {
  const air = airOf(study)
  if (!correction) correct({ air, targetAir: air })
}

export type PassOptions = {
  readonly bias: boolean
  /** Mean intensity of each foreground class in the source, relative to its air; undefined leaves intensities unmapped. */
  readonly anchors: readonly number[] | undefined
  readonly sourceAir: number | undefined
  /** What the classes are held to while their intensities are estimated; undefined: to nothing. */
  readonly proportions: Proportions | undefined
}

/** Foreground classes at least half as bright as the brightest: their intensity tells of the coil, not of partial volume. */
export function referenceClasses(means: readonly number[]): number[] {
  const brightest = Math.max(...means.filter(Number.isFinite))
  return means.flatMap((mean, n) => (mean >= brightest / 2 ? [n + 1] : []))
}

/**
 * One normalisation pass: from a prediction on the scan as corrected so far, a better correction. Class means by robust
 * statistics on posteriors re-weighted by intensity likelihood, the classes held to their proportions; what bias the bright classes still show; then air and class
 * means go onto the source's. `intensity`: the foreground's voxels relative to air, before any bias was undone.
 * inOrder: false where the class means are not in the source's order. models.md section 4, "Normalisation pass".
 */
export function normalisationPass(
  intensity: Float32Array,
  foreground: Foreground,
  correction: Correction,
  { bias, anchors, sourceAir, proportions }: PassOptions,
): { correction: Correction; statistics: ClassStatistics; inOrder: boolean } {
  const { classes, probability } = foreground
  let field = correction.bias
  let restored = field ? undoBias(intensity, biasAt(field, foreground)) : intensity
  let statistics = intensityStatistics(restored, probability, classes, 1, proportions)
  const posterior = reweight(restored, probability, classes, statistics, 1)
  if (bias) {
    const reference = referenceClasses(anchors ?? statistics.means)
    const left = fitBias(restored, foreground, posterior, statistics.means, reference)
    const sum = field ? left.map((value, t) => value + field![t]!) : left
    field = centreBias(sum, foreground, posterior, reference)
    restored = undoBias(intensity, biasAt(field, foreground))
    statistics = { ...statistics, ...classStatistics(restored, posterior, classes, 1) }
  }
  const { map: _, bias: __, ...rest } = correction
  const base = { ...rest, ...(field && { bias: field }) }
  const anchored = anchors && sourceAir !== undefined ? anchorMap(statistics.means, anchors) : undefined
  return {
    correction: anchored ? { ...base, map: anchored.map, targetAir: sourceAir! } : { ...base, targetAir: base.air },
    statistics,
    inOrder: anchored?.inOrder ?? true,
  }
}
