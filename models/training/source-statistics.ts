import type { Anatomy } from '../../fixtures/anatomy.ts'
import { makeSubject } from '../../fixtures/phantom.ts'
import { scanSource } from '../../fixtures/scanner.ts'
import { airOf, selectSlices } from '../../main/adapt/correction.ts'
import { normDistance, observe } from '../../main/adapt/norm-layers.ts'
import { borderBand, diceOfClasses, intensityConsistency, labelsOf, meanEntropy } from '../../main/adapt/scores.ts'
import { spreadSlices } from '../../main/adapt/slices.ts'
import { radialSpectrum } from '../../main/adapt/spectrum.ts'
import type { SourceStatistics } from '../../main/model/card.ts'
import type { Model } from '../../main/model/model.ts'
import { toModelGrid } from '../../main/predict/preprocess.ts'
import { percentile } from '../../main/volume/intensity.ts'
import { createRandom } from '../../main/volume/random.ts'
import { resampleLabels } from '../../main/volume/resample.ts'

/** Seeds of tuning and source statistics: fixtures/README.md. */
const firstSeed = 3000
const studies = 8
const slicesPerStudy = 20
const spectrumSize = 192

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const spread = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1))
const columns = (rows: readonly (readonly number[])[]): number[][] => rows[0]!.map((_, c) => rows.map((row) => row[c]!))

type Measured = {
  readonly means: readonly number[]
  readonly sds: readonly number[]
  readonly air: number
  readonly spectrum: readonly number[]
  readonly proportions: readonly number[]
  readonly logVolumes: readonly number[]
  readonly consistency: number
  readonly normDistance: number
  readonly entropy: number
  readonly dice: readonly number[]
}

export type MeasuredSource = { readonly statistics: SourceStatistics; readonly dice: readonly number[] }

/**
 * What the source domain looks like to the model (models.md section 4): intensities of each class and of air, radial power
 * spectrum, class proportions and volumes, norm distance, entropy and consistency of its own predictions, over whole-head
 * source scans that were not trained on. `dice`: of each foreground class against the truth, on the model's grid.
 */
export async function measureSource(model: Model, anatomies: readonly Anatomy[]): Promise<MeasuredSource> {
  const classes = model.card.output.labels.length + 1
  const foregroundClasses = Array.from({ length: classes - 1 }, (_, n) => n + 1)
  const measured: Measured[] = []
  for (let n = 0; n < studies; n++) {
    const phantom = makeSubject(anatomies[n % anatomies.length]!, firstSeed + n, {
      shape: [192, 224, 60],
      spacing: [1, 1, 3],
      scalp: 'any',
    })
    const study = toModelGrid(scanSource(phantom, createRandom(firstSeed + n)), model.card, model.stride)
    const [ni, nj] = study.volume.shape
    const truth = resampleLabels({ ...phantom, data: phantom.labels }, study.volume)
    const chosen = spreadSlices(study.tissueSlices, slicesPerStudy)
    const part = selectSlices(study, chosen)
    const { probability, moments } = await observe(model, part, batchesInOrder(chosen.length))
    const labels = labelsOf(probability, classes)
    const truthOfPart = new Uint8Array(labels.length)
    chosen.forEach((k, at) => truthOfPart.set(truth.data.subarray(k * ni * nj, (k + 1) * ni * nj), at * ni * nj))
    const voxels = foregroundClasses.map((c) =>
      Float32Array.from(study.volume.data.filter((_, v) => truth.data[v] === c)),
    )
    const counts = foregroundClasses.map((c) => phantom.labels.reduce((sum, label) => sum + (label === c ? 1 : 0), 0))
    const total = counts.reduce((a, b) => a + b, 0)
    measured.push({
      means: voxels.map((values) => percentile(values, 50)),
      sds: voxels.map((values) => spread([...values])),
      air: airOf(study),
      spectrum: [...radialSpectrum({ data: part.volume.data, ni, nj }, spectrumSize)],
      proportions: counts.map((count) => count / total),
      logVolumes: counts.map((count) => Math.log((count * 3) / 1000)),
      consistency: await intensityConsistency(model, part, labels, classes, createRandom(n)),
      normDistance: normDistance(model.normLayers, moments),
      entropy: meanEntropy(probability, classes, borderBand(labels, labels, ni, nj)),
      dice: diceOfClasses(labels, truthOfPart, classes),
    })
  }
  const over = (pick: (study: Measured) => readonly number[]): number[][] => columns(measured.map(pick))
  const consistency = measured.map((study) => study.consistency)
  const entropy = measured.map((study) => study.entropy)
  return {
    dice: over(({ dice }) => dice).map(mean),
    statistics: {
      classMeans: over(({ means }) => means).map(mean),
      classStds: over(({ sds }) => sds).map(mean),
      air: mean(measured.map(({ air }) => air)),
      spectrum: over(({ spectrum }) => spectrum).map(mean),
      spectrumSize,
      proportions: over(({ proportions }) => proportions).map(mean),
      proportionsStd: over(({ proportions }) => proportions).map(spread),
      logVolumes: over(({ logVolumes }) => logVolumes).map((values) => ({ mean: mean(values), sd: spread(values) })),
      consistency: { mean: mean(consistency), sd: spread(consistency), p05: Math.min(...consistency) },
      normDistanceP95: Math.max(...measured.map((study) => study.normDistance)),
      entropyBand: { mean: mean(entropy), sd: spread(entropy) },
    },
  }
}

/** Batches of 4 in the slices' own order, so that the prediction is in it too. */
function batchesInOrder(count: number): number[][] {
  return Array.from({ length: Math.ceil(count / 4) }, (_, batch) =>
    Array.from({ length: Math.min(4, count - 4 * batch) }, (_, n) => 4 * batch + n),
  )
}
