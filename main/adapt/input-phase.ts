import { spacing } from '../volume/affine.ts'
import type { ModelStudy } from '../predict/study.ts'
import { airOf, filterStudy, normalisationPass } from './correction.ts'
import { gatherForeground } from './foreground.ts'
import type { StepReport, Work } from './method.ts'
import { observe } from './norm-layers.ts'
import { interleavedBatches } from './slices.ts'
import { brightOf, noiseFrom, secondDifferences } from './noise.ts'
import { expectedProportions } from './proportions.ts'
import { radialSpectrum, spectrumGain } from './spectrum.ts'

export type InputOptions = {
  /** Weight of total variation per standard deviation of the noise; 0: noise stays. */
  readonly denoise: number
  readonly spectrum: boolean
  readonly bias: boolean
  readonly anchor: boolean
  readonly passes: number
  /** Classes are held to the source's proportions within so many of its standard deviations; 0: not at all. */
  readonly balance: number
  readonly batch: number
  /** Share of the scan's own norm statistics while it is predicted. */
  readonly alpha: number
}

const left = (part: string, why: string): { code: string; message: string } => ({
  code: 'input-step-left-out',
  message: `${part} was left out: ${why}.`,
})

/** The gain that brings the spectrum of the slices to the source's, if the model's card knows it. */
export function gainFor(
  { study, source, note }: Pick<Work, 'study' | 'source' | 'note'>,
  wanted: boolean,
): Float64Array | undefined {
  const { spectrum, spectrumSize } = source.card.source
  if (!wanted) return undefined
  if (!spectrum || !spectrumSize) {
    note(left('The spectrum match', "the model's card holds no spectrum of its training scans"))
    return undefined
  }
  const [ni, nj] = study.volume.shape
  const own = radialSpectrum({ data: study.volume.data, ni, nj }, spectrumSize)
  return spectrumGain(spectrum, own, spacing(study.volume.affine)[0])
}

/** 0 where too little is bright to tell. */
function noiseOf({ volume }: ModelStudy): number {
  return noiseFrom(secondDifferences(volume, brightOf(volume))) || 0
}

function anchorsFor({ source, note }: Work, wanted: boolean): { anchors?: readonly number[]; sourceAir?: number } {
  const { classMeans, air } = source.card.source
  if (!wanted) return {}
  if (!classMeans || air === undefined) {
    note(left('The intensity map', "the model's card holds no class intensities of its training scans"))
    return {}
  }
  return { anchors: classMeans.map((mean) => mean - air), sourceAir: air }
}

/**
 * The input steps: spectrum match once, then normalisation passes, each with its prediction under the student's blended norm
 * statistics. Yields after each pass. models.md section 4.
 */
export async function* normalisingPasses(work: Work, options: InputOptions): AsyncGenerator<StepReport, void> {
  const weight = options.denoise && options.denoise * noiseOf(work.study)
  const smooth = filterStudy(work.study, { denoise: weight })
  const gain = gainFor({ study: smooth, source: work.source, note: work.note }, options.spectrum)
  const filtered = filterStudy(smooth, { ...(gain && { spectrumGain: gain }) })
  const air = airOf(filtered)
  const anchoring = anchorsFor(work, options.anchor)
  work.correct({ ...(weight > 0 && { denoise: weight }), ...(gain && { spectrumGain: gain }), air, targetAir: air })
  const batches = interleavedBatches(work.study.tissueSlices, options.batch)
  const order = batches.flat()
  const [ni, nj] = work.study.volume.shape
  let noted = false
  for (let pass = 0; pass < options.passes; pass++) {
    if (options.alpha > 0 && work.student.normLayers.length)
      work.student.setNorm({ kind: 'blend', alpha: options.alpha })
    const { probability } = await observe(work.student, work.input, batches, {
      signal: work.signal,
      onBatch: work.advance,
    })
    const foreground = gatherForeground(probability, work.classes, work.study, order, work.positions, work.depth)
    const intensity = Float32Array.from(foreground.index, (n) => {
      const slice = Math.floor(n / (ni * nj))
      return filtered.volume.data[order[slice]! * ni * nj + (n % (ni * nj))]! - air
    })
    const { correction, statistics, inOrder } = normalisationPass(intensity, foreground, work.correction!, {
      bias: options.bias,
      anchors: anchoring.anchors,
      sourceAir: anchoring.sourceAir,
      proportions: expectedProportions(work.source.card.source, options.balance),
    })
    work.correct(correction)
    if (work.reweighting) work.reweighting = { ...statistics, exponent: work.reweighting.exponent }
    if (!inOrder && !noted) {
      noted = true
      work.note({
        code: 'contrast-order',
        message: 'The tissues are not in the order of brightness of the training scans; intensities were only scaled.',
      })
    }
    yield { measures: passMeasures(statistics.means, work.source.card.output.labels, inOrder) }
  }
}

function passMeasures(
  means: readonly number[],
  labels: readonly { readonly name: string }[],
  inOrder: boolean,
): Record<string, number> {
  const named = means.map((mean, n) => [`intensity ${labels[n]?.name ?? n + 1}`, mean] as const)
  return {
    ...Object.fromEntries(named.filter(([, mean]) => Number.isFinite(mean))),
    'contrast in order': inOrder ? 1 : 0,
  }
}
