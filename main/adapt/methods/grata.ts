import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model, Parameter } from '../../model/model.ts'
import { probabilitiesOf, sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { drawView, drawViews, seenIn } from '../consistency-target.ts'
import { descend, gradientsOf, variablesOf } from '../gradient-step.ts'
import type { Gradients } from '../gradient-step.ts'
import { binaryCrossEntropy, classLogits, positiveEntropy, weightedMean } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  slicesOption,
  statisticsOptions,
  stepsOption,
  symmetriesOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'
import { allowedSymmetries, identity, mirroredClasses, undoSymmetry } from '../views.ts'

const affine = (model: Model): Parameter[] => model.parameters('norm-affine')

/**
 * GraTa: look ahead along the entropy's gradient, take the pseudo-labels' gradient there, and step the further the better the
 * two agree. Chen et al., AAAI 2025, arXiv:2408.07343; M10 of methods.md, each foreground class taken as a sigmoid of its own.
 * The look ahead is cut to a length, since it suits the paper's tiny gradients only.
 */
export const grata = defineMethod({
  title: 'GraTa (aligned gradients)',
  summary:
    'Compares two signals, entropy and agreement of views, and moves only as far as they agree. Steadier than either; where both are wrong together nothing stops it.',
  reference: 'Chen et al., AAAI 2025, arXiv:2408.07343',
  options: {
    learningRate: learningRateOption(1e-3, 'Adam where the gradients agree fully'),
    steps: stepsOption(5),
    batch: batchOption(4),
    slices: slicesOption(24),
    radius: { value: 0.1, min: 0, max: 10, help: 'Longest look ahead along the gradient of the entropy.' },
    symmetries: symmetriesOption('mirror'),
    strength: { value: 1, min: 0, max: 4, help: "Strength of the student's view." },
    ...statisticsOptions('volume'),
  },
  obstacle: (model) => nothingToTrain(model, 'norm-affine'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 8 * batch,
  async configure(work) {
    await beginStatistics(work)
    return { optimizer: new Adam(variablesOf(affine(work.student))) }
  },
  collect: affine,
  step({ source, student, input, options, random, traced, advance }, { optimizer }) {
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const allowed = allowedSymmetries(source, options.symmetries, input.volume.shape)
    const views = drawViews(allowed.length, slices.length, allowed, 0, 0, random)
    const style = drawView(slices.length, [identity], options.strength, 0, random)
    const exchange = mirroredClasses(source.card)
    const variables = variablesOf(affine(student))
    const report = scoped(() => {
      const [plain, styled] = [sliceBatch(input, slices), seenIn(style, input, slices, random)]
      const valid = validPixels(input, slices.length)
      const auxiliary = gradientsOf(variables, () => {
        const p = probabilitiesOf(student.logits(plain))
        return { entropy: weightedMean(positiveEntropy(p), valid) }
      })
      const before = variables.map((variable) => tf.clone(variable))
      const length = Math.min(1, options.radius / (auxiliary.gradientNorm + 1e-12))
      for (const variable of variables)
        tf.tidy(() => variable.assign(tf.sub(variable, tf.mul(auxiliary.gradients[variable.name]!, length))))
      const target = tf.tidy(() => {
        const maps = views.map((view) => {
          const logits = classLogits(student.logits(seenIn(view, input, slices, random)))
          return undoSymmetry(tf.softmax(logits), view.symmetry, exchange)
        })
        return tf.div(tf.addN(maps), maps.length)
      })
      let logits: Tensor | undefined
      const pseudo = gradientsOf(variables, () => {
        const output = student.logits(styled)
        if (traced) logits = tf.keep(tf.clone(output))
        return { 'cross-entropy': weightedMean(binaryCrossEntropy(target, classLogits(output)), valid) }
      })
      variables.forEach((variable, n) => variable.assign(before[n]!))
      const agreement = cosine(auxiliary.gradients, pseudo.gradients)
      const learningRate = (options.learningRate * (agreement + 1) ** 2) / 4
      const { losses, gradientNorm } = descend(optimizer, learningRate, pseudo)
      const told = { slices, valid: input.valid, views, options }
      const trace = logits && { trace: traceOf([plain, styled], logits, told) }
      logits?.dispose()
      const measures = { agreement, 'entropy ahead': auxiliary.losses['total']! }
      return { losses, gradientNorm, measures, learningRate, ...trace }
    })
    advance((6 + views.length) * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose: ({ optimizer }) => optimizer.dispose(),
})

/** Of all parameters as one vector; 0 where one has no length. */
function cosine(a: Gradients, b: Gradients): number {
  return tf.tidy(() => {
    const dot = (x: Gradients, y: Gradients): number =>
      tf.addN(Object.keys(x).map((name) => tf.sum(tf.mul(x[name]!, y[name]!)))).dataSync()[0]!
    const lengths = Math.sqrt(dot(a, a) * dot(b, b))
    return lengths > 0 ? dot(a, b) / lengths : 0
  })
}
