import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { predictSlices, probabilitiesOf, sliceBatch } from '../../predict/predict.ts'
import type { ModelStudy } from '../../predict/study.ts'
import { Adam } from '../adam.ts'
import { beginCorrection } from '../correction.ts'
import { addGradients, descend, gradientsOf, normOf } from '../gradient-step.ts'
import { adaptInput, adapterValues, createNormaliser } from '../input-adapter.ts'
import type { AdapterValues, AdapterVariables } from '../input-adapter.ts'
import { diceLoss } from '../losses.ts'
import { batchOption, learningRateOption, slicesOption } from '../method-options.ts'
import { defineMethod } from '../method.ts'
import type { Work } from '../method.ts'
import { noCompanion } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { interleavedBatches } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'

const options = {
  learningRate: learningRateOption(1e-3),
  steps: { value: 20, min: 1, max: 1000, integer: true, help: 'Passes over the slices, each one update.' },
  batch: batchOption(8),
  slices: slicesOption(24),
  refresh: { value: 25, min: 1, max: 1000, integer: true, help: 'Passes until the target is made anew.' },
  channels: { value: 16, min: 1, max: 64, integer: true, help: 'Width of the normaliser.' },
} as const

type State = {
  readonly adapter: AdapterVariables
  readonly optimizer: Adam
  readonly base: ModelStudy
  /** What the autoencoder makes of the prediction: [slice][j][i][class]. */
  target: Float32Array
  best: { loss: number; values: AdapterValues } | undefined
  step: number
}

/**
 * Shape prior: fit a small normaliser in front of the frozen network until its mask is what a denoising autoencoder, trained on
 * the source's masks, makes of it. Karani et al., MedIA 2021, arXiv:2004.04668; M19 of methods.md, slice by slice. Keeps the
 * pass whose mask the autoencoder changes least. Pathology is "denoised" away; the field of view must be the training scans'.
 */
export const shapePrior = defineMethod<typeof options, State>({
  title: 'Shape prior (denoising autoencoder)',
  summary:
    'Trains a small network in front of the model, which stays as it is, until the masks look like those of the training scans. Unusual anatomy and pathology are smoothed away.',
  reference: 'Karani et al., Medical Image Analysis 2021, arXiv:2004.04668',
  options,
  obstacle: (model) => noCompanion(model, 'shapePrior'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ slices }) => 3 * slices,
  configure(work) {
    const adapter = createNormaliser(work.options.channels, work.random.fork('normaliser'))
    beginCorrection(work)
    const optimizer = new Adam(Object.values(adapter))
    return Promise.resolve({
      adapter,
      optimizer,
      base: work.input,
      target: new Float32Array(0),
      best: undefined,
      step: 0,
    })
  },
  async step(work, state) {
    const { student, classes, options, traced, advance } = work
    const { adapter, optimizer, base } = state
    if (state.step % options.refresh === 0) state.target = await denoised(work)
    state.step++
    const batches = interleavedBatches(base.tissueSlices, options.batch)
    const report = scoped(() => {
      let logits: Tensor | undefined
      const before = traced ? plain(adapter) : undefined
      const parts = batches.map((slices) => {
        const batch = sliceBatch(base, slices)
        const target = mapsOf(state.target, slices, base, classes)
        const valid = validPixels(base, slices.length)
        return gradientsOf(Object.values(adapter), () => {
          const output = student.logits(adaptInput(batch, adapter))
          if (traced && slices === batches[0]) logits = tf.keep(tf.clone(output))
          return { dice: tf.div(diceLoss(target, probabilitiesOf(output), valid), batches.length) }
        })
      })
      const loss = parts.reduce((sum, { losses }) => sum + losses['total']!, 0)
      if (!state.best || loss < state.best.loss) state.best = { loss, values: adapterValues(adapter) }
      const gradients = addGradients(parts.map((part) => part.gradients))
      const update = descend(optimizer, options.learningRate, {
        losses: { dice: loss, total: loss },
        gradients,
        gradientNorm: normOf(gradients),
      })
      const views = { batches, valid: base.valid, adapter: before, options }
      const seen = batches.map((slices) => sliceBatch(base, slices))
      const trace = logits && { trace: traceOf(seen, logits, { ...views, after: plain(adapter) }) }
      logits?.dispose()
      return { ...update, learningRate: options.learningRate, ...trace }
    })
    work.correct({ ...work.correction!, adapter: adapterValues(adapter) })
    advance(3 * base.tissueSlices.length)
    return report
  },
  settle(work, { best }) {
    if (best) work.correct({ ...work.correction!, adapter: best.values })
    return Promise.resolve()
  },
  dispose({ adapter, optimizer }) {
    tf.dispose(Object.values(adapter))
    optimizer.dispose()
  },
})

/** The autoencoder's version of what the student predicts of the slices as they are now corrected. */
async function denoised({ source, student, input, classes, signal }: Work): Promise<Float32Array> {
  const prior = source.companions.shapePrior!
  const slices = Array.from({ length: input.volume.shape[2] }, (_, k) => k)
  const predicted = await predictSlices(student, input, slices, signal && { signal })
  const [ni, nj] = input.volume.shape
  const size = ni * nj * classes
  const out = new Float32Array(predicted.length)
  for (const k of slices) {
    signal?.throwIfAborted()
    scoped(() => {
      const map = tf.tensor4d(predicted.subarray(k * size, (k + 1) * size), [1, nj, ni, classes])
      out.set(tf.softmax(prior.logits(map)).dataSync(), k * size)
    })
  }
  return out
}

function mapsOf(maps: Float32Array, slices: readonly number[], { volume }: ModelStudy, classes: number): Tensor {
  const [ni, nj] = volume.shape
  const size = ni * nj * classes
  const data = new Float32Array(slices.length * size)
  slices.forEach((k, n) => data.set(maps.subarray(k * size, (k + 1) * size), n * size))
  return tf.tensor4d(data, [slices.length, nj, ni, classes])
}

/** For a trace, which is JSON. */
function plain(adapter: AdapterVariables): Record<string, { dims: readonly number[]; data: number[] }> {
  return Object.fromEntries(
    Object.entries(adapterValues(adapter)).map(([name, { dims, data }]) => [name, { dims, data: Array.from(data) }]),
  )
}
