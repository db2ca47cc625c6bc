import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { companionInput } from '../companion.ts'
import { gradientsOf, descend, variablesOf } from '../gradient-step.ts'
import { crossEntropy } from '../losses.ts'
import { batchOption, learningRateOption, slicesOption, statisticsOptions, stepsOption } from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { noCompanion } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { Sgd } from '../sgd.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { squareSlices, turnLogits, turnSlices } from '../turned-slices.ts'
import type { Symmetry } from '../views.ts'

type State = { readonly head: Model; readonly optimizer: Sgd }

/**
 * Rotation head: the encoder learns to tell by how many quarter turns slices of this scan were turned, as it did in training.
 * TTT, Sun et al., ICML 2020, arXiv:1909.13231; M17 of methods.md. Needs a head that was trained with the model. Tables and
 * air give the turn away, and then there is nothing to learn; round anatomy has no turn.
 */
export const rotation = defineMethod({
  title: 'Rotation head (TTT)',
  summary:
    'Trains the encoder to tell how slices of this scan were turned, with a head that the model learned in training. Helps only where that task and segmentation go together.',
  reference: 'Sun et al., ICML 2020, arXiv:1909.13231',
  options: {
    learningRate: learningRateOption(1e-3, 'gradient descent'),
    steps: stepsOption(10),
    batch: batchOption(8),
    slices: slicesOption(24),
    threshold: {
      value: 1,
      min: 0,
      max: 1,
      help: 'Only slices whose upright probability is below this are learned from; 1: all.',
    },
    ...statisticsOptions('source'),
  },
  obstacle: (model) => noCompanion(model, 'rotation'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 3 * batch,
  async configure(work): Promise<State> {
    await beginStatistics(work)
    const head = work.source.companions.rotation!.clone()
    const variables = variablesOf([...work.student.parameters('encoder'), ...head.parameters('all')])
    return { head, optimizer: new Sgd(variables) }
  },
  collect: (model) => model.parameters('encoder'),
  step({ student, input, options, random, traced, advance }, { head, optimizer }) {
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const turns = slices.map(() => random.integer(4) as Symmetry['turns'])
    const report = scoped(() => {
      const upright = squareSlices(sliceBatch(input, slices))
      const batch = turnSlices(upright, turns)
      const at = companionInput(head)
      const answer = (x: Tensor): Tensor => turnLogits(head.logits(student.activations(x, [at]).values.get(at)!))
      const isWanted = tf.tidy(() =>
        Array.from(tf.squeeze(tf.slice(tf.softmax(answer(upright)), [0, 0], [-1, 1]), [1]).dataSync(), (p) =>
          p < options.threshold || options.threshold === 1 ? 1 : 0,
        ),
      )
      const wanted = isWanted.filter(Boolean).length
      const truth = tf.oneHot(tf.tensor1d(turns, 'int32'), 4)
      const variables = variablesOf([...student.parameters('encoder'), ...head.parameters('all')])
      const found = gradientsOf(variables, () => {
        const losses = tf.mul(crossEntropy(truth, answer(batch)), tf.tensor1d(isWanted))
        return { rotation: tf.div(tf.sum(losses), Math.max(wanted, 1)) }
      })
      const trace = traced && { trace: traceOf([batch], student.logits(batch), { slices, turns, isWanted, options }) }
      const { losses, gradientNorm } = wanted ? descend(optimizer, options.learningRate, found) : found
      return { losses, gradientNorm, measures: { slices: wanted }, learningRate: options.learningRate, ...trace }
    })
    advance(4 * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose({ head, optimizer }) {
    head.dispose()
    optimizer.dispose()
  },
})
