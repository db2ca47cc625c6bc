import { tf } from '../../engine/tf.ts'
import type { Tensor, Variable } from '../../engine/tf.ts'
import { sliceBatch } from '../../predict/predict.ts'
import type { ModelStudy } from '../../predict/study.ts'
import { Adam } from '../adam.ts'
import { beginCorrection, selectSlices } from '../correction.ts'
import { descend, gradientsOf } from '../gradient-step.ts'
import { batchOption, learningRateOption, slicesOption, stepsOption } from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { normDistances } from '../norm-distance.ts'
import { adoptStatistics, shareByCount } from '../norm-layers.ts'
import { noStatistics } from '../obstacles.ts'
import { frequencyParts, promptFrequencies } from '../prompt.ts'
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'

const options = {
  learningRate: learningRateOption(0.01),
  steps: stepsOption(10),
  batch: batchOption(4),
  slices: slicesOption(24),
  window: { value: 5, min: 1, max: 15, integer: true, help: 'Frequencies along each side; made odd.' },
} as const

type State = { readonly gains: Variable; readonly optimizer: Adam; readonly base: ModelStudy }

/**
 * VPTTA: leave the network as it is and learn gains of the scan's lowest frequencies under which the norm layers see, slice by
 * slice, what they are set to. Chen et al., CVPR 2024, arXiv:2311.18363; M16 of methods.md, one prompt for the scan and no
 * memory of others. The lowest frequencies are shading only: contrast between tissues is out of its reach.
 */
export const vptta = defineMethod<typeof options, State>({
  title: 'VPTTA (prompt of low frequencies)',
  summary:
    'Learns a few gains of the lowest spatial frequencies of the scan; the model stays as it is. Safe, and too weak for contrasts that differ.',
  reference: 'Chen et al., CVPR 2024, arXiv:2311.18363',
  options,
  obstacle: noStatistics,
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 3 * batch,
  async configure(work) {
    const { options, study } = work
    await adoptStatistics(work, shareByCount('root', study.tissueSlices.length, 0), options.batch)
    const count = promptFrequencies(oddWindow(options.window)).length
    const gains = tf.tidy(() => tf.variable(tf.ones([count])))
    beginCorrection(work)
    return { gains, optimizer: new Adam([gains], { decays: [0.9, 0.99] }), base: work.input }
  },
  step(work, { gains, optimizer, base }) {
    const { student, options, random, traced, advance } = work
    const slices = drawBatch(base.tissueSlices, options.batch, random)
    const [ni, nj] = base.volume.shape
    const { data } = selectSlices(base, slices).volume
    const report = scoped(() => {
      const batch = sliceBatch(base, slices)
      const parts = tf.tensor4d(frequencyParts({ data, ni, nj }, oddWindow(options.window)), [
        slices.length,
        nj,
        ni,
        gains.size,
      ])
      let logits: Tensor | undefined
      const found = gradientsOf([gains], () => {
        const prompted = tf.add(batch, tf.sum(tf.mul(parts, tf.sub(gains, 1)), -1, true))
        const seen = normDistances(student, prompted, 'slice', (own, stored, epsilon) => {
          const sd = (variance: Tensor): Tensor => tf.sqrt(tf.add(variance, epsilon))
          return tf.add(
            tf.mean(tf.abs(tf.sub(own.mean, stored.mean))),
            tf.mean(tf.abs(tf.sub(sd(own.variance), sd(stored.variance)))),
          )
        })
        if (traced) logits = tf.keep(tf.clone(seen.logits))
        return { 'norm distance': tf.div(tf.addN(seen.layers), seen.layers.length) }
      })
      const update = descend(optimizer, options.learningRate, found)
      const views = { slices, window: oddWindow(options.window), gains: Array.from(gains.dataSync()), options }
      const trace = logits && { trace: traceOf([batch], logits, views) }
      logits?.dispose()
      return { ...update, learningRate: options.learningRate, ...trace }
    })
    work.correct({ ...work.correction!, prompt: Array.from(gains.dataSync()) })
    advance(3 * slices.length)
    return Promise.resolve(report)
  },
  dispose({ gains, optimizer }) {
    gains.dispose()
    optimizer.dispose()
  },
})

const oddWindow = (window: number): number => 2 * Math.floor(window / 2) + 1
