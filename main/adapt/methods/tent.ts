import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model, Parameter } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { gradientStep, variablesOf } from '../gradient-step.ts'
import { balancedWeights, classLogits, confidentWeights, entropy, weightedMean } from '../losses.ts'
import { batchOption, learningRateOption, slicesOption, statisticsOptions, stepsOption } from '../method-options.ts'
import { channelsFirst, defineMethod } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
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
    learningRate: learningRateOption(1e-3),
    steps: stepsOption(5),
    batch: batchOption(8),
    slices: slicesOption(24),
    entropy: {
      value: 'balanced',
      choices: ['plain', 'balanced', 'masked'],
      help: 'plain: all pixels alike; balanced: all classes alike; masked: only pixels that are sure already.',
    },
    threshold: { value: 0.7, min: 0, max: 1, help: 'Probability from which a pixel is sure (masked).' },
    ...statisticsOptions('volume'),
  },
  obstacle: (model) => nothingToTrain(model, 'norm-affine'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 3 * batch,
  async configure(work) {
    await beginStatistics(work)
    return { optimizer: new Adam(variablesOf(affine(work.student))) }
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
  settle: settleStatistics,
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
