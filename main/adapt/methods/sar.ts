import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model, Parameter, ParameterValues } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { descend, gradientsOf, variablesOf } from '../gradient-step.ts'
import type { Gradients } from '../gradient-step.ts'
import { classLogits, entropy, reliableWeights, weightedMean } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  regionOptions,
  slicesOption,
  statisticsOptions,
  stepsOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import type { OptionValues } from '../options.ts'
import { alongBorder, aroundForeground } from '../region.ts'
import { scoped } from '../scope.ts'
import { Sgd } from '../sgd.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'

const options = {
  learningRate: learningRateOption(2.5e-3, 'gradient descent with momentum .9'),
  steps: stepsOption(5),
  batch: batchOption(8),
  slices: slicesOption(24),
  margin: { value: 0.4, min: 0, max: 1, help: 'Pixels count up to this share of the largest entropy.' },
  radius: { value: 0.05, min: 0, max: 1, help: 'How far uphill the gradient is taken.' },
  layers: {
    value: 'encoder',
    choices: ['encoder', 'all'],
    help: "Norm layers to train; the decoder's are the ones that collapse first.",
  },
  ...regionOptions(5),
  reset: {
    value: 0.5,
    min: 0,
    max: 1,
    help: 'Back to the source once the entropy along borders falls below this share of where it was.',
  },
  ...statisticsOptions('volume'),
} as const

type Options = OptionValues<typeof options>
type State = {
  readonly optimizer: Sgd
  readonly before: ParameterValues
  /** Running mean of the entropy along borders, and where it started. */
  average: number | undefined
  start: number | undefined
}

const averageMomentum = 0.9

function trained(model: Model, { layers }: Options): Parameter[] {
  if (layers === 'all') return model.parameters('norm-affine')
  const encoder = new Set(model.parameters('encoder').map(({ name }) => name))
  return model.parameters('norm-affine').filter(({ name }) => encoder.has(name))
}

/**
 * SAR: entropy of reliable pixels, its gradient taken a little uphill, where only flat minima survive (SAM, Foret et al., ICLR
 * 2021), and a reset when the model gets suspiciously sure. Niu et al., ICLR 2023, arXiv:2302.12400; M7 of methods.md, with
 * the entropy watched along borders: that of all pixels is below the published threshold before the first step.
 */
export const sar = defineMethod<typeof options, State>({
  title: 'SAR (sharpness-aware, with reset)',
  summary:
    'Entropy training that only goes where small changes of the parameters do no harm, and that starts again from the source when the model gets too sure.',
  reference: 'Niu et al., ICLR 2023, arXiv:2302.12400',
  options,
  obstacle: (model) => nothingToTrain(model, 'norm-affine'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 6 * batch,
  async configure(work) {
    await beginStatistics(work)
    const parameters = trained(work.student, work.options)
    return {
      optimizer: new Sgd(variablesOf(parameters), { momentum: 0.9 }),
      before: work.source.values(parameters.map(({ name }) => name)),
      average: undefined,
      start: work.source.card.source.entropyBand?.mean,
    }
  },
  collect: trained,
  step({ student, input, options, random, traced, advance }, state) {
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const variables = variablesOf(trained(student, options))
    const report = scoped(() => {
      const batch = sliceBatch(input, slices)
      const valid = validPixels(input, slices.length)
      let logits: Tensor | undefined
      let reliable: Tensor | undefined
      const first = gradientsOf(variables, () => {
        const output = student.logits(batch)
        if (traced) logits = tf.keep(tf.clone(output))
        const z = classLogits(output)
        const inRegion = options.region === 'foreground' ? aroundForeground(z, valid, options.reach) : valid
        reliable = tf.keep(reliableWeights(z, inRegion, options.margin * Math.log(z.shape.at(-1)!)))
        return { entropy: weightedMean(entropy(z), reliable, 1e-12) }
      })
      const before = variables.map((variable) => tf.clone(variable))
      climb(variables, first.gradients, options.radius / (first.gradientNorm + 1e-12))
      let kept = 0
      let border = NaN
      const second = gradientsOf(variables, () => {
        const z = classLogits(student.logits(batch))
        const weights = reliableWeights(z, reliable!, options.margin * Math.log(z.shape.at(-1)!))
        kept = tf.tidy(() => tf.sum(weights).dataSync()[0]!)
        border = tf.tidy(() => weightedMean(entropy(z), alongBorder(z, valid, 3), 1e-12).dataSync()[0]!)
        return { entropy: weightedMean(entropy(z), weights, 1e-12) }
      })
      variables.forEach((variable, n) => variable.assign(before[n]!))
      reliable?.dispose()
      const { losses, gradientNorm } = kept > 0 ? descend(state.optimizer, options.learningRate, second) : second
      const isReset = kept > 0 && watch(state, border, student, options.reset)
      const trace = logits && { trace: traceOf([batch], logits, { slices, valid: input.valid, isReset, options }) }
      logits?.dispose()
      const measures = { 'reliable pixels': kept, 'border entropy': state.average ?? border, reset: isReset ? 1 : 0 }
      return { losses, gradientNorm, measures, learningRate: options.learningRate, ...trace }
    })
    advance(6 * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose: ({ optimizer }) => optimizer.dispose(),
})

/** w <- w + scale g. */
function climb(variables: ReturnType<typeof variablesOf>, gradients: Gradients, scale: number): void {
  for (const variable of variables)
    tf.tidy(() => variable.assign(tf.add(variable, tf.mul(gradients[variable.name]!, scale))))
}

/** Averages the border's entropy; where it fell too far, the student is the source again, and the average begins anew. */
function watch(state: State, border: number, student: Model, share: number): boolean {
  state.start ??= border
  state.average =
    state.average === undefined ? border : averageMomentum * state.average + (1 - averageMomentum) * border
  if (!(state.average < share * state.start)) return false
  student.load(state.before)
  state.optimizer.reset()
  state.average = undefined
  return true
}
