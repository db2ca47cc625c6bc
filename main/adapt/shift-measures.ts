import type { ShiftProfile } from '../model/card.ts'
import type { Model } from '../model/model.ts'
import type { ModelStudy } from '../predict/study.ts'
import { spacing } from '../volume/affine.ts'
import { percentile } from '../volume/intensity.ts'
import type { Random } from '../volume/random.ts'
import { biasAt, centreBias, fitBias, undoBias } from './bias-field.ts'
import { refinedStatistics, reweight } from './class-statistics.ts'
import { classDepths } from './contrast.ts'
import { airOf, referenceClasses, selectSlices } from './correction.ts'
import { gatherForeground } from './foreground.ts'
import type { Foreground } from './foreground.ts'
import { brightOf, noiseFrom, secondDifferences } from './noise.ts'
import { normDistance, observe } from './norm-layers.ts'
import { countClasses, intensityConsistency, labelsOf } from './scores.ts'
import { spreadSlices } from './slices.ts'
import { radialSpectrum } from './spectrum.ts'

/** What is measured of a scan to compare it with a model's training scans. NaN: cannot be told. */
export type ShiftMeasures = {
  /** Brightness of each foreground class without bias, air 0 and the brightest class 1. */
  readonly contrast: readonly number[]
  /** Standard deviation of noise as a share of the brightest class. */
  readonly noise: number
  /** Natural logarithm of the power of fine detail (.12-.25 cycles/mm) over coarse (.03-.06), without that of noise. */
  readonly detail: number
  /** Standard deviation of the log-bias over the bright classes. */
  readonly bias: number
  /** Share of the foreground's largest area that an end of the scan cuts through, or that lies on the edge of its slices. */
  readonly cut: number
  /** Natural logarithm of the foreground's volume in ml. */
  readonly logVolume: number
  readonly depths: readonly number[]
  /** S11, and agreement with itself on an augmented copy. */
  readonly normDistance: number
  readonly agreement: number
}

/** As many slices as an episode works on. */
const slicesMeasured = 20
const coarse = [0.03, 0.063] as const
const fine = [0.12, 0.25] as const

/** Measures a scan through the source model's eyes: some 40 slices forward. Throws the signal's reason. */
export async function measureShift(
  model: Model,
  scan: ModelStudy,
  random: Random,
  signal?: AbortSignal,
  onShare: (share: number) => void = () => {},
): Promise<ShiftMeasures> {
  const depth = scan.volume.shape[2]
  const inner = spreadSlices(scan.tissueSlices, slicesMeasured)
  const study = selectSlices(scan, inner)
  const batches = Array.from({ length: Math.ceil(inner.length / 4) }, (_, n) =>
    study.tissueSlices.slice(4 * n, 4 * n + 4),
  )
  let done = 0
  const onBatch = (slices: number): void => onShare((done += slices) / (2 * inner.length + 2))
  const { probability, moments } = await observe(model, study, batches, { signal, onBatch })
  const classes = probability.length / study.volume.data.length
  const labels = labelsOf(probability, classes)
  const ends = selectSlices(scan, [0, depth - 1])
  const { probability: atEnds } = await observe(model, ends, [[0, 1]], { signal, onBatch })
  const agreement = await intensityConsistency(model, study, labels, classes, random, signal)
  onShare(1)

  const [ni, nj] = study.volume.shape
  const air = airOf(study)
  const order = study.tissueSlices
  const foreground = gatherForeground(probability, classes, study, order, inner, depth)
  const intensity = Float32Array.from(foreground.index, (n) => study.volume.data[n]! - air)
  const { means, bias } = withoutBias(intensity, foreground)
  const brightest = Math.max(...means.filter(Number.isFinite))
  const sigma = noiseOf(
    study,
    Uint8Array.from(labels, (label) => (label === means.indexOf(brightest) + 1 ? 1 : 0)),
    air,
  )
  const counts = countClasses(labels, classes).slice(1)
  const [i, j, k] = spacing(scan.volume.affine)
  const total = counts.reduce((sum, count) => sum + count, 0)
  return {
    contrast: means.map((mean) => mean / brightest),
    noise: sigma.share,
    detail: detailOf(study, sigma.sd),
    bias,
    cut: cutShare(labels, labelsOf(atEnds, classes), study),
    logVolume: Math.log((((total * i * j * k) / 1000) * scan.tissueSlices.length) / inner.length),
    depths: classDepths(labels, ni, nj, classes),
    normDistance: model.normLayers.length ? normDistance(model.normLayers, moments) : NaN,
    agreement,
  }
}

