import { probabilitiesOf, sliceBatch } from '../predict/predict.ts'
import { reweight } from './class-statistics.ts'
import { scoped } from './scope.ts'
import { labelsOf } from './scores.ts'
import type { EpisodeWork } from './work.ts'

/** One slice as a step leaves it, on the model's grid. */
export type StepPreview = {
  readonly step: number
  /** k of the scan on the model's grid. */
  readonly slice: number
  /** [j][i]: normalised intensities as the scan has them, and classes. */
  readonly intensity: Float32Array
  readonly labels: Uint8Array
}

/** No more often than anybody could follow, and so seldom that previews take at most a twenty-fifth of the time. */
const quietMs = 1500
const quietForOne = 25

/** Shows the middle one of an episode's slices. Draws no random numbers and changes no model. */
export class Previews {
  private readonly show: (preview: StepPreview) => void
  private readonly now: () => number
  private dueAt = -Infinity

  constructor(show: (preview: StepPreview) => void, now: () => number) {
    this.show = show
    this.now = now
  }

  /** The source model's, which is known already. */
  first(work: EpisodeWork): void {
    const n = middle(work)
    if (n === undefined) return
    const size = sliceSize(work) * work.classes
    this.tell(work, n, 0, work.sourceProbability.subarray(n * size, (n + 1) * size))
    this.wait(0)
  }

  /** The student's after a step, unless the last one is too recent. */
  next(work: EpisodeWork, step: number): void {
    const n = middle(work)
    const started = this.now()
    if (n === undefined || started < this.dueAt) return
    const network = scoped(
      () => probabilitiesOf(work.student.logits(sliceBatch(work.input, [n]))).dataSync() as Float32Array,
    )
    const { reweighting } = work.surroundings
    const pixels = sliceSize(work)
    const restored = work.restored.subarray(n * pixels, (n + 1) * pixels)
    const shown = reweighting ? reweight(restored, network, work.classes, reweighting, reweighting.exponent) : network
    this.tell(work, n, step, shown)
    this.wait(this.now() - started)
  }

  private wait(costMs: number): void {
    this.dueAt = this.now() + Math.max(quietMs, quietForOne * costMs)
  }

  private tell(work: EpisodeWork, n: number, step: number, probability: Float32Array): void {
    const pixels = sliceSize(work)
    this.show({
      step,
      slice: work.positions[n]!,
      intensity: work.study.volume.data.slice(n * pixels, (n + 1) * pixels),
      labels: labelsOf(probability, work.classes),
    })
  }
}

/** Undefined where no slice shows tissue. */
function middle({ positions }: EpisodeWork): number | undefined {
  return positions.length ? Math.floor(positions.length / 2) : undefined
}

function sliceSize({ study }: EpisodeWork): number {
  return study.volume.shape[0] * study.volume.shape[1]
}
