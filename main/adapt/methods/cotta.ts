import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { gradientStep, variablesOf } from '../gradient-step.ts'
import { classLogits, crossEntropy, symmetricCrossEntropy, weightedMean } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  scopeOption,
  slicesOption,
  statisticsOptions,
  stepsOption,
  symmetriesOption,
  teacherOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import type { Work } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import { borderBand, labelsOf } from '../scores.ts'
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { followStudent, restoreSome } from '../teacher.ts'
import { validPixels } from '../valid.ts'
import { allowedSymmetries, applySymmetry, mirroredClasses, undoSymmetry } from '../views.ts'

type State = { readonly teacher: Model; readonly optimizer: Adam }

/** Pixels around the predicted foreground whose confidence counts: sure background would always exceed any threshold. */
const reach = 5

/**
 * CoTTA: the student learns what a slow teacher says, averaged over symmetric views where the source is unsure, and a few
 * weights at random go back to the source at each step. Wang et al., CVPR 2022, arXiv:2203.13591; M6 of methods.md with exact
 * views in place of 32 random ones. The teacher predicts; within a short episode it barely moves.
 */
export const cotta = defineMethod({
  title: 'CoTTA (slow teacher, random restoring)',
  summary:
    'A slowly averaged teacher leads the student, and random weights are put back to the source. Made for long streams; in one scan its changes are small.',
  reference: 'Wang et al., CVPR 2022, arXiv:2203.13591',
  options: {
    learningRate: learningRateOption(1e-4),
    steps: stepsOption(8),
    batch: batchOption(4),
    slices: slicesOption(24),
    scope: scopeOption('all'),
    teacher: teacherOption(0.9),
    restore: { value: 1e-3, min: 0, max: 1, help: 'Probability with which each number goes back to the source.' },
    confidence: {
      value: 0.9,
      min: 0,
      max: 1,
      help: 'Below this mean confidence of the source around the foreground the teacher averages its views.',
    },
    symmetries: symmetriesOption('mirror'),
    loss: {
      value: 'cross-entropy',
      choices: ['cross-entropy', 'symmetric'],
      help: 'symmetric: half of it the other way round.',
    },
    ...statisticsOptions('volume'),
  },
  obstacle: (model, { scope }) => nothingToTrain(model, scope),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 6 * batch,
  async configure(work): Promise<State> {
    await beginStatistics(work)
    const variables = variablesOf(work.student.parameters(work.options.scope))
    return { teacher: work.student.clone(), optimizer: new Adam(variables) }
  },
  collect: (model, { scope }) => model.parameters(scope),
  step(work, { teacher, optimizer }) {
    const { source, student, input, options, random, traced, advance } = work
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const trained = student.parameters(options.scope)
    const confidence = sourceConfidence(work, slices)
    const symmetries =
      confidence < options.confidence
        ? allowedSymmetries(source, options.symmetries, input.volume.shape)
        : allowedSymmetries(source, 'none', input.volume.shape)
    const exchange = mirroredClasses(source.card)
    const report = scoped(() => {
      const batch = sliceBatch(input, slices)
      const valid = validPixels(input, slices.length)
      const said = symmetries.map((symmetry) =>
        undoSymmetry(classLogits(teacher.logits(applySymmetry(batch, symmetry))), symmetry, exchange),
      )
      const target = tf.div(tf.addN(said), said.length)
      const probability = tf.softmax(target)
      let logits: Tensor | undefined
      const update = gradientStep(trained, optimizer, options.learningRate, () => {
        const output = student.logits(batch)
        if (traced) logits = tf.keep(tf.clone(output))
        const z = classLogits(output)
        const surprise = options.loss === 'symmetric' ? symmetricCrossEntropy(target, z) : crossEntropy(probability, z)
        return { 'cross-entropy': weightedMean(surprise, valid) }
      })
      followStudent(teacher.parameters(options.scope), trained, options.teacher)
      const restored = restoreSome(trained, source.parameters(options.scope), options.restore, random)
      const views = { slices, valid: input.valid, symmetries, restored, options }
      const trace = logits && { trace: traceOf([batch], logits, views) }
      logits?.dispose()
      const measures = { 'source confidence': confidence, views: symmetries.length }
      return { ...update, measures, learningRate: options.learningRate, ...trace }
    })
    advance((3 + symmetries.length) * slices.length)
    return Promise.resolve(report)
  },
  async settle(work, { teacher }) {
    const names = work.student.parameters(work.options.scope).map(({ name }) => name)
    work.student.load(teacher.values(names))
    await settleStatistics(work)
  },
  dispose({ teacher, optimizer }) {
    teacher.dispose()
    optimizer.dispose()
  },
})

/** Mean of the source model's largest probability over the foreground and what surrounds it; 1 where it sees none. */
function sourceConfidence(
  { sourceProbability, classes, study }: Pick<Work, 'sourceProbability' | 'classes' | 'study'>,
  slices: readonly number[],
): number {
  const [ni, nj] = study.volume.shape
  const size = ni * nj * classes
  let sum = 0
  let count = 0
  for (const k of slices) {
    const probability = sourceProbability.subarray(k * size, (k + 1) * size)
    const labels = labelsOf(probability, classes)
    const near = borderBand(labels, labels, ni, nj, reach)
    labels.forEach((label, n) => {
      if (label === 0 && near[n] === 0) return
      sum += probability[n * classes + label]!
      count++
    })
  }
  return count ? sum / count : 1
}
