import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model, Parameter } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { gradientStep } from '../gradient-step.ts'
import { balancedWeights, classLogits, confidentWeights, entropy, weightedMean } from '../losses.ts'
import { channelsFirst, defineMethod } from '../method.ts'
import { adoptStatistics } from '../norm-layers.ts'
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { validPixels } from '../valid.ts'

const affine = (model: Model): Parameter[] => model.parameters('norm-affine')

/**
 * Tent: make the model surer of itself by tuning only the scale and shift of its norm layers, under the scan's statistics.
 * Wang et al., ICLR 2021, arXiv:2006.10726; here per scan, from the source weights, and predicting afterwards.
 * Many steps at a high rate collapse to one class: entropy is least where everything is background.
 */
export const tent = defineMethod({
  title: 'Tent (entropy)',
  summary:
    'Trains the scales and shifts of the norm layers until the model is surer of this scan. Quick, but a model that is surer need not be right: many steps at a high rate let small structures vanish.',
  reference: 'Wang et al., ICLR 2021, arXiv:2006.10726',
  options: {
    learningRate: { value: 1e-3, min: 1e-7, max: 1e-1, help: 'Step size of Adam.' },
    steps: { value: 5, min: 1, max: 1000, integer: true, help: 'Updates.' },
    batch: { value: 8, min: 1, max: 64, integer: true, help: 'Slices in an update, spread over the scan.' },
    slices: { value: 24, min: 1, max: 1000, integer: true, help: 'Slices of the scan to draw from, evenly spread.' },
    entropy: {
      value: 'balanced',
      choices: ['plain', 'balanced', 'masked'],
      help: 'plain: all pixels alike; balanced: all classes alike; masked: only pixels that are sure already.',
    },
    threshold: { value: 0.7, min: 0, max: 1, help: 'Probability from which a pixel is sure (masked).' },
    statistics: {
      value: 'volume',
      choices: ['volume', 'batch', 'source'],
      help: "volume: the scan's, fixed before training; batch: each batch's own, as published; source: the stored ones.",
    },
    alpha: { value: 0.5, min: 0, max: 1, help: "Share of the scan's own statistics (volume)." },
  },
  obstacle: (model) => (affine(model).length ? undefined : 'it has no norm layers to train (or they were folded away)'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 3 * batch,
  async configure(work) {
    const { student, options } = work
    if (options.statistics === 'volume') await adoptStatistics(work, options.alpha, options.batch)
    if (options.statistics === 'batch') student.setNorm({ kind: 'batch' })
    return { optimizer: new Adam(affine(student).map(({ variable }) => variable)) }
  },
  collect: affine,
  step({ student, input, options, random, traced, advance }, { optimizer }) {
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const report = scoped(() => {
      const batch = sliceBatch(input, slices)
      const valid = validPixels(input, slices.length)
      let seen: Tensor | undefined
      const terms = () => {
        const output = student.logits(batch)
        if (traced) seen = tf.keep(tf.clone(output))
        const logits = classLogits(output)
        return { entropy: weightedMean(entropy(logits), weights(logits, valid, options)) }
      }
      const update = gradientStep(affine(student), optimizer, options.learningRate, terms)
      const trace = seen && {
        input: channelsFirst(batch),
        logits: channelsFirst(seen),
        views: { slices, valid: input.valid, options },
      }
      seen?.dispose()
      return { ...update, learningRate: options.learningRate, ...(trace && { trace }) }
    })
    advance(3 * slices.length)
    return Promise.resolve(report)
  },
  /** Batch statistics made masks depend on their batch; the prediction uses the scan's, of the trained network. */
  async settle(work) {
    if (work.options.statistics === 'batch') await adoptStatistics(work, 1, work.options.batch)
  },
  dispose: ({ optimizer }) => optimizer.dispose(),
})

function weights(
  logits: Tensor,
  valid: Tensor,
  options: { readonly entropy: string; readonly threshold: number },
): Tensor {
  if (options.entropy === 'balanced') return balancedWeights(logits, valid)
  return options.entropy === 'masked' ? confidentWeights(logits, valid, options.threshold) : valid
}
