import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { gradientStep, variablesOf } from '../gradient-step.ts'
import { classLogits, twinDiceLoss } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  scopeOption,
  slicesOption,
  statisticsOptions,
  stepsOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'
import { drawAffine, invertAffine, warp } from '../warp.ts'

/**
 * DG-TTA: two random affine views of a slice must get the same mask once they are turned back, and both learn from it.
 * Weihsbach et al. 2023, arXiv:2312.06275; M12 of methods.md, without the pre-training on random contrasts, and comparing
 * only where both views saw the slice. Fails where views agree on a wrong mask; needs many steps at its small rate.
 */
export const dgTta = defineMethod({
  title: 'DG-TTA (two affine views agree)',
  summary:
    'Trains all parameters until two randomly moved views of a slice get the same mask. Made for models trained on random contrasts; slow and careful on others.',
  reference: 'Weihsbach et al. 2023, arXiv:2312.06275',
  options: {
    learningRate: learningRateOption(1e-5, 'AdamW (weights decay by .01)'),
    steps: stepsOption(12),
    batch: batchOption(8),
    slices: slicesOption(24),
    scope: scopeOption('all'),
    spread: { value: 0.05, min: 0, max: 0.5, help: 'Standard deviation of the random affine maps.' },
    ...statisticsOptions('source'),
  },
  obstacle: (model, { scope }) => nothingToTrain(model, scope),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 6 * batch,
  async configure(work) {
    await beginStatistics(work)
    return { optimizer: new Adam(variablesOf(work.student.parameters(work.options.scope)), { weightDecay: 0.01 }) }
  },
  collect: (model, { scope }) => model.parameters(scope),
  step({ student, input, options, random, traced, advance }, { optimizer }) {
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const twins = [0, 1].map(() => slices.map(() => drawAffine(random, options.spread)))
    const report = scoped(() => {
      const batch = sliceBatch(input, slices)
      const valid = validPixels(input, slices.length)
      const inverses = twins.map((affines) => affines.map(invertAffine))
      const batches = twins.map((affines) => warp(batch, affines))
      // Where the slice, moved there and back, lies inside the frame both times.
      const ones = tf.expandDims(valid, -1)
      const seen = twins.map((affines, n) => {
        const back = warp(warp(ones, affines, 'zero'), inverses[n]!, 'zero')
        return tf.cast(tf.greater(tf.squeeze(back, [3]), 0.999), 'float32')
      })
      const weights = tf.mul(seen[0]!, seen[1]!)
      let logits: Tensor | undefined
      const update = gradientStep(student.parameters(options.scope), optimizer, options.learningRate, () => {
        const maps = batches.map((each, n) => {
          const output = student.logits(each)
          if (traced && n === 0) logits = tf.keep(tf.clone(output))
          return tf.softmax(warp(classLogits(output), inverses[n]!))
        })
        const losses = slices.map((_, n) => {
          const [first, second] = maps.map((map) => tf.slice(map, [n, 0, 0, 0], [1, -1, -1, -1]))
          return twinDiceLoss(first!, second!, tf.slice(weights, [n, 0, 0], [1, -1, -1]))
        })
        return { dice: tf.div(tf.addN(losses), losses.length) }
      })
      const trace = logits && { trace: traceOf([batch], logits, { slices, valid: input.valid, twins, options }) }
      logits?.dispose()
      return { ...update, learningRate: options.learningRate, ...trace }
    })
    advance(6 * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose: ({ optimizer }) => optimizer.dispose(),
})
