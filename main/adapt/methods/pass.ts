import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { sliceBatch } from '../../predict/predict.ts'
import type { ModelStudy } from '../../predict/study.ts'
import { Adam } from '../adam.ts'
import { beginCorrection } from '../correction.ts'
import { gradientsOf, descend } from '../gradient-step.ts'
import { adaptInput, adapterValues, createDecorator } from '../input-adapter.ts'
import type { AdapterVariables } from '../input-adapter.ts'
import { batchOption, learningRateOption, slicesOption, stepsOption } from '../method-options.ts'
import { defineMethod } from '../method.ts'
import type { Work } from '../method.ts'
import { normDistances } from '../norm-distance.ts'
import { observe } from '../norm-layers.ts'
import { noStatistics } from '../obstacles.ts'
import { meanEntropy } from '../scores.ts'
import { scoped } from '../scope.ts'
import { drawBatch, interleavedBatches } from '../slices.ts'
import { traceOf } from '../step-trace.ts'

type State = {
  readonly decorator: AdapterVariables
  readonly optimizer: Adam
  /** What the network saw before there was a decorator. */
  readonly base: ModelStudy
}

/**
 * PASS: learn a decorator in front of the frozen network under which its norm layers see what they saw in training. Zhang et al.,
 * TMI 2024; M14 of methods.md without the bottleneck prompt, over all norm layers. Left out again where the prediction did not
 * get surer (the paper's gate); the guard, which knows that surer need not be better, follows. Statistics match anatomy too:
 * another field of view leads it astray.
 */
export const pass = defineMethod({
  title: 'PASS (decorated input)',
  summary:
    'Trains a small network in front of the model, which stays as it is, until its norm layers see what they saw in training. Another field of view misleads it.',
  reference: 'Zhang et al., IEEE TMI 2024',
  options: {
    learningRate: learningRateOption(5e-3),
    steps: stepsOption(10),
    batch: batchOption(4),
    slices: slicesOption(24),
    channels: { value: 64, min: 1, max: 256, integer: true, help: 'Width of the decorator.' },
    variance: { value: 0.01, min: 0, max: 10, help: 'Weight of the variances beside the means.' },
    gate: { value: true, help: 'Keep the decorator only if the prediction got surer.' },
  },
  obstacle: noStatistics,
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 3 * batch,
  configure(work): Promise<State> {
    const decorator = createDecorator(work.options.channels, work.random.fork('decorator'))
    beginCorrection(work)
    return Promise.resolve({ decorator, optimizer: new Adam(Object.values(decorator)), base: work.input })
  },
  step(work, { decorator, optimizer, base }) {
    const { student, options, random, traced, advance } = work
    const slices = drawBatch(base.tissueSlices, options.batch, random)
    const report = scoped(() => {
      const batch = sliceBatch(base, slices)
      let logits: Tensor | undefined
      const found = gradientsOf(Object.values(decorator), () => {
        const seen = normDistances(student, adaptInput(batch, decorator), 'batch', (own, stored) =>
          tf.add(
            tf.mean(tf.abs(tf.sub(own.mean, stored.mean))),
            tf.mul(tf.mean(tf.abs(tf.sub(own.variance, stored.variance))), options.variance),
          ),
        )
        if (traced) logits = tf.keep(tf.clone(seen.logits))
        return { 'norm distance': tf.addN(seen.layers) }
      })
      const views = logits && { slices, adapter: plain(decorator), options }
      const update = descend(optimizer, options.learningRate, found)
      const trace = logits && { trace: traceOf([batch], logits, { ...views, after: plain(decorator) }) }
      logits?.dispose()
      return { ...update, learningRate: options.learningRate, ...trace }
    })
    work.correct({ ...work.correction!, adapter: adapterValues(decorator) })
    advance(3 * slices.length)
    return Promise.resolve(report)
  },
  async settle(work, { base }) {
    if (!work.options.gate) return
    const [before, after] = [await entropyOver(work, base), await entropyOver(work, work.input)]
    if (after < before) return
    const { adapter: _, ...without } = work.correction!
    work.correct(without)
    const message = `The decorator was left out again: the prediction did not get surer (entropy ${before.toFixed(4)}, then ${after.toFixed(4)}).`
    work.note({ code: 'entropy-gate', message })
  },
  dispose({ decorator, optimizer }) {
    tf.dispose(Object.values(decorator))
    optimizer.dispose()
  },
})

/** For a trace, which is JSON. */
function plain(adapter: AdapterVariables): Record<string, { dims: readonly number[]; data: number[] }> {
  return Object.fromEntries(
    Object.entries(adapterValues(adapter)).map(([name, { dims, data }]) => [name, { dims, data: Array.from(data) }]),
  )
}

async function entropyOver(
  { student, classes, signal, options }: Pick<Work, 'student' | 'classes' | 'signal'> & { options: { batch: number } },
  input: ModelStudy,
): Promise<number> {
  const { probability } = await observe(student, input, interleavedBatches(input.tissueSlices, options.batch), {
    signal,
  })
  return meanEntropy(probability, classes, new Uint8Array(probability.length / classes).fill(1))
}
