import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { Model } from '../model/model.ts'
import type { Random } from '../volume/random.ts'
import { consistencyTarget, drawView, drawViews, seenIn } from './consistency-target.ts'
import type { TargetOptions, View } from './consistency-target.ts'
import { sharpen } from './losses.ts'
import type { Sibling } from './method.ts'
import type { Symmetry } from './views.ts'

/** What is to be learned of a batch: target [n, j, i, class], weights [n, j, i]. */
export type Aim = { readonly target: Tensor; readonly weights: Tensor }

/** The slices of a batch that another series shows too: the student's view of them, and the teacher's aim for them. */
export type SiblingBatch = {
  /** Their places in the batch. */
  readonly rows: readonly number[]
  readonly view: View
  readonly batch: Tensor
  /** Of the whole batch: without weight where the series shows nothing. */
  readonly aim: Aim
}

type Drawing = {
  readonly views: number
  readonly allowed: readonly Symmetry[]
  readonly strength: number
  readonly blur: number
  readonly random: Random
  readonly target: TargetOptions
}

/** Another series' part in a batch of the work's slices; undefined where it shows none of them. The caller disposes. */
export function siblingBatch(
  { sliceOf, input, restored, inside }: Sibling,
  slices: readonly number[],
  teacher: Model,
  { views, allowed, strength, blur, random, target }: Drawing,
): SiblingBatch | undefined {
  const rows = slices.flatMap((slice, row) => (sliceOf.has(slice) ? [row] : []))
  if (rows.length === 0) return undefined
  const own = rows.map((row) => sliceOf.get(slices[row]!)!)
  const looks = drawViews(views, own.length, allowed, 0.7 * strength, blur, random).map((view) => ({
    view,
    batch: seenIn(view, input, own, random),
  }))
  const view = drawView(own.length, allowed, strength, blur, random)
  const batch = seenIn(view, input, own, random)
  const [ni, nj] = input.volume.shape
  const aim = tf.tidy(() => {
    const shown = new Float32Array(own.length * ni * nj)
    own.forEach((slice, n) => shown.set(inside.subarray(slice * ni * nj, (slice + 1) * ni * nj), n * ni * nj))
    const valid = tf.tensor3d(shown, [own.length, nj, ni])
    const found = consistencyTarget(teacher, looks, valid, input, own, restored, target)
    return {
      target: spread(found.target, rows, slices.length),
      weights: spread(found.weights, rows, slices.length),
    }
  })
  for (const look of looks) look.batch.dispose()
  return { rows, view, batch, aim }
}

/** Row m of x to row rows[m] of n; zeros elsewhere. */
function spread(x: Tensor, rows: readonly number[], n: number): Tensor {
  const from = Array.from({ length: n }, (_, row) => rows.indexOf(row) + 1)
  return tf.gather(tf.concat([tf.zeros([1, ...x.shape.slice(1)]), x]), tf.tensor1d(from, 'int32'))
}

export const rowsOf = <T extends Tensor>(x: T, rows: readonly number[]): T =>
  tf.gather(x, tf.tensor1d([...rows], 'int32'))

/**
 * The mean of the scan's target and those of other series, where these have weight, sharpened: one teacher that has seen all.
 * Targets come unsharpened. The weights stay the scan's. The caller disposes.
 */
export function fusedAim({ target, weights }: Aim, others: readonly Aim[], temperature: number): Aim {
  return tf.tidy(() => {
    const counted = others.map((other) => tf.expandDims(tf.cast(tf.greater(other.weights, 0), 'float32'), -1))
    const sum = tf.addN([target, ...others.map((other, n) => tf.mul(other.target, counted[n]!))])
    const count = tf.addN([tf.onesLike(counted[0]!), ...counted])
    return { target: sharpen(tf.div(sum, count), temperature), weights: tf.clone(weights) }
  })
}

/** One aim where another has weight as well: what one series teaches the other. The caller disposes. */
export function whereBoth(aim: Aim, other: Aim): Aim {
  return tf.tidy(() => ({ target: tf.clone(aim.target), weights: tf.mul(aim.weights, other.weights) }))
}
