import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { Parameter } from '../model/model.ts'
import type { Adam } from './adam.ts'
import { scoped } from './scope.ts'

export type GradientStep = {
  /** Each term as it enters the sum, and the sum as `total`. */
  readonly losses: Readonly<Record<string, number>>
  /** Euclidean norm over all parameters together. */
  readonly gradientNorm: number
}

/**
 * One update of the parameters down the gradient of the sum of the terms (scalars, already weighted). A loss or gradient that
 * is not finite changes nothing; the numbers returned show it.
 */
export function gradientStep(
  parameters: readonly Parameter[],
  optimizer: Adam,
  learningRate: number,
  terms: () => Readonly<Record<string, Tensor>>,
): GradientStep {
  return scoped(() => {
    const values: Record<string, Tensor> = {}
    const { value, grads } = tf.variableGrads(
      () => {
        const computed = terms()
        for (const [name, term] of Object.entries(computed)) values[name] = tf.keep(tf.clone(term))
        return tf.addN(Object.values(computed)) as tf.Scalar
      },
      parameters.map(({ variable }) => variable),
    )
    const losses: Record<string, number> = {}
    for (const [name, term] of Object.entries(values)) {
      losses[name] = term.dataSync()[0]!
      term.dispose()
    }
    losses['total'] = value.dataSync()[0]!
    const squares = Object.values(grads).map((gradient) => tf.sum(tf.square(gradient)))
    const gradientNorm = Math.sqrt(tf.addN(squares).dataSync()[0]!)
    if (Number.isFinite(losses['total']) && Number.isFinite(gradientNorm)) optimizer.apply(grads, learningRate)
    return { losses, gradientNorm }
  })
}
