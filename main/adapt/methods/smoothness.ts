import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { sliceBatch } from '../../predict/predict.ts'
import type { Random } from '../../volume/random.ts'
import { spacing } from '../../volume/affine.ts'
import { Adam } from '../adam.ts'
import { gradientStep, variablesOf } from '../gradient-step.ts'
import { balancedWeights, classLogits, entropy, ratioHinge, weightedMean } from '../losses.ts'
import { batchOption, learningRateOption, scopeOption, statisticsOptions, stepsOption } from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { edgeAwareVariation, sliceContinuity } from '../smoothness.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'

/** Slices further apart show too different anatomy. */
const widestGapMm = 5

/**
 * Entropy (tent) held back by what masks are like: smooth but for edges in the image, alike from slice to slice, in about the
 * training scans' proportions (AdaMI, Bateson et al., MIA 2022). M20 of methods.md. Shrinks thin structures when weighted
 * high; the proportions mislead for lesions and cropped fields of view.
 */
export const smoothness = defineMethod({
  title: 'Smoothness and continuity',
  summary:
    'Entropy training with priors: masks that are smooth, continue from slice to slice, and keep about the proportions of the training scans. Thin structures suffer from high weights.',
  reference: 'Bateson et al., Medical Image Analysis 2022 (proportions)',
  options: {
    learningRate: learningRateOption(1e-3),
    steps: stepsOption(5),
    batch: { ...batchOption(8), help: 'Neighbouring slices in an update.' },
    slices: {
      value: 200,
      min: 1,
      max: 1000,
      integer: true,
      help: 'Slices of the scan to draw from: neighbours are wanted.',
    },
    scope: scopeOption('norm-affine'),
    entropy: { value: 1, min: 0, max: 10, help: 'Weight of the entropy, all classes alike.' },
    variation: { value: 0.05, min: 0, max: 10, help: 'Weight of the total variation, per mm.' },
    continuity: { value: 0.3, min: 0, max: 10, help: 'Weight of the distance between neighbouring slices.' },
    ratio: { value: 0.5, min: 0, max: 10, help: 'Weight of the proportions, beyond half and twice those of training.' },
    ...statisticsOptions('volume'),
  },
  obstacle: (model, { scope }) => nothingToTrain(model, scope),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 3 * batch,
  async configure(work) {
    await beginStatistics(work)
    return { optimizer: new Adam(variablesOf(work.student.parameters(work.options.scope))) }
  },
  collect: (model, { scope }) => model.parameters(scope),
  step({ source, student, input, positions, options, random, traced, advance }, { optimizer }) {
    const slices = drawRun(input.tissueSlices, options.batch, random)
    const [di, dj, dk] = spacing(input.volume.affine)
    const gapMm = (n: number): number => (positions[slices[n + 1]!]! - positions[slices[n]!]!) * dk
    const isNext = slices.slice(1).map((_, n) => Math.abs(gapMm(n)) <= widestGapMm)
    const { proportions } = source.card.source
    const report = scoped(() => {
      const batch = sliceBatch(input, slices)
      const valid = validPixels(input, slices.length)
      let logits: Tensor | undefined
      const update = gradientStep(student.parameters(options.scope), optimizer, options.learningRate, () => {
        const output = student.logits(batch)
        if (traced) logits = tf.keep(tf.clone(output))
        const z = classLogits(output)
        const p = tf.softmax(z)
        return {
          entropy: tf.mul(weightedMean(entropy(z), balancedWeights(z, valid)), options.entropy),
          variation: tf.mul(edgeAwareVariation(p, batch, valid, [dj, di]), options.variation),
          continuity: tf.mul(sliceContinuity(p, batch, valid, isNext), options.continuity),
          ...(proportions && { ratio: tf.mul(ratioHinge(p, valid, proportions), options.ratio) }),
        }
      })
      const views = { slices, valid: input.valid, isNext, spacingMm: [dj, di], proportions, options }
      const trace = logits && { trace: traceOf([batch], logits, views) }
      logits?.dispose()
      const measures = { neighbours: isNext.filter(Boolean).length }
      return { ...update, measures, learningRate: options.learningRate, ...trace }
    })
    advance(3 * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose: ({ optimizer }) => optimizer.dispose(),
})

/** A random run of slices one after the other. */
function drawRun(slices: readonly number[], size: number, random: Random): number[] {
  const count = Math.min(size, slices.length)
  const start = random.integer(slices.length - count + 1)
  return slices.slice(start, start + count)
}
