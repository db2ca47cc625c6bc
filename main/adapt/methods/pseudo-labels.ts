import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { Adam } from '../adam.ts'
import { drawView, drawViews, seenIn } from '../consistency-target.ts'
import type { View } from '../consistency-target.ts'
import { gradientStep, variablesOf } from '../gradient-step.ts'
import { classLogits, crossEntropy, diceLoss, hardLabels, weightedMean } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  scopeOption,
  slicesOption,
  statisticsOptions,
  stepsOption,
  symmetriesOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import type { Work } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import type { OptionValues } from '../options.ts'
import { nothingToTrain } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { restoreSome } from '../teacher.ts'
import { validPixels } from '../valid.ts'
import { allowedSymmetries, mirroredClasses, undoSymmetry } from '../views.ts'

const options = {
  learningRate: learningRateOption(5e-4),
  steps: { ...stepsOption(8), help: 'Updates, in all rounds together.' },
  rounds: { value: 2, min: 1, max: 20, integer: true, help: 'How often the labels are made anew.' },
  batch: batchOption(4),
  slices: slicesOption(24),
  scope: scopeOption('norm-affine'),
  quantile: { value: 0.5, min: 0, max: 1, help: 'Of a class, its surer pixels from this quantile on are kept.' },
  threshold: { value: 0.9, min: 0, max: 1, help: 'Pixels as sure as this are always kept.' },
  views: { value: 4, min: 1, max: 16, integer: true, help: 'Views that the labels are the mean of.' },
  symmetries: symmetriesOption('mirror'),
  strength: { value: 1, min: 0, max: 4, help: 'Strength of the views.' },
  dice: { value: 1, min: 0, max: 10, help: 'Weight of soft Dice with the unhardened labels.' },
  restore: { value: 0, min: 0, max: 1, help: 'Probability with which each number goes back to the source.' },
  ...statisticsOptions('volume'),
} as const

/** What the student said of the slices when the round began: mean over views, [slice][j][i][class]; and the thresholds. */
type State = {
  readonly optimizer: Adam
  step: number
  labels: Float32Array
  thresholds: readonly number[]
}

/**
 * Pseudo-labels: in rounds, take what the model says with confidence, averaged over views, as truth and train on it. Thresholds
 * by class, so that one class does not eat the others (after UPL-SFDA, Wu et al., TMI 2023, and GTTA); M22 of methods.md.
 * Confirms the model's own mistakes: few rounds, a low rate.
 */
