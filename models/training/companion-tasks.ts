import { crossEntropy } from '../../main/adapt/losses.ts'
import { hideAndSeek } from '../../main/adapt/hidden-cells.ts'
import { scoped } from '../../main/adapt/scope.ts'
import { squareSlices, turnLogits, turnSlices } from '../../main/adapt/turned-slices.ts'
import { tf } from '../../main/engine/tf.ts'
import { createModel } from '../../main/model/graph.ts'
import type { Model } from '../../main/model/model.ts'
import { createRandom } from '../../main/volume/random.ts'
import type { Random } from '../../main/volume/random.ts'
import { trainingLoss } from './loss.ts'
import { drawSlices, sliceAt } from './source-slices.ts'
import type { SourceSlices } from './source-slices.ts'
import { swapBoxes } from './swapped-boxes.ts'

/** Draws a batch and returns the loss of a companion in it. The network itself stays as it is. */
export type Task = (model: Model, companion: Model, slices: SourceSlices) => (random: Random) => () => tf.Scalar

const batchSize = 6
/** Slices whose features the rotation head learns from, and how many at a time. */
const slicesTurned = 1100
const turnedInBatch = 32
/** They are moved by this share of their size at most, either way: where a head lies must not give its turn away. */
const mostMoved = 1 / 16
/** As methods/restoration.ts hides them unless told otherwise. */
const cells = { cell: 8, ratio: 0.5 }

const images = ({ images: data, count, nj, ni }: SourceSlices): tf.Tensor4D => tf.tensor4d(data, [count, nj, ni, 1])

/** Which way a slice of a scan was turned, told from the network's features, which are computed once. */
export const rotationTask: Task = (model, companion, slices) => {
  const encoder = partOf(model, companion)
  const chance = createRandom(slices.count)
  const shown = drawSlices(slices, slicesTurned, chance)
  let shape: readonly number[] = []
  const features = Array.from({ length: slicesTurned }, (_, n) =>
    scoped(() => {
      const upright = moved(squareSlices(images(sliceAt(shown, n))), chance)
      const found = encoder.logits(turnSlices(tf.tile(upright, [4, 1, 1, 1]), [0, 1, 2, 3]))
      shape = found.shape.slice(1)
      return found.dataSync() as Float32Array
    }),
  )
  encoder.dispose()
  const size = shape.reduce((a, b) => a * b, 1)
  return (random) => {
    const data = new Float32Array(turnedInBatch * size)
    const turns = Array.from({ length: turnedInBatch }, (_, n) => {
      const turn = random.integer(4)
      data.set(features[random.integer(slicesTurned)]!.subarray(turn * size, (turn + 1) * size), n * size)
      return turn
    })
    const batch = tf.tensor(data, [turnedInBatch, ...shape])
    const truth = tf.oneHot(tf.tensor1d(turns, 'int32'), 4)
    return () => tf.mean(crossEntropy(truth, turnLogits(companion.logits(batch))))
  }
}

/** A slice [1, j, i, 1], shifted, and mirrored in every other case. */
function moved(slice: tf.Tensor, random: Random): tf.Tensor {
  const most = Math.round(mostMoved * slice.shape[1]!)
  const [di, dj] = [random.integer(2 * most + 1), random.integer(2 * most + 1)]
  const sides: [number, number] = [most, most]
  const padded = tf.pad(slice, [[0, 0], sides, sides, [0, 0]], tf.min(slice).dataSync()[0])
  const shifted = tf.slice(padded, [0, dj, di, 0], slice.shape)
  return random.next() < 0.5 ? tf.reverse(shifted, 2) : shifted
}

/** What is hidden in a slice, told from what the network sees of the rest. */
export const restorationTask: Task = (model, companion, slices) => {
  const encoder = partOf(model, companion)
  return (random) => {
    const { masked, target, hidden } = hideAndSeek(images(drawSlices(slices, batchSize, random)), cells, random)
    const features = encoder.logits(masked)
    return () => {
      const error = tf.squaredDifference(tf.squeeze(companion.logits(features), [3]), target)
      return tf.div(tf.sum(tf.mul(error, hidden)), tf.sum(hidden))
    }
  }
}

/** The mask that a corrupted one was made of. */
export const shapePriorTask: Task = (model, companion, slices) => (random) => {
  const { input, labels } = shapePriorMaps(model, slices, random)
  return () => trainingLoss(companion.logits(input) as tf.Tensor4D, labels)
}

/** Corrupted maps [n, j, i, class] and their true labels. Half of them were the truth, half what the network makes of the
 *  scan, since its maps are soft. */
export function shapePriorMaps(
  model: Model,
  slices: SourceSlices,
  random: Random,
): { readonly input: tf.Tensor; readonly labels: tf.Tensor3D } {
  const batch = drawSlices(slices, batchSize, random)
  const { ni, nj } = batch
  const labels = tf.tensor3d(batch.labels, [batchSize, nj, ni], 'int32')
  const classes = model.card.output.labels.length + 1
  const half = batchSize / 2
  const maps = tf.tidy(() => {
    const hard = tf.oneHot(tf.slice(labels, [0], [half]), classes, 1, 0, 'float32')
    const soft = tf.softmax(model.logits(tf.slice(images(batch), [half], [half])))
    return tf.concat([hard, soft], 0)
  })
  const plain = maps.dataSync() as Float32Array
  const size = ni * nj * classes
  const corrupted = new Float32Array(plain.length)
  for (let n = 0; n < batchSize; n++)
    corrupted.set(swapBoxes(plain.subarray(n * size, (n + 1) * size), [ni, nj], classes, random), n * size)
  return { input: tf.tensor(corrupted, maps.shape), labels }
}

/** The network up to the value that a companion takes: nothing behind it is computed. */
function partOf(model: Model, companion: Model): Model {
  const [output] = companion.graph.inputs
  return createModel({ ...model.toGraph(), outputs: [output!] }, model.card)
}
