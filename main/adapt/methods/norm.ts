import type { Model, Moments } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { channelsFirst, defineMethod } from '../method.ts'
import { blendMoments, poolMoments } from '../norm-layers.ts'
import { scoped } from '../scope.ts'
import { interleavedBatches } from '../slices.ts'

/** Sees the scan under the blend; the student only gets the result. */
type State = {
  readonly observer: Model
  readonly batches: readonly (readonly number[])[]
  readonly seen: Map<string, Moments[]>
  step: number
}

/**
 * Norm statistics of the scan in place of the source's (AdaBN, Li et al. 2016; blended: Schneider et al., NeurIPS 2020,
 * arXiv:2006.16971), pooled over the scan's slices and then fixed, so that a slice's mask depends on no other slice.
 * A step is a batch. Fails where the field of view or the share of tissue differs from training.
 */
export const norm = defineMethod({
  title: 'Norm statistics of the scan',
  summary:
    'Replaces part of the stored batch-norm statistics by those of this scan; no training. Safe and quick, but a scan that shows another part of the body than the training scans moves the statistics for the wrong reason.',
  reference: 'Schneider et al., NeurIPS 2020, arXiv:2006.16971',
  options: {
    alpha: {
      value: 0.5,
      min: 0,
      max: 1,
      help: "Share of the scan's own statistics; .2 is safe, 1 forgets the source.",
    },
    steps: { value: 6, min: 1, max: 1000, integer: true, help: 'Batches whose statistics are pooled.' },
    batch: { value: 8, min: 1, max: 64, integer: true, help: 'Slices in a batch.' },
  },
  obstacle: (model) => (model.normLayers.length ? undefined : 'it has no batch-norm layers (or they were folded away)'),
  slices: ({ steps, batch }) => steps * batch,
  steps: ({ study, options }) => Math.min(options.steps, Math.ceil(study.volume.shape[2] / options.batch)),
  stepCost: ({ batch }) => batch,
  configure({ source, study, options }): Promise<State> {
    const observer = source.clone()
    observer.setNorm({ kind: 'blend', alpha: options.alpha })
    const batches = interleavedBatches(study.tissueSlices, options.batch)
    return Promise.resolve({ observer, batches, seen: new Map(), step: 0 })
  },
  collect: (model) => model.parameters('norm-stats'),
  step({ source, student, study, options, traced, advance }, state) {
    const slices = state.batches[state.step++]!
    const [input, logits] = scoped(() => {
      const batch = sliceBatch(study, slices)
      const { logits, moments } = state.observer.logitsAndMoments(batch)
      for (const [name, own] of moments) state.seen.set(name, [...(state.seen.get(name) ?? []), own])
      return traced ? [channelsFirst(batch), channelsFirst(logits)] : []
    })
    const pooled = new Map(Array.from(state.seen, ([name, batches]) => [name, poolMoments(batches)]))
    student.setStatistics(blendMoments(source.normLayers, pooled, options.alpha))
    advance(slices.length)
    const trace = input && logits && { input, logits, views: { slices, options } }
    return Promise.resolve({ measures: { slices: slices.length }, ...(trace && { trace }) })
  },
  dispose: ({ observer }) => observer.dispose(),
})