export const pseudoLabels = defineMethod<typeof options, State>({
  title: 'Pseudo-labels in rounds',
  summary:
    'Takes the confident part of its own prediction, averaged over views, as truth and trains on it, in a few rounds. Confirms its own mistakes when it goes on too long.',
  reference: 'Wu et al., IEEE TMI 2023 (UPL-SFDA)',
  options,
  obstacle: (model, { scope }) => nothingToTrain(model, scope),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 5 * batch,
  async configure(work) {
    await beginStatistics(work)
    const optimizer = new Adam(variablesOf(work.student.parameters(work.options.scope)))
    return { optimizer, step: 0, labels: new Float32Array(0), thresholds: [] }
  },
  collect: (model, { scope }) => model.parameters(scope),
  step(work, state) {
    const { source, student, input, classes, options, random, traced, advance } = work
    const perRound = Math.ceil(options.steps / options.rounds)
    if (state.step++ % perRound === 0) {
      state.labels = labelAll(work)
      state.thresholds = classThresholds(state.labels, classes, options)
    }
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const allowed = allowedSymmetries(source, options.symmetries, input.volume.shape)
    const view = drawView(slices.length, allowed, options.strength, 0, random)
    const exchange = mirroredClasses(source.card)
    const trained = student.parameters(options.scope)
    const report = scoped(() => {
      const batch = seenIn(view, input, slices, random)
      const soft = mapsOf(state.labels, slices, input.volume.shape, classes)
      const hard = hardLabels(soft)
      const limits = tf.sum(tf.mul(hard, tf.tensor1d([...state.thresholds])), -1)
      const valid = validPixels(input, slices.length)
      const kept = tf.mul(valid, tf.cast(tf.greaterEqual(tf.max(soft, -1), limits), 'float32'))
      let logits: Tensor | undefined
      const update = gradientStep(trained, state.optimizer, options.learningRate, () => {
        const output = student.logits(batch)
        if (traced) logits = tf.keep(tf.clone(output))
        const z = undoSymmetry(classLogits(output), view.symmetry, exchange)
        return {
          'cross-entropy': weightedMean(crossEntropy(hard, z), kept),
          ...(options.dice > 0 && { dice: tf.mul(diceLoss(soft, tf.softmax(z), kept), options.dice) }),
        }
      })
      const restored = restoreSome(trained, source.parameters(options.scope), options.restore, random)
      const measures = { 'share of pixels kept': tf.div(tf.sum(kept), tf.sum(valid)).dataSync()[0]! }
      const views = { slices, valid: input.valid, view, thresholds: state.thresholds, restored, options }
      const trace = logits && { trace: traceOf([batch], logits, views) }
      logits?.dispose()
      return { ...update, measures, learningRate: options.learningRate, ...trace }
    })
    advance(5 * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose: ({ optimizer }) => optimizer.dispose(),
})

type Labelling = Pick<Work, 'source' | 'student' | 'input' | 'random' | 'classes' | 'advance'> & {
  readonly options: OptionValues<typeof options>
}

/** Mean over the views of the student's prediction of all slices. */
function labelAll({ source, student, input, random, classes, options, advance }: Labelling): Float32Array {
  const [ni, nj, depth] = input.volume.shape
  const out = new Float32Array(ni * nj * depth * classes)
  const allowed = allowedSymmetries(source, options.symmetries, input.volume.shape)
  const exchange = mirroredClasses(source.card)
  const { tissueSlices } = input
  for (let start = 0; start < tissueSlices.length; start += options.batch) {
    const slices = tissueSlices.slice(start, start + options.batch)
    const views = drawViews(options.views, slices.length, allowed, 0.7 * options.strength, 0, random)
    const look = (view: View): Tensor =>
      undoSymmetry(
        tf.softmax(classLogits(student.logits(seenIn(view, input, slices, random)))),
        view.symmetry,
        exchange,
      )
    const mean = scoped(() => tf.div(tf.addN(views.map((view) => tf.tidy(() => look(view)))), views.length).dataSync())
    const size = ni * nj * classes
    slices.forEach((k, n) => out.set(mean.subarray(n * size, (n + 1) * size), k * size))
    advance(slices.length * views.length)
  }
  return out
}

/** By class: the quantile of the probability with which it wins, at most the threshold. A class that wins nowhere: 1. */
export function classThresholds(
  labels: Float32Array,
  classes: number,
  { quantile, threshold }: { readonly quantile: number; readonly threshold: number },
): number[] {
  const won = Array.from({ length: classes }, (): number[] => [])
  for (let at = 0; at < labels.length; at += classes) {
    let best = 0
    for (let c = 1; c < classes; c++) if (labels[at + c]! > labels[at + best]!) best = c
    if (labels[at + best]! > 0) won[best]!.push(labels[at + best]!)
  }
  return won.map((values) => {
    if (values.length === 0) return 1
    const sorted = Float32Array.from(values).sort()
    return Math.min(threshold, sorted[Math.min(Math.floor(quantile * sorted.length), sorted.length - 1)]!)
  })
}

function mapsOf(
  labels: Float32Array,
  slices: readonly number[],
  [ni, nj]: readonly [number, number, number],
  classes: number,
): Tensor {
  const size = ni * nj * classes
  const data = new Float32Array(slices.length * size)
  slices.forEach((k, n) => data.set(labels.subarray(k * size, (k + 1) * size), n * size))
  return tf.tensor4d(data, [slices.length, nj, ni, classes])
}
