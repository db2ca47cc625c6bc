import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { Adam } from '../adam.ts'
import { agreementTerms } from '../consistency-step.ts'
import { consistencyTarget, drawView, drawViews, seenIn } from '../consistency-target.ts'
import { descend, gradientsOf, normOf, variablesOf } from '../gradient-step.ts'
import { classLogits } from '../losses.ts'
import { adaptableFilters, createLowRank, disposeLowRank, mergeLowRank, throughFactors } from '../low-rank.ts'
import type { LowRankFilter } from '../low-rank.ts'
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
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'
import { allowedSymmetries, mirroredClasses, undoSymmetry } from '../views.ts'

type State = { readonly filters: readonly LowRankFilter[]; readonly optimizer: Adam }

/**
 * Low-rank adapters on the encoder's convolutions (after LoRA, Hu et al., ICLR 2022, arXiv:2106.09685): only a product of two
 * thin matrices beside each filter moves, under augmentation consistency with the network's own mean over views. M23 of
 * methods.md. For networks without norm layers; its rate is not that of full training.
 */
export const lowRank = defineMethod({
  title: 'Low-rank adapters',
  summary:
    'Trains a thin correction beside each large filter of the encoder until views get one answer. Suits models without norm layers; few numbers move, so it does little harm.',
  reference: 'Hu et al., ICLR 2022, arXiv:2106.09685 (adapters)',
  options: {
    learningRate: learningRateOption(5e-4),
    steps: stepsOption(8),
    batch: batchOption(4),
    slices: slicesOption(24),
    rank: { value: 4, min: 1, max: 64, integer: true, help: 'Rank of the correction.' },
    inputs: {
      value: 16,
      min: 1,
      max: 1024,
      integer: true,
      help: 'Filters with fewer input channels are left as they are.',
    },
    views: { value: 4, min: 1, max: 16, integer: true, help: 'Views that the target is the mean of.' },
    symmetries: symmetriesOption('mirror'),
    strength: { value: 1, min: 0, max: 4, help: 'Strength of the views.' },
    temperature: { value: 0.7, min: 0.1, max: 2, help: 'Below 1 the target is surer than the mean.' },
    divergence: { value: 1, min: 0, max: 10, help: 'Weight of the divergence from the target.' },
    dice: { value: 1, min: 0, max: 10, help: 'Weight of soft Dice with the target.' },
    ...statisticsOptions('volume'),
  },
  obstacle: (model, { inputs }) =>
    adaptableFilters(model, inputs).length
      ? undefined
      : `its encoder has no convolution of ${inputs} or more input channels`,
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch, views }) => (views + 3) * batch,
  async configure(work): Promise<State> {
    await beginStatistics(work)
    const parameters = adaptableFilters(work.student, work.options.inputs)
    const filters = createLowRank(parameters, work.options.rank, work.random.fork('low rank'))
    return { filters, optimizer: new Adam(filters.flatMap(({ down, up }) => [down, up])) }
  },
  collect: (model, { inputs }) => adaptableFilters(model, inputs),
  step(work, { filters, optimizer }) {
    const { source, student, input, restored, options, random, traced, advance } = work
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const allowed = allowedSymmetries(source, options.symmetries, input.volume.shape)
    const views = drawViews(options.views, slices.length, allowed, 0.7 * options.strength, 0, random)
    const view = drawView(slices.length, allowed, options.strength, 0, random)
    const exchange = mirroredClasses(source.card)
    const report = scoped(() => {
      const looks = views.map((each) => ({ view: each, batch: seenIn(each, input, slices, random) }))
      const batch = seenIn(view, input, slices, random)
      const valid = validPixels(input, slices.length)
      const aims = { exchange, temperature: options.temperature, likelihood: false, confidence: false, disagreement: 2 }
      const aim = consistencyTarget(student, looks, valid, input, slices, restored, aims)
      let logits: Tensor | undefined
      const whole = gradientsOf(variablesOf(adaptableFilters(student, options.inputs)), () => {
        const output = student.logits(batch)
        if (traced) logits = tf.keep(tf.clone(output))
        return agreementTerms(undoSymmetry(classLogits(output), view.symmetry, exchange), aim, options)
      })
      const gradients = throughFactors(filters, whole.gradients)
      const told = logits && { slices, valid: input.valid, views, view, factors: filters.map(plain), options }
      const step = { losses: whole.losses, gradients, gradientNorm: normOf(gradients) }
      const update = descend(optimizer, options.learningRate, step)
      mergeLowRank(filters)
      const trace = logits && { trace: traceOf([...looks.map((look) => look.batch), batch], logits, told) }
      logits?.dispose()
      return { ...update, learningRate: options.learningRate, ...trace }
    })
    advance((views.length + 3) * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose({ filters, optimizer }) {
    disposeLowRank(filters)
    optimizer.dispose()
  },
})

/** For a trace, which is JSON: the factors before the step. */
const plain = ({ down, up }: LowRankFilter) => ({
  down: Array.from(down.dataSync()),
  up: Array.from(up.dataSync()),
  rank: up.shape[0],
})
