import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { drawView, seenIn } from '../consistency-target.ts'
import { gradientStep, variablesOf } from '../gradient-step.ts'
import { classLogits, crossEntropy, hardLabels, linearDiceLoss, weightedMean } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  scopeOption,
  slicesOption,
  statisticsOptions,
  stepsOption,
  teacherOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { holes, islands } from '../structure.ts'
import { followStudent } from '../teacher.ts'
import { validPixels } from '../valid.ts'
import { identity } from '../views.ts'

type State = { readonly teacher: Model; readonly optimizer: Adam }

/**
 * SmaRT: the student learns the teacher's labels on strongly changed intensities, and pays for holes and islands in its mask.
 * The label-free terms of SmaRT (2025, code baiyou1234/SmaRT): M15 of methods.md. Hard labels confirm errors, and the term
 * against islands erases what truly comes in several pieces.
 */
export const smart = defineMethod({
  title: 'SmaRT (teacher labels, whole structures)',
  summary:
    "Trains on a slow teacher's labels under strong changes of intensity, against holes and islands. Hard labels confirm errors; leave out the islands' term for lesions that come in several pieces.",
  reference: 'SmaRT 2025, github.com/baiyou1234/SmaRT',
  options: {
    learningRate: learningRateOption(1e-4, 'AdamW (weights decay by .01)'),
    steps: stepsOption(6),
    batch: batchOption(4),
    slices: slicesOption(24),
    scope: scopeOption('all'),
    teacher: teacherOption(0.95),
    strength: { value: 1.5, min: 0, max: 4, help: "Strength of the student's change of intensity." },
    crossEntropy: { value: 3, min: 0, max: 10, help: 'Weight of the cross-entropy.' },
    foreground: { value: 1.5, min: 0.1, max: 10, help: 'Weight of a foreground pixel against one of background.' },
    dice: { value: 2, min: 0, max: 10, help: 'Weight of the soft Dice.' },
    holes: { value: 0.1, min: 0, max: 10, help: 'Weight of the term against holes.' },
    islands: { value: 1, min: 0, max: 10, help: 'Weight of the term against islands.' },
    ...statisticsOptions('volume'),
  },
  obstacle: (model, { scope }) => nothingToTrain(model, scope),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 4 * batch,
  async configure(work): Promise<State> {
    await beginStatistics(work)
    const variables = variablesOf(work.student.parameters(work.options.scope))
    return { teacher: work.student.clone(), optimizer: new Adam(variables, { weightDecay: 0.01 }) }
  },
  collect: (model, { scope }) => model.parameters(scope),
  step({ student, input, options, random, traced, advance }, { teacher, optimizer }) {
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const view = drawView(slices.length, [identity], options.strength, 0, random)
    const trained = student.parameters(options.scope)
    const report = scoped(() => {
      const [plain, changed] = [sliceBatch(input, slices), seenIn(view, input, slices, random)]
      const valid = validPixels(input, slices.length)
      const target = hardLabels(classLogits(teacher.logits(plain)))
      const classWeights = [1, ...new Array<number>(target.shape.at(-1)! - 1).fill(options.foreground)]
      const weights = tf.mul(valid, tf.sum(tf.mul(target, tf.tensor1d(classWeights)), -1))
      let logits: Tensor | undefined
      const update = gradientStep(trained, optimizer, options.learningRate, () => {
        const output = student.logits(changed)
        if (traced) logits = tf.keep(tf.clone(output))
        const z = classLogits(output)
        const q = tf.softmax(z)
        return {
          'cross-entropy': tf.mul(weightedMean(crossEntropy(target, z), weights), options.crossEntropy),
          dice: tf.mul(linearDiceLoss(target, q, valid), options.dice),
          ...(options.holes > 0 && { holes: tf.mul(holes(q), options.holes) }),
          ...(options.islands > 0 && { islands: tf.mul(islands(q), options.islands) }),
        }
      })
      followStudent(teacher.parameters(options.scope), trained, options.teacher)
      const trace = logits && {
        trace: traceOf([plain, changed], logits, { slices, valid: input.valid, view, options }),
      }
      logits?.dispose()
      return { ...update, learningRate: options.learningRate, ...trace }
    })
    advance(4 * slices.length)
    return Promise.resolve(report)
  },
  async settle(work, { teacher }) {
    work.student.load(teacher.values(work.student.parameters(work.options.scope).map(({ name }) => name)))
    await settleStatistics(work)
  },
  dispose({ teacher, optimizer }) {
    teacher.dispose()
    optimizer.dispose()
  },
})
