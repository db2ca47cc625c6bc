import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { companionInput } from '../companion.ts'
import { gradientStep, variablesOf } from '../gradient-step.ts'
import { hideAndSeek } from '../hidden-cells.ts'
import { weightedMean } from '../losses.ts'
import { batchOption, learningRateOption, slicesOption, statisticsOptions, stepsOption } from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { noCompanion } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'

/**
 * Masked restoration: the encoder learns to restore hidden cells of this scan's slices, through a head that stays as it was
 * trained. TTT-MAE, Gandelsman et al., NeurIPS 2022, arXiv:2209.07522; M18 of methods.md for a convolutional network, its
 * hidden cells filled with noise. After some 20 steps the encoder drifts away from the decoder.
 */
export const restoration = defineMethod({
  title: 'Masked restoration (TTT-MAE)',
  summary:
    'Hides parts of the slices and trains the encoder to restore them, with a head that the model learned in training. Too many steps part encoder and decoder.',
  reference: 'Gandelsman et al., NeurIPS 2022, arXiv:2209.07522',
  options: {
    learningRate: learningRateOption(1e-4),
    steps: stepsOption(15),
    batch: batchOption(8),
    slices: slicesOption(24),
    cell: { value: 8, min: 1, max: 64, integer: true, help: 'Side of a hidden cell, in pixels.' },
    ratio: { value: 0.5, min: 0.05, max: 0.95, help: 'Share of the cells that are hidden.' },
    statistics: { ...statisticsOptions('source').statistics, choices: ['volume', 'source'] },
    alpha: statisticsOptions('source').alpha,
  },
  obstacle: (model) => noCompanion(model, 'restoration'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 3 * batch,
  async configure(work) {
    await beginStatistics(work)
    return { optimizer: new Adam(variablesOf(work.student.parameters('encoder'))) }
  },
  collect: (model) => model.parameters('encoder'),
  step({ source, student, input, options, random, traced, advance }, { optimizer }) {
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const head = source.companions.restoration!
    const report = scoped(() => {
      const batch = sliceBatch(input, slices)
      const { masked, target, hidden } = hideAndSeek(batch, options, random)
      const weights = tf.mul(hidden, validPixels(input, slices.length))
      const at = companionInput(head)
      let logits: Tensor | undefined
      const update = gradientStep(student.parameters('encoder'), optimizer, options.learningRate, () => {
        const seen = student.activations(masked, [at])
        if (traced) logits = tf.keep(tf.clone(seen.logits))
        const restored = tf.squeeze(head.logits(seen.values.get(at)!), [3])
        return { restoration: weightedMean(tf.squaredDifference(restored, target), weights) }
      })
      const views = { slices, valid: input.valid, hidden: Array.from(hidden.dataSync()), options }
      const trace = logits && { trace: traceOf([batch, masked], logits, views) }
      logits?.dispose()
      return { ...update, learningRate: options.learningRate, ...trace }
    })
    advance(3 * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose: ({ optimizer }) => optimizer.dispose(),
})
