import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { Model } from '../model/model.ts'
import { probabilitiesOf, sliceBatch } from '../predict/predict.ts'
import type { ModelStudy } from '../predict/study.ts'
import type { Random } from '../volume/random.ts'
import { scoped } from './scope.ts'
import { labelsOf } from './scores.ts'
import { validPixels } from './valid.ts'

/** Pixels that a contrast is made with: index in [n][j][i], and their class. */
export type Anchors = { readonly index: Int32Array; readonly label: Int32Array }

/** A pixel is sure below this share of the largest entropy. */
const sureBelow = 0.4
/** Pixels so near to another class are left out. */
const bandPixels = 2
/** Of a class in one batch, for prototypes of the source domain. */
const anchorsOfSource = 4096
/** Of a prototype, at each update. */
const momentum = 0.9

/** Up to `most` random pixels of each class that are sure and not at a border. target: [n, j, i, class]. */
export function chooseAnchors(target: Tensor, weights: Tensor, most: number, random: Random): Anchors {
  const [, nj, ni, classes] = target.shape as [number, number, number, number]
  const probability = target.dataSync() as Float32Array
  const counted = weights.dataSync()
  const labels = labelsOf(probability, classes)
  const found = Array.from({ length: classes }, (): number[] => [])
  labels.forEach((label, n) => {
    if (counted[n] === 0 || !isSure(probability, n, classes) || isAtBorder(labels, n, ni, nj)) return
    found[label]!.push(n)
  })
  const chosen = found.flatMap((pixels, label) => {
    const some =
      pixels.length <= most
        ? pixels
        : random
            .permutation(pixels.length)
            .slice(0, most)
            .map((n) => pixels[n]!)
    return some.map((n) => [n, label] as const)
  })
  return { index: Int32Array.from(chosen, ([n]) => n), label: Int32Array.from(chosen, ([, label]) => label) }
}

function isSure(probability: Float32Array, n: number, classes: number): boolean {
  let entropy = 0
  for (let c = 0; c < classes; c++) {
    const p = probability[n * classes + c]!
    if (p > 0) entropy -= p * Math.log(p)
  }
  return entropy < sureBelow * Math.log(classes)
}

function isAtBorder(labels: Uint8Array, n: number, ni: number, nj: number): boolean {
  const [i, j, slice] = [n % ni, Math.floor(n / ni) % nj, n - (n % (ni * nj))]
  for (let v = Math.max(0, j - bandPixels); v <= Math.min(nj - 1, j + bandPixels); v++)
    for (let u = Math.max(0, i - bandPixels); u <= Math.min(ni - 1, i + bandPixels); u++)
      if (labels[slice + v * ni + u] !== labels[n]) return true
  return false
}

/** Mean unit feature of each class, followed over the updates. */
export class Prototypes {
  private readonly rows: (Float32Array | undefined)[]

  /** Begins with none, or with those of the source domain (an empty row: none of this class). */
  constructor(classes: number, first: readonly (readonly number[])[] = []) {
    this.rows = Array.from({ length: classes }, (_, n) => (first[n]?.length ? Float32Array.from(first[n]) : undefined))
  }

  /** features: [n, j, i, channel]. Classes without anchors stay as they are. */
  follow(features: Tensor, anchors: Anchors): void {
    if (anchors.index.length === 0) return
    sumByClass(features, anchors, this.rows.length).forEach(({ sum, count }, label) => {
      if (count === 0) return
      const row = this.rows[label]
      const fresh = sum.map((value) => value / count)
      this.rows[label] = normalized(row ? row.map((v, c) => momentum * v + (1 - momentum) * fresh[c]!) : fresh)
    })
  }

  /** [known class, channel], and for each class its row or -1. */
  known(): { rows: Float32Array[]; rowOf: number[] } {
    const rows = this.rows.filter((row) => row !== undefined)
    return { rows, rowOf: this.rows.map((row) => (row ? rows.indexOf(row) : -1)) }
  }
}

/** Prototypes of the source domain, [class][channel], of unit length; an empty row for a class that nowhere is sure. The
 *  network's own labels count where they are sure, as in an episode. */
