import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model, Parameter } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { fisherDistance } from '../fisher.ts'
import { descend, gradientsOf, variablesOf } from '../gradient-step.ts'
import { classLogits, entropy, reliableWeights, sureWeights, weightedMean } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  regionOptions,
  slicesOption,
  statisticsOptions,
  stepsOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import type { OptionValues } from '../options.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import type { Optimizer } from '../optimizer.ts'
import { aroundForeground } from '../region.ts'
import { scoped } from '../scope.ts'
import { Sgd } from '../sgd.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'

const options = {
  optimizer: { value: 'adam', choices: ['adam', 'sgd'], help: 'sgd has momentum .9.' },
  learningRate: learningRateOption(1e-3, 'the optimizer (sgd: 2.5e-4)'),
  steps: stepsOption(5),
  batch: batchOption(8),
  slices: slicesOption(24),
  margin: { value: 0.4, min: 0, max: 1, help: 'Pixels count up to this share of the largest entropy.' },
  ...regionOptions(5),
  // In a stream what was seen does not come again; in an episode the same slices do, and a filter would end it after one
  // pass. So it is off unless asked for.
  redundancy: {
    value: 1,
    min: 0,
    max: 1,
    help: 'Slices whose features are more like those seen so far (cosine) are left out; 1: none.',
  },
  fisher: { value: 1, min: 0, max: 1e5, help: "Weight of the pull towards the source, where the model's card has it." },
  ...statisticsOptions('volume'),
} as const

type State = { readonly optimizer: Optimizer; seen: Float32Array | undefined }

const affine = (model: Model): Parameter[] => model.parameters('norm-affine')
/** Of the running mean of features, at each update. */
const seenMomentum = 0.9

/**
 * EATA: tent on what is reliable and new. Entropy of the sure pixels only, the surer the more; slices that look like those
 * before are skipped; a Fisher-weighted anchor keeps what matters to the source. Niu et al., ICML 2022, arXiv:2204.02610;
 * M5 of methods.md, whose filters work on pixels and bottleneck features here. Confident errors pass the filter.
 */
export const eata = defineMethod<typeof options, State>({
  title: 'EATA (reliable pixels, new slices)',
  summary:
    'Entropy training on pixels that are sure already and on slices unlike those seen before. Steadier than Tent; where the model is confidently wrong it stays wrong.',
  reference: 'Niu et al., ICML 2022, arXiv:2204.02610',
  options,
  obstacle: (model) => nothingToTrain(model, 'norm-affine'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 3 * batch,
  async configure(work) {
    await beginStatistics(work)
    const variables = variablesOf(affine(work.student))
    if (work.options.fisher > 0 && !work.source.card.source.fisher) {
      const message = "The pull towards the source was left out: the model's card holds no Fisher information."
      work.note({ code: 'fisher-left-out', message })
    }
    const optimizer = work.options.optimizer === 'sgd' ? new Sgd(variables, { momentum: 0.9 }) : new Adam(variables)
    return { optimizer, seen: undefined }
  },
  collect: affine,
  step({ source, student, input, options, random, traced, advance }, state) {
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const { fisher } = source.card.source
    const report = scoped(() => {
      const batch = sliceBatch(input, slices)
      const valid = validPixels(input, slices.length)
      const { bottleneck } = student.places
      let kept = 0
      let fresh: boolean[] = []
      let logits: Tensor | undefined
      const found = gradientsOf(variablesOf(affine(student)), () => {
        const seen = student.activations(batch, [bottleneck])
        if (traced) logits = tf.keep(tf.clone(seen.logits))
        const z = classLogits(seen.logits)
        fresh = newSlices(state, seen.values.get(bottleneck)!, options.redundancy)
        const weights = keptWeights(z, valid, fresh, options)
        kept = tf.tidy(() => tf.sum(weights).dataSync()[0]!)
        const limit = options.margin * Math.log(z.shape.at(-1)!)
        const reliable = weightedMean(tf.mul(sureWeights(z, limit), entropy(z)), weights, 1e-12)
        const anchored = options.fisher > 0 && fisher
        return {
          entropy: reliable,
          ...(anchored && {
            anchor: tf.mul(fisherDistance(affine(student), affine(source), fisher), options.fisher),
          }),
        }
      })
      // Nothing reliable, nothing learned: the optimizer's momentum must not move on alone.
      const { losses, gradientNorm } = kept > 0 ? descend(state.optimizer, options.learningRate, found) : found
      const views = { slices, valid: input.valid, fresh, options }
      const trace = logits && { trace: traceOf([batch], logits, views) }
      logits?.dispose()
      const measures = { 'reliable pixels': kept, 'new slices': fresh.filter(Boolean).length }
      return { losses, gradientNorm, measures, learningRate: options.learningRate, ...trace }
    })
    advance(3 * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose: ({ optimizer }) => optimizer.dispose(),
})

/** Weights of the pixels that count: reliable, of new slices, in the region. */
function keptWeights(
  logits: Tensor,
  valid: Tensor,
  fresh: readonly boolean[],
  { margin, region, reach }: Pick<OptionValues<typeof options>, 'margin' | 'region' | 'reach'>,
): Tensor {
  const inRegion = region === 'foreground' ? aroundForeground(logits, valid, reach) : valid
  const inNew = tf.mul(inRegion, tf.tensor(fresh.map(Number), [fresh.length, 1, 1]))
  return reliableWeights(logits, inNew, margin * Math.log(logits.shape.at(-1)!))
}

/** Which slices' mean features [n, ..., channel] differ from the running mean, which then takes them in. */
function newSlices(state: State, features: Tensor, redundancy: number): boolean[] {
  const axes = features.shape.slice(1, -1).map((_, n) => n + 1)
  const means = tf.tidy(() => tf.mean(features, axes).dataSync())
  const channels = features.shape.at(-1)!
  const rows = Array.from({ length: features.shape[0] }, (_, n) =>
    Float32Array.from(means.subarray(n * channels, (n + 1) * channels)),
  )
  const { seen } = state
  const fresh = rows.map((row) => !seen || redundancy >= 1 || Math.abs(cosine(row, seen)) <= redundancy)
  const taken = rows.filter((_, n) => fresh[n])
  if (taken.length === 0) return fresh
  const mean = taken[0]!.map((_, c) => taken.reduce((sum, row) => sum + row[c]!, 0) / taken.length)
  state.seen = seen ? seen.map((value, c) => seenMomentum * value + (1 - seenMomentum) * mean[c]!) : mean
  return fresh
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, value, n) => sum + value * y[n]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b) + 1e-24)
}