/** Class means without the bias field, and how much of a field there is. models.md section 4, "Normalisation pass". */
function withoutBias(intensity: Float32Array, foreground: Foreground): { means: readonly number[]; bias: number } {
  const { classes, probability } = foreground
  const first = refinedStatistics(intensity, probability, classes, 1)
  const posterior = reweight(intensity, probability, classes, first, 1)
  const reference = referenceClasses(first.means)
  const fitted = fitBias(intensity, foreground, posterior, first.means, reference)
  const logBias = biasAt(centreBias(fitted, foreground, posterior, reference), foreground)
  let [sum, weights] = [0, 0]
  logBias.forEach((value, n) => {
    const weight = reference.reduce((share, c) => share + posterior[n * classes + c]!, 0)
    sum += weight * Math.min(Math.abs(value), 1.5) ** 2
    weights += weight
  })
  const { means } = refinedStatistics(undoBias(intensity, logBias), probability, classes, 1)
  return { means, bias: weights > 0 ? Math.sqrt(sum / weights) : NaN }
}

/** A class with fewer pixels inside says nothing of noise. */
const leastInside = 500

/**
 * Noise within the brightest class, or where the model finds hardly any of it, within all that is brighter than the mean of the
 * foreground: its standard deviation, and that as a share of the brightness there (relative to air).
 */
function noiseOf({ volume }: ModelStudy, brightest: Uint8Array, air: number): { sd: number; share: number } {
  const own = secondDifferences(volume, brightest)
  const bright = brightOf(volume)
  const isEnough = own.length >= leastInside
  const used = isEnough ? own : secondDifferences(volume, bright)
  const level =
    percentile(
      volume.data.filter((_, n) => (isEnough ? brightest : bright)[n]),
      50,
    ) - air
  const sd = noiseFrom(used)
  return { sd, share: sd / level }
}

function detailOf({ volume }: ModelStudy, sigma: number): number {
  const [ni, nj] = volume.shape
  const mm = spacing(volume.affine)[0]
  const size = Math.max(ni, nj)
  const spectrum = radialSpectrum({ data: volume.data, ni, nj }, size)
  const power = ([low, high]: readonly [number, number]): number => {
    const band = spectrum.slice(Math.round(low * size * mm), Math.round(high * size * mm) + 1).filter(Number.isFinite)
    const mean = band.reduce((sum, value) => sum + value, 0) / band.length
    // White noise has the same power at every frequency: its variance times the number of pixels.
    return Math.max(mean - sigma ** 2 * ni * nj, 0.02 * mean)
  }
  return Math.log(power(fine) / power(coarse))
}

/** ends: labels of the scan's first and last slice. NaN without foreground. */
function cutShare(labels: Uint8Array, ends: Uint8Array, { volume, valid }: ModelStudy): number {
  const [ni, nj, nk] = volume.shape
  const size = ni * nj
  const area = (slices: Uint8Array, k: number): number =>
    slices.subarray(k * size, (k + 1) * size).reduce((count, label) => count + (label ? 1 : 0), 0)
  const areas = Array.from({ length: nk }, (_, k) => area(labels, k))
  const largest = Math.max(...areas)
  if (!(largest > 0)) return NaN
  const [[i0, i1], [j0, j1]] = valid
  let onEdge = 0
  labels.forEach((label, n) => {
    const [i, j] = [n % ni, Math.floor(n / ni) % nj]
    if (label && (i === i0 || i === i1 - 1 || j === j0 || j === j1 - 1)) onEdge++
  })
  // Of a disc that is cut in half a diameter lies on the edge: 1.13 times the root of its area.
  const ofPerimeter = onEdge / nk / Math.sqrt(largest)
  return Math.max(area(ends, 0) / largest, area(ends, 1) / largest, ofPerimeter)
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
const p95 = (values: readonly number[]): number => percentile(Float32Array.from(values.filter(Number.isFinite)), 95)

/** What scans of the source domain measure, and how far they lie from their own mean. */
export function shiftProfile(measured: readonly ShiftMeasures[]): ShiftProfile {
  const contrast = measured[0]!.contrast.map((_, c) => mean(measured.map((one) => one.contrast[c]!)))
  const detail = mean(measured.map((one) => one.detail))
  return {
    contrast,
    contrastP95: p95(measured.map((one) => contrastDistance(one.contrast, contrast))),
    noiseP95: p95(measured.map(({ noise }) => noise)),
    detail,
    detailP95: p95(measured.map((one) => Math.abs(one.detail - detail))),
    biasP95: p95(measured.map(({ bias }) => bias)),
    cutP95: p95(measured.map(({ cut }) => cut)),
  }
}

/** Largest difference of a class's brightness. NaN where a class was not found. */
export function contrastDistance(own: readonly number[], source: readonly number[]): number {
  return Math.max(...own.map((value, c) => Math.abs(value - source[c]!)))
}