export function sourcePrototypes(
  model: Model,
  batches: readonly { study: ModelStudy; slices: readonly number[] }[],
  random: Random,
): number[][] {
  const at = model.places.beforeHead
  const sums: Float32Array[] = []
  for (const { study, slices } of batches)
    scoped(() => {
      const seen = model.activations(sliceBatch(study, slices), [at])
      const target = probabilitiesOf(seen.logits)
      const anchors = chooseAnchors(target, validPixels(study, slices.length), anchorsOfSource, random)
      sumByClass(seen.values.get(at)!, anchors, target.shape.at(-1)!).forEach(({ sum }, label) => {
        sums[label] = sums[label] ? sums[label].map((value, c) => value + sum[c]!) : sum
      })
    })
  const rounded = (row: Float32Array): number[] => Array.from(normalized(row), (value) => Number(value.toPrecision(6)))
  return sums.map((sum) => (sum.some((value) => value !== 0) ? rounded(sum) : []))
}

/** By class: the sum of its anchors' unit features, and how many there are. */
function sumByClass(features: Tensor, anchors: Anchors, classes: number): { sum: Float32Array; count: number }[] {
  const channels = features.shape.at(-1)!
  const sums = Array.from({ length: classes }, () => ({ sum: new Float32Array(channels), count: 0 }))
  if (anchors.index.length === 0) return sums
  const unit = tf.tidy(() => unitFeatures(features, anchors).dataSync())
  anchors.label.forEach((label, n) => {
    const own = sums[label]!
    own.count++
    for (let c = 0; c < channels; c++) own.sum[c]! += unit[n * channels + c]!
  })
  return sums
}

function normalized(row: Float32Array): Float32Array {
  const length = Math.sqrt(row.reduce((sum, value) => sum + value ** 2, 0)) + 1e-12
  return row.map((value) => value / length)
}

/** [anchor, channel], of unit length. */
function unitFeatures(features: Tensor, { index }: Anchors): Tensor {
  const picked = pixelsAt(features, index)
  return tf.div(picked, tf.sqrt(tf.add(tf.sum(tf.square(picked), -1, true), 1e-12)))
}

/** The named pixels of [n, j, i, channel], [pixel, channel]. Plain loops: the wasm engine lacks the gradient of tf.gather. */
function pixelsAt(features: Tensor, index: Int32Array): Tensor {
  const channels = features.shape.at(-1)!
  const moved = (from: ArrayLike<number>, to: Float32Array, scatter: boolean): Float32Array => {
    index.forEach((pixel, n) => {
      for (let c = 0; c < channels; c++) {
        const [near, far] = [n * channels + c, pixel * channels + c]
        if (scatter) to[far]! += from[near]!
        else to[near] = from[far]!
      }
    })
    return to
  }
  return tf.customGrad((x) => ({
    value: tf.tensor2d(moved((x as Tensor).dataSync(), new Float32Array(index.length * channels), false), [
      index.length,
      channels,
    ]),
    gradFunc: (dy: Tensor) => tf.tensor(moved(dy.dataSync(), new Float32Array(features.size), true), features.shape),
  }))(features)
}

/** Mean over the anchors of -ln of the softmax of their cosines with all prototypes, at their own class; 0 where there are
 *  fewer than two prototypes to tell apart. Differentiable. */
export function contrast(features: Tensor, anchors: Anchors, prototypes: Prototypes, temperature: number): Tensor {
  return tf.tidy(() => {
    const { rows, rowOf } = prototypes.known()
    if (rows.length < 2) return tf.scalar(0)
    const table = tf.stack(rows.map((row) => tf.tensor1d(row))) as tf.Tensor2D
    const cosines = tf.matMul(unitFeatures(features, anchors), table, false, true)
    const own = tf.oneHot(
      tf.tensor1d(
        Int32Array.from(anchors.label, (label) => rowOf[label]!),
        'int32',
      ),
      rows.length,
    )
    return tf.neg(tf.mean(tf.sum(tf.mul(own, tf.logSoftmax(tf.div(cosines, temperature))), -1)))
  })
}
