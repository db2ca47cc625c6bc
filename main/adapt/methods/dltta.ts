import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model, Parameter } from '../../model/model.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { descend, gradientsOf, variablesOf } from '../gradient-step.ts'
import { balancedWeights, classLogits, divergence, entropy, sharpen, weightedMean } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  regionOptions,
  slicesOption,
  statisticsOptions,
  stepsOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import type { Work } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import { aroundForeground } from '../region.ts'
import { scoped } from '../scope.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { validPixels } from '../valid.ts'

/** Unit vectors: the source model's bottleneck, averaged over each slice. */
type State = { readonly optimizer: Adam; readonly features: readonly Float32Array[] }

const affine = (model: Model): Parameter[] => model.parameters('norm-affine')
/** Of the neighbours' cosines, in the weights of their predictions; as published. */
const neighbourTemperature = 0.2
/** A rate may grow by this factor at most. */
const fastest = 10

/**
 * DLTTA: the further a slice's prediction is from the source's predictions of similar slices, the larger the step. Yang et al.,
 * TMI 2022, arXiv:2205.13723; M11 of methods.md on top of entropy (tent), with the scan's own slices as the memory. A memory
 * of bad predictions slows down where speed is needed.
 */
export const dltta = defineMethod({
  title: 'DLTTA (learning rate by slice)',
  summary:
    'Entropy training whose steps grow where a slice is predicted unlike similar ones. Fails as Tent does, and where the source is wrong on all similar slices.',
  reference: 'Yang et al., TMI 2022, arXiv:2205.13723',
  options: {
    learningRate: learningRateOption(1e-3, 'Adam where the prediction is like its neighbours'),
    steps: stepsOption(5),
    batch: batchOption(4),
    slices: slicesOption(24),
    neighbours: { value: 4, min: 1, max: 64, integer: true, help: 'Similar slices that a prediction is held against.' },
    temperature: { value: 2, min: 0.1, max: 10, help: 'Above 1 predictions are compared in a softer form.' },
    ...regionOptions(5),
    ...statisticsOptions('volume'),
  },
  obstacle: (model) => nothingToTrain(model, 'norm-affine'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch }) => 3 * batch,
  async configure(work): Promise<State> {
    const features = sliceFeatures(work)
    await beginStatistics(work)
    return { optimizer: new Adam(variablesOf(affine(work.student))), features }
  },
  collect: affine,
  step(work, { optimizer, features }) {
    const { student, input, options, random, traced, advance } = work
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const report = scoped(() => {
      const batch = sliceBatch(input, slices)
      const valid = validPixels(input, slices.length)
      const remembered = tf.tidy(() => rememberedMaps(work, slices, features))
      let distance = 0
      let logits: Tensor | undefined
      const found = gradientsOf(variablesOf(affine(student)), () => {
        const output = student.logits(batch)
        if (traced) logits = tf.keep(tf.clone(output))
        const z = classLogits(output)
        const weights = options.region === 'foreground' ? aroundForeground(z, valid, options.reach) : valid
        distance = tf.tidy(() => mutualDivergence(z, remembered, weights, options.temperature))
        return { entropy: weightedMean(entropy(z), balancedWeights(z, valid)) }
      })
      const learningRate = options.learningRate * Math.min(Math.exp(distance), fastest)
      const update = descend(optimizer, learningRate, found)
      const trace = logits && { trace: traceOf([batch], logits, { slices, valid: input.valid, distance, options }) }
      logits?.dispose()
      return { ...update, measures: { distance }, learningRate, ...trace }
    })
    advance(3 * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose: ({ optimizer }) => optimizer.dispose(),
})

function sliceFeatures({ source, input, options }: Pick<Work, 'source' | 'input'> & { options: { batch: number } }) {
  const features: Float32Array[] = []
  const { bottleneck } = source.places
  for (let start = 0; start < input.tissueSlices.length; start += options.batch) {
    const slices = input.tissueSlices.slice(start, start + options.batch)
    const [values, channels] = scoped(() => {
      const map = source.activations(sliceBatch(input, slices), [bottleneck]).values.get(bottleneck)!
      const means = tf.mean(map, [1, 2])
      const unit = tf.div(means, tf.add(tf.norm(means, 2, 1, true), 1e-12))
      return [Float32Array.from(unit.dataSync()), map.shape.at(-1)!] as const
    })
    slices.forEach((k, n) => (features[k] = values.slice(n * channels, (n + 1) * channels)))
  }
  return features
}

/** For each slice the mean of the source's predictions of its nearest neighbours, by their cosines: [n, j, i, class]. */
function rememberedMaps(
  {
    sourceProbability,
    classes,
    input,
    options,
  }: Pick<Work, 'sourceProbability' | 'classes' | 'input'> & {
    options: { neighbours: number }
  },
  slices: readonly number[],
  features: readonly Float32Array[],
): Tensor {
  const [ni, nj] = input.volume.shape
  const size = ni * nj * classes
  const data = new Float32Array(slices.length * size)
  slices.forEach((k, n) => {
    const others = input.tissueSlices
      .filter((other) => other !== k)
      .map((other) => ({ other, cosine: features[k]!.reduce((sum, x, c) => sum + x * features[other]![c]!, 0) }))
      .sort((a, b) => b.cosine - a.cosine)
      .slice(0, options.neighbours)
    // A scan of one slice has no other to compare with.
    const near = others.length ? others : [{ other: k, cosine: 1 }]
    const weights = near.map(({ cosine }) => Math.exp((cosine - near[0]!.cosine) / neighbourTemperature))
    const total = weights.reduce((a, b) => a + b)
    near.forEach(({ other }, m) => {
      const map = sourceProbability.subarray(other * size, (other + 1) * size)
      for (let at = 0; at < size; at++) data[n * size + at]! += (weights[m]! / total) * map[at]!
    })
  })
  return tf.tensor4d(data, [slices.length, nj, ni, classes])
}

/** Mean over the pixels of KL(p || r) + KL(r || p), both softened by a temperature. */
function mutualDivergence(logits: Tensor, remembered: Tensor, weights: Tensor, temperature: number): number {
  const z = tf.div(logits, temperature)
  const soft = sharpen(tf.maximum(remembered, 1e-8), temperature)
  const there = divergence(soft, z)
  const back = divergence(tf.softmax(z), tf.log(soft))
  return weightedMean(tf.add(there, back), weights).dataSync()[0]!
}
