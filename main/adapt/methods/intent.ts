import type { Model, Moments, NormPart } from '../../model/model.ts'
import { blendMoments, observe } from '../norm-layers.ts'
import type { MomentsByLayer } from '../norm-layers.ts'
import { defineMethod } from '../method.ts'
import { noStatistics } from '../obstacles.ts'
import { labelsOf } from '../scores.ts'
import { interleavedBatches } from '../slices.ts'

const options = {
  blends: {
    value: 6,
    min: 2,
    max: 20,
    integer: true,
    help: "Blends, evenly from the source's statistics to the scan's.",
  },
  temperature: { value: 1, min: 0.01, max: 10, help: 'Below 1 the surest blend counts more.' },
  batch: { value: 8, min: 1, max: 64, integer: true, help: 'Slices in a batch.' },
  slices: { value: 24, min: 1, max: 1000, integer: true, help: 'Slices to estimate on, evenly spread.' },
} as const

type Seen = { readonly alpha: number; readonly moments: MomentsByLayer; readonly score: number }
type State = { readonly observer: Model; readonly seen: Seen[] }

/** Evenly from the source's statistics to the scan's. */
const alphasOf = (blends: number): number[] => Array.from({ length: blends }, (_, n) => n / (blends - 1))

/**
 * InTEnt: predict under several blends of stored and own norm statistics, and average by confidence. Nothing is trained. Dong et
 * al. 2024, arXiv:2402.09604; M9 of methods.md, the blends pooled over the scan. Nearly a plain mean, which is its strength;
 * a blend that is sure of an empty mask gets the top weight.
 */
export const intent = defineMethod<typeof options, State>({
  title: 'InTEnt (mean over norm blends)',
  summary:
    'Averages what the model says under several mixtures of stored and own norm statistics, surer ones counting more. No training and hard to break; each prediction costs as many passes as blends.',
  reference: 'Dong et al. 2024, arXiv:2402.09604',
  options,
  obstacle: noStatistics,
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.blends,
  stepCost: ({ slices }) => 2 * slices,
  configure: ({ source }) => Promise.resolve({ observer: source.clone(), seen: [] }),
  collect: (model) => model.parameters('norm-stats'),
  async step({ source, input, classes, options, signal, advance }, { observer, seen }) {
    const alpha = alphasOf(options.blends)[seen.length]!
    const batches = interleavedBatches(input.tissueSlices, options.batch)
    observer.setNorm({ kind: 'blend', alpha })
    const { moments } = await observe(observer, input, batches, { signal, onBatch: advance })
    const blended = blendMoments(source.normLayers, moments, alpha)
    observer.setNorm({ kind: 'fixed', moments: blended })
    const { probability } = await observe(observer, input, batches, { signal, onBatch: advance })
    const score = confidence(probability, classes)
    seen.push({ alpha, moments: blended, score })
    return { measures: { alpha, confidence: score } }
  },
  settle({ student, options, note }, { seen }) {
    const weights = confidenceWeights(
      seen.map(({ score }) => score),
      options.temperature,
    )
    const parts: NormPart[] = seen.map(({ moments }, n) => ({ weight: Math.fround(weights[n]!), moments }))
    // What is left where only one network can be: an export, for instance.
    student.setStatistics(meanMoments(parts))
    student.setNorm({ kind: 'mixture', parts })
    const list = seen.map(({ alpha }, n) => `${alpha.toFixed(2)}: ${weights[n]!.toFixed(3)}`).join(', ')
    note({ code: 'norm-mixture', message: `Weights of the shares of the scan's own norm statistics: ${list}.` })
    return Promise.resolve()
  },
  dispose: ({ observer }) => observer.dispose(),
})

/**
 * Minus the mean over the predicted classes of their pixels' mean entropy, as a share of the largest possible: with one class
 * against background -1/2 (mean over foreground + mean over the rest). [..., class]
 */
export function confidence(probability: Float32Array, classes: number): number {
  const labels = labelsOf(probability, classes)
  const sums = new Float64Array(classes)
  const counts = new Float64Array(classes)
  labels.forEach((label, n) => {
    counts[label]!++
    for (let c = 0; c < classes; c++) {
      const p = probability[n * classes + c]!
      if (p > 0) sums[label]! -= p * Math.log(p)
    }
  })
  const present = Array.from(sums, (sum, c) => sum / counts[c]!).filter(Number.isFinite)
  return -present.reduce((a, b) => a + b, 0) / present.length / Math.log(classes)
}

/** Softmax of the scores, stretched to 0 .. 1, at a temperature; equal scores get equal weights. */
export function confidenceWeights(scores: readonly number[], temperature: number): number[] {
  const [least, most] = [Math.min(...scores), Math.max(...scores)]
  const raw = scores.map((score) => Math.exp(most > least ? (score - least) / (most - least) / temperature : 0))
  const total = raw.reduce((a, b) => a + b)
  return raw.map((weight) => weight / total)
}

function meanMoments(parts: readonly NormPart[]): Map<string, Moments> {
  const names = [...parts[0]!.moments.keys()]
  return new Map(
    names.map((name) => {
      const mean = (of: (moments: Moments) => Float32Array): Float32Array =>
        of(parts[0]!.moments.get(name)!).map((_, c) =>
          parts.reduce((sum, { weight, moments }) => sum + weight * of(moments.get(name)!)[c]!, 0),
        )
      return [name, { mean: mean((m) => m.mean), variance: mean((m) => m.variance), count: 0 }]
    }),
  )
}
