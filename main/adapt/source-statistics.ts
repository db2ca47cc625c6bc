import type { SourceStatistics } from '../model/card.ts'
import type { Model } from '../model/model.ts'
import type { ModelStudy } from '../predict/study.ts'
import { spacing } from '../volume/affine.ts'
import { percentile } from '../volume/intensity.ts'
import type { Random } from '../volume/random.ts'
import { classDepths } from './contrast.ts'
import { airOf, selectSlices } from './correction.ts'
import { fisherOf } from './fisher.ts'
import { normDistance, observe } from './norm-layers.ts'
import { sourcePrototypes } from './prototypes.ts'
import { borderBand, countClasses, intensityConsistency, labelsOf, meanEntropy } from './scores.ts'
import { measureShift, shiftProfile } from './shift-measures.ts'
import type { ShiftMeasures } from './shift-measures.ts'
import { spreadSlices } from './slices.ts'
import { radialSpectrum } from './spectrum.ts'

/** A scan of the source domain; labels by class (0 background) on the model's grid, [k][j][i], where they are known. */
export type SourceCase = { readonly study: ModelStudy; readonly labels?: Uint8Array }

/** As many slices as an episode works on: what is compared must be measured alike. */
const slicesMeasured = 20

/** Of a case in one gradient. */
const slicesOfFisher = 8

type Measured = {
  readonly means: readonly number[]
  readonly sds: readonly number[]
  readonly air: number
  readonly spectrum: Float64Array
  readonly shares: readonly number[]
  readonly logVolumes: readonly number[]
  readonly depths: readonly number[]
  readonly consistency: number
  readonly normDistance: number
  readonly entropy: number
  readonly shift: ShiftMeasures
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length

function sd(values: readonly number[]): number {
  const centre = mean(values)
  return Math.sqrt(mean(values.map((value) => (value - centre) ** 2)))
}

/** Mean and sd of each class over the cases that have it. */
function overCases(cases: readonly (readonly number[])[]): { mean: number; sd: number }[] {
  return cases[0]!.map((_, c) => {
    const found = cases.map((values) => values[c]!).filter(Number.isFinite)
    if (found.length === 0) throw new Error(`no case shows class ${c + 1}`)
    return { mean: mean(found), sd: sd(found) }
  })
}

async function measure(
  model: Model,
  { study: scan, labels: truth }: SourceCase,
  spectrumSize: number,
  random: Random,
): Promise<Measured> {
  const slices = spreadSlices(scan.tissueSlices, slicesMeasured)
  const study = selectSlices(scan, slices)
  const [ni, nj] = study.volume.shape
  const { data } = study.volume
  const batches = Array.from({ length: Math.ceil(slices.length / 4) }, (_, n) =>
    study.tissueSlices.slice(4 * n, 4 * n + 4),
  )
  const { probability, moments } = await observe(model, study, batches)
  const classes = probability.length / data.length
  const predicted = labelsOf(probability, classes)
  const labels = truth
    ? Uint8Array.from(data, (_, n) => truth[slices[Math.floor(n / (ni * nj))]! * ni * nj + (n % (ni * nj))]!)
    : predicted
  const byClass = Array.from({ length: classes - 1 }, (_, n) => data.filter((_, at) => labels[at] === n + 1))
  const counts = countClasses(labels, classes).slice(1)
  const total = counts.reduce((a, b) => a + b, 0)
  const [i, j, k] = spacing(scan.volume.affine)
  const mlPerCount = ((i * j * k) / 1000) * (scan.tissueSlices.length / slices.length)
  return {
    means: byClass.map((values) => percentile(values, 50)),
    sds: byClass.map((values) => sd(Array.from(values))),
    air: airOf(study),
    spectrum: radialSpectrum({ data, ni, nj }, spectrumSize),
    shares: counts.map((count) => count / total),
    logVolumes: counts.map((count) => (count > 0 ? Math.log(count * mlPerCount) : NaN)),
    depths: classDepths(labels, ni, nj, classes),
    consistency: await intensityConsistency(model, study, predicted, classes, random),
    normDistance: model.normLayers.length ? normDistance(model.normLayers, moments) : NaN,
    shift: await measureShift(model, scan, random.fork('shift')),
    entropy: meanEntropy(probability, classes, borderBand(predicted, predicted, ni, nj)),
  }
}

/** The slices of each case that Fisher information and prototypes are measured on. */
export function fisherBatches(cases: readonly SourceCase[]): { study: ModelStudy; slices: number[] }[] {
  return cases.map(({ study }) => ({ study, slices: spreadSlices(study.tissueSlices, slicesOfFisher) }))
}

/** Mean spectrum; a radius that no grid has takes that of the one below. */
function meanSpectrum(spectra: readonly Float64Array[]): number[] {
  const out: number[] = []
  spectra[0]!.forEach((_, bin) => {
    const found = spectra.map((spectrum) => spectrum[bin]!).filter(Number.isFinite)
    out.push(found.length ? mean(found) : (out.at(-1) ?? 0))
  })
  return out
}

/**
 * What a model's source domain looks like (models.md section 4): measured on some of its scans, in the model's normalised
 * intensities, on the same slices and with the same functions that an episode uses. Without labels the model's own are taken.
 */
export async function measureSource(
  model: Model,
  cases: readonly SourceCase[],
  random: Random,
): Promise<SourceStatistics> {
  const spectrumSize = Math.max(...cases.flatMap(({ study }) => [study.volume.shape[0], study.volume.shape[1]]))
  const measured: Measured[] = []
  for (const [n, each] of cases.entries()) measured.push(await measure(model, each, spectrumSize, random.fork(n)))
  const means = overCases(measured.map((m) => m.means))
  const sds = overCases(measured.map((m) => m.sds))
  const shares = overCases(measured.map((m) => m.shares))
  const agreement = measured.map((m) => m.consistency)
  const batches = fisherBatches(cases)
  const distances = measured.map((m) => m.normDistance).filter(Number.isFinite)
  const entropies = measured.map((m) => m.entropy)
  return {
    classMeans: means.map((c) => c.mean),
    classStds: sds.map((c) => c.mean),
    air: mean(measured.map((m) => m.air)),
    spectrum: meanSpectrum(measured.map((m) => m.spectrum)),
    spectrumSize,
    proportions: shares.map((c) => c.mean),
    proportionsStd: shares.map((c) => c.sd),
    classDepths: overCases(measured.map((m) => m.depths)).map((c) => c.mean),
    logVolumes: overCases(measured.map((m) => m.logVolumes)),
    consistency: { mean: mean(agreement), sd: sd(agreement), p05: percentile(Float32Array.from(agreement), 5) },
    ...(distances.length && { normDistanceP95: percentile(Float32Array.from(distances), 95) }),
    entropyBand: { mean: mean(entropies), sd: sd(entropies) },
    shift: shiftProfile(measured.map((m) => m.shift)),
    ...(model.parameters('norm-affine').length && { fisher: fisherOf(model, batches) }),
    prototypes: sourcePrototypes(model, batches, random.fork('prototypes')),
  }
}
