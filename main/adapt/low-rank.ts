import { tf } from '../engine/tf.ts'
import type { Tensor, Variable } from '../engine/tf.ts'
import type { Model, Parameter } from '../model/model.ts'
import type { Random } from '../volume/random.ts'
import type { Gradients } from './gradient-step.ts'

/** A filter W = W0 + U V, seen as [kh kw in, out]; W is the network's own variable, so that nothing else need know. */
export type LowRankFilter = {
  readonly filter: Variable
  readonly frozen: Tensor
  readonly down: Variable
  readonly up: Variable
}

/** Filters of the encoder with at least this many inputs: below, U V is no smaller than W. */
export function adaptableFilters(model: Model, leastInputs: number): Parameter[] {
  return model.parameters('encoder').filter(({ variable, onnxDims }) => {
    return onnxDims.length >= 4 && variable.shape.at(-2)! >= leastInputs
  })
}

/** U normal with variance 1 / rows, V = 0: at first W is W0. The caller disposes (disposeLowRank). */
export function createLowRank(parameters: readonly Parameter[], rank: number, random: Random): LowRankFilter[] {
  return parameters.map(({ variable: filter }) => {
    const outputs = filter.shape.at(-1)!
    const rows = filter.size / outputs
    const draw = Float32Array.from({ length: rows * rank }, () => random.normal() / Math.sqrt(rows))
    return tf.tidy(() => ({
      filter,
      frozen: tf.keep(tf.clone(filter)),
      down: tf.variable(tf.tensor2d(draw, [rows, rank])),
      up: tf.variable(tf.zeros([rank, outputs])),
    }))
  })
}

/** Gradients in U and V from those in W: dU = dW V', dV = U' dW. The caller disposes. */
export function throughFactors(filters: readonly LowRankFilter[], gradients: Gradients): Gradients {
  return Object.fromEntries(
    filters.flatMap(({ filter, down, up }) => {
      const whole = tf.tidy(() => tf.reshape(gradients[filter.name]!, [down.shape[0], up.shape[1]!]))
      return [
        [down.name, tf.matMul(whole, up, false, true)],
        [up.name, tf.matMul(down, whole, true, false)],
      ]
    }),
  )
}

/** W <- W0 + U V. */
export function mergeLowRank(filters: readonly LowRankFilter[]): void {
  for (const { filter, frozen, down, up } of filters) {
    const product = (): Tensor => tf.reshape(tf.matMul(down as tf.Tensor2D, up as tf.Tensor2D), filter.shape)
    tf.tidy(() => filter.assign(tf.add(frozen, product())))
  }
}

export function disposeLowRank(filters: readonly LowRankFilter[]): void {
  for (const { frozen, down, up } of filters) tf.dispose([frozen, down, up])
}
