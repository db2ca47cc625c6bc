import { tf } from '../../engine/tf.ts'
import { Adam } from '../adam.ts'
import { drawViews, seenIn } from '../consistency-target.ts'
import { addGradients, descend, gradientsOf, normOf, variablesOf } from '../gradient-step.ts'
import { classLogits, weightedMean } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  scopeOption,
  slicesOption,
  stepsOption,
  symmetriesOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { adoptStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { Sgd } from '../sgd.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'
import { allowedSymmetries, mirroredClasses, undoSymmetry } from '../views.ts'

/** Logarithm of the least mean probability: keeps the gradient finite where a class is excluded in every view. */
const leastLog = Math.log(1e-10)

/**
 * MEMO: make the mean of many views' predictions sure, pixel by pixel, through all parameters. Zhang et al., NeurIPS 2022,
 * arXiv:2110.09506; the dense form of M4 in methods.md, with its norm blend of one scan against 16. Fails as tent does,
 * less readily: views that disagree keep the entropy up.
 */
export const memo = defineMethod({
  title: 'MEMO (one answer from many views)',
  summary:
    'Trains until the average over augmented views is sure. Disagreeing views hold it back where entropy alone would run away; all parameters move, so keep the rate low.',
  reference: 'Zhang et al., NeurIPS 2022, arXiv:2110.09506',
  options: {
    optimizer: { value: 'adamw', choices: ['adamw', 'sgd'], help: 'adamw decays weights by .01; sgd has no momentum.' },
    learningRate: learningRateOption(1e-5, 'the optimizer (sgd: 2.5e-4)'),
    steps: stepsOption(4),
    batch: batchOption(4),
    slices: slicesOption(24),
    scope: scopeOption('all'),
    views: { value: 6, min: 2, max: 64, integer: true, help: 'Views that are averaged.' },
    symmetries: symmetriesOption('mirror'),
    strength: { value: 1, min: 0, max: 4, help: 'Strength of the augmented views.' },
    prior: {
      value: 16,
      min: 0,
      max: 1000,
      help: "Scans that the source's norm statistics count as; this one counts 1.",
    },
  },
  obstacle: (model, { scope }) => nothingToTrain(model, scope),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch, views }) => 4 * batch * views,
  async configure(work) {
    const { student, options } = work
    await adoptStatistics(work, 1 / (1 + options.prior), options.batch)
    const variables = variablesOf(student.parameters(options.scope))
    const optimizer = options.optimizer === 'sgd' ? new Sgd(variables) : new Adam(variables, { weightDecay: 0.01 })
    return { optimizer }
  },
  collect: (model, { scope }) => model.parameters(scope),
  step({ source, student, input, options, random, traced, advance }, { optimizer }) {
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const allowed = allowedSymmetries(source, options.symmetries, input.volume.shape)
    const views = drawViews(options.views, slices.length, allowed, options.strength, 0, random)
    const exchange = mirroredClasses(source.card)
    const variables = variablesOf(student.parameters(options.scope))
    const report = scoped(() => {
      const batches = views.map((view) => seenIn(view, input, slices, random))
      const valid = validPixels(input, slices.length)
      const undone = (n: number): tf.Tensor =>
        undoSymmetry(classLogits(student.logits(batches[n]!)), views[n]!.symmetry, exchange)
      // ln of the mean probability; the second pass then needs the memory of one view only.
      const logs = views.map((_, n) => tf.tidy(() => tf.logSoftmax(undone(n))))
      const logMean = tf.tidy(() => {
        const mean = tf.sub(tf.logSumExp(tf.stack(logs), 0), Math.log(views.length))
        return tf.maximum(mean, leastLog)
      })
      // The sum over views of -p_v ln p is the entropy of the mean p, and so is its gradient with ln p held fixed: what
      // flows through ln p adds up to the gradient of sum p = 1.
      const parts = views.map((_, n) =>
        gradientsOf(variables, () => {
          const surprise = tf.neg(tf.sum(tf.mul(tf.softmax(undone(n)), logMean), -1))
          return { entropy: tf.div(weightedMean(surprise, valid), views.length) }
        }),
      )
      const entropy = parts.reduce((sum, { losses }) => sum + losses['total']!, 0)
      const gradients = addGradients(parts.map(({ gradients }) => gradients))
      const losses = { entropy, total: entropy }
      const trace = traced ? { trace: traceOf(batches, student.logits(batches[0]!), { slices, views, options }) } : {}
      const update = descend(optimizer, options.learningRate, { losses, gradients, gradientNorm: normOf(gradients) })
      return { ...update, learningRate: options.learningRate, ...trace }
    })
    advance(4 * slices.length * views.length)
    return Promise.resolve(report)
  },
  dispose: ({ optimizer }) => optimizer.dispose(),
})
