import type { Model } from '../model/model.ts'
import type { ModelStudy } from '../predict/study.ts'
import type { Random } from '../volume/random.ts'
import type { Note, ProbabilityMap } from '../volume/volume.ts'
import { storable } from './checkpoint.ts'
import type { Reweighting, Surroundings } from './checkpoint.ts'
import { applyCorrection, filterStudy, selectSlices } from './correction.ts'
import type { Correction, Filter } from './correction.ts'
import type { Extent, Sibling, Work } from './method.ts'
import type { OptionTable, OptionValues } from './options.ts'

type Given = {
  readonly source: Model
  readonly student: Model
  /** The whole scan, and the slices (k) of it to work on. */
  readonly scan: ModelStudy
  readonly slices: readonly number[]
  /** The source model's prediction of the whole scan. */
  readonly before: ProbabilityMap
  readonly options: OptionValues
  readonly random: Random
  readonly signal: AbortSignal | undefined
  readonly traced: boolean
  readonly advance: (slices: number) => void
}

/** The slices of the scan that an episode works on, and what has been done to them so far. */
export class EpisodeWork implements Work<OptionTable> {
  readonly source: Model
  readonly student: Model
  readonly study: ModelStudy
  readonly positions: readonly number[]
  readonly depth: number
  /** Slices of the scan that show tissue; the study's are spread over them. */
  readonly tissueDepth: number
  readonly sourceProbability: Float32Array
  readonly classes: number
  readonly options: OptionValues
  readonly random: Random
  readonly signal: AbortSignal | undefined
  readonly traced: boolean
  readonly advance: (slices: number) => void
  extent: Extent = 'full'
  input: ModelStudy
  restored: Float32Array
  correction: Correction | undefined
  reweighting: Reweighting | undefined
  readonly siblings: Sibling[] = []
  private filtered: { readonly by: Filter; readonly study: ModelStudy }
  readonly notes: Note[] = []

  constructor({ source, student, scan, slices, before, options, random, signal, traced, advance }: Given) {
    const size = scan.volume.shape[0] * scan.volume.shape[1] * before.classes
    this.source = source
    this.student = student
    this.study = selectSlices(scan, slices)
    this.positions = slices
    this.depth = scan.volume.shape[2]
    this.tissueDepth = scan.tissueSlices.length
    this.sourceProbability = new Float32Array(slices.length * size)
    slices.forEach((k, n) => this.sourceProbability.set(before.data.subarray(k * size, (k + 1) * size), n * size))
    this.classes = before.classes
    this.options = options
    this.random = random
    this.signal = signal
    this.traced = traced
    this.advance = advance
    this.input = this.study
    this.filtered = { by: {}, study: this.study }
    this.restored = this.study.volume.data
  }

  readonly correct = (correction: Correction): void => {
    this.correction = storable({ correction }).correction!
    const { clamp } = this.source.card.input.normalization
    const filtered = this.filter(this.correction)
    const corrected = applyCorrection(this.study, this.correction, clamp, this.positions, this.depth, filtered)
    this.input = corrected.study
    this.restored = corrected.restored
  }

  /** Passes change what comes after the filter, and the filter costs more than all of that. */
  private filter(filter: Filter): ModelStudy {
    const { denoise, spectrumGain: gain } = filter
    const { by, study } = this.filtered
    const isSame =
      by.denoise === denoise &&
      by.spectrumGain?.length === gain?.length &&
      !gain?.some((g, n) => g !== by.spectrumGain![n])
    if (isSame) return study
    this.filtered = { by: filter, study: filterStudy(this.study, filter) }
    return this.filtered.study
  }

  readonly note = (note: Note): void => {
    this.notes.push(note)
  }

  get surroundings(): Surroundings {
    const { correction, reweighting } = this
    return { correction, reweighting: reweighting?.means.length ? reweighting : undefined }
  }
}
