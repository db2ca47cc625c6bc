import type { Tensor } from '../../engine/tf.ts'
import type { Model, Moments } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import type { ModelStudy } from '../../predict/study.ts'
import type { Random } from '../../volume/random.ts'
import { drawView, seenIn } from '../consistency-target.ts'
import { defineMethod } from '../method.ts'
import type { OptionValues } from '../options.ts'
import { blendMoments, moveMoments, poolMoments, shareByCount, storedMoments, unbiased } from '../norm-layers.ts'
import type { MomentsByLayer } from '../norm-layers.ts'
import { scoped } from '../scope.ts'
import { interleavedBatches } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { allowedSymmetries } from '../views.ts'

const options = {
  rule: {
    value: 'volume',
    choices: ['volume', 'count', 'root', 'moving', 'decaying'],
    help: 'How far the scan counts. volume: by alpha; count: n / (n + prior) after n slices; root: 1 / (sqrt(n) / 5 + 1); moving: running statistics at a fixed rate; decaying: at a rate that falls, over augmented slices (DUA).',
  },
  alpha: {
    value: 0.5,
    min: 0,
    max: 1,
    help: "Share of the scan's own statistics (volume); .2 is safe, 1 forgets the source.",
  },
  prior: { value: 16, min: 0, max: 1000, help: 'Slices that the source counts as (count).' },
  rate: { value: 0.1, min: 0, max: 1, help: 'Share of each batch in the running statistics (moving, decaying).' },
  unbiased: { value: false, help: 'Variances divided by n - 1, as PyTorch stores them.' },
  steps: { value: 6, min: 1, max: 1000, integer: true, help: 'Batches whose statistics are pooled.' },
  batch: { value: 8, min: 1, max: 64, integer: true, help: 'Slices in a batch.' },
} as const

type Options = OptionValues<typeof options>

/** Sees the scan under the blend; the student only gets the result. */
type State = {
  readonly observer: Model
  readonly batches: readonly (readonly number[])[]
  readonly seen: Map<string, Moments[]>
  running: MomentsByLayer
  slices: number
  step: number
}

const isRunning = ({ rule }: Options): boolean => rule === 'moving' || rule === 'decaying'

/** DUA (Mirza et al., CVPR 2022, arXiv:2112.00463): from the rate down to .005. */
const dua = { decay: 0.94, least: 0.005 }

function rateOf({ rule, rate }: Options, step: number): number {
  return rule === 'decaying' ? Math.min(rate * dua.decay ** step + dua.least, 1) : rate
}

/**
 * Norm statistics of the scan in place of the source's (AdaBN, Li et al. 2016; blended: Schneider et al., NeurIPS 2020,
 * arXiv:2006.16971), pooled over the scan's slices and then fixed, so that a slice's mask depends on no other slice.
 * A step is a batch. Fails where the field of view or the share of tissue differs from training. M2 of methods.md.
 */
export const norm = defineMethod<typeof options, State>({
  title: 'Norm statistics of the scan',
  summary:
    'Replaces part of the stored batch-norm statistics by those of this scan; no training. Safe and quick, but a scan that shows another part of the body than the training scans moves the statistics for the wrong reason.',
  reference: 'Schneider et al., NeurIPS 2020, arXiv:2006.16971',
  options,
  obstacle: (model) => (model.normLayers.length ? undefined : 'it has no batch-norm layers (or they were folded away)'),
  slices: ({ steps, batch }) => steps * batch,
  steps: ({ study, options }) => Math.min(options.steps, Math.ceil(study.volume.shape[2] / options.batch)),
  stepCost: ({ batch }) => batch,
  configure({ source, study, options }) {
    const observer = source.clone()
    const { rule, alpha, batch, prior } = options
    const share = rule === 'volume' ? alpha : rule === 'count' || rule === 'root' ? shareByCount(rule, batch, prior) : 1
    observer.setNorm({ kind: 'blend', alpha: share })
    const batches = interleavedBatches(study.tissueSlices, batch)
    return Promise.resolve({ observer, batches, seen: new Map(), running: storedMoments(source), slices: 0, step: 0 })
  },
  collect: (model) => model.parameters('norm-stats'),
  step({ source, student, study, options, random, traced, advance }, state) {
    const slices = state.batches[state.step]!
    const seen = new Map<string, Moments>()
    const trace = scoped(() => {
      const batch = seenBatch(source, study, slices, options, random)
      const { logits, moments } = state.observer.logitsAndMoments(batch)
      for (const [name, own] of moments) seen.set(name, options.unbiased ? unbiased(own) : own)
      return traced ? traceOf([batch], logits, { slices, options }) : undefined
    })
    state.slices += slices.length
    const { rule, alpha, prior } = options
    if (isRunning(options)) {
      state.running = moveMoments(state.running, seen, rateOf(options, state.step))
      student.setStatistics(state.running)
    } else {
      for (const [name, own] of seen) state.seen.set(name, [...(state.seen.get(name) ?? []), own])
      const pooled = new Map(Array.from(state.seen, ([name, batches]) => [name, poolMoments(batches)]))
      const share = rule === 'count' || rule === 'root' ? shareByCount(rule, state.slices, prior) : alpha
      student.setStatistics(blendMoments(source.normLayers, pooled, share))
    }
    state.step++
    advance(slices.length)
    return Promise.resolve({ measures: { slices: slices.length }, ...(trace && { trace }) })
  },
  dispose: ({ observer }) => observer.dispose(),
})

/** DUA looks at augmented slices, the others at the slices as they are. */
function seenBatch(
  source: Model,
  study: ModelStudy,
  slices: readonly number[],
  { rule }: Options,
  random: Random,
): Tensor {
  if (rule !== 'decaying') return sliceBatch(study, slices)
  const symmetries = allowedSymmetries(source, 'mirror', study.volume.shape)
  return seenIn(drawView(slices.length, symmetries, 1, 0, random), study, slices, random)
}
