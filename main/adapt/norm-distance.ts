import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { Model } from '../model/model.ts'

/** Moments of what each norm layer takes, over the batch and the slice or over each slice alone: [1 or n, channel]. */
type LayerMoments = { readonly mean: Tensor; readonly variance: Tensor }

/**
 * Logits of a batch, and sums over the norm layers of a distance between the moments of their inputs and the stored ones.
 * `over`: the whole batch at once, or each slice by itself. Differentiable; the caller disposes.
 */
export function normDistances(
  model: Model,
  batch: Tensor,
  over: 'batch' | 'slice',
  distance: (own: LayerMoments, stored: LayerMoments, epsilon: number) => Tensor,
): { logits: Tensor; layers: Tensor[] } {
  const { normInputs } = model.places
  const { logits, values } = model.activations(batch, [...normInputs.values()])
  const layers = model.normLayers.map(({ name, source, epsilon }) => {
    const x = values.get(normInputs.get(name)!)!
    const axes = x.shape.slice(0, -1).map((_, axis) => axis)
    const { mean, variance } = tf.moments(x, over === 'batch' ? axes : axes.slice(1))
    const rows = (moments: Tensor): Tensor => tf.reshape(moments, [-1, x.shape.at(-1)!])
    const stored = { mean: rows(tf.tensor1d(source.mean)), variance: rows(tf.tensor1d(source.variance)) }
    return distance({ mean: rows(mean), variance: rows(variance) }, stored, epsilon)
  })
  return { logits, layers }
}
