import { tf } from '../engine/tf.ts'
import type { Tensor, Variable } from '../engine/tf.ts'
import type { Parameter } from '../model/model.ts'
import type { Optimizer } from './optimizer.ts'
import { scoped } from './scope.ts'

export type GradientStep = {
  /** Each term as it enters the sum, and the sum as `total`. */
  readonly losses: Readonly<Record<string, number>>
  /** Euclidean norm over all parameters together. */
  readonly gradientNorm: number
}

/** By variable name. */
export type Gradients = Readonly<Record<string, Tensor>>

export const variablesOf = (parameters: readonly Parameter[]): Variable[] => parameters.map(({ variable }) => variable)

/** Euclidean norm of all gradients together. */
export function normOf(gradients: Gradients): number {
  return tf.tidy(() => {
    const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)))
    return Math.sqrt(tf.addN(squares).dataSync()[0]!)
  })
}

/** Sum of gradients of the same variables; the caller disposes. */
export function addGradients(parts: readonly Gradients[]): Gradients {
  const names = Object.keys(parts[0]!)
  return Object.fromEntries(names.map((name) => [name, tf.addN(parts.map((part) => part[name]!))]))
}

/**
 * The terms' values, and the gradients of their sum in the variables (zeros for a variable that no term depends on). Terms
 * are scalars, already weighted. The caller disposes of the gradients.
 */
export function gradientsOf(
  variables: readonly Variable[],
  terms: () => Readonly<Record<string, Tensor>>,
): GradientStep & { readonly gradients: Gradients } {
  const values: Record<string, Tensor> = {}
  const { value, grads } = tf.variableGrads(() => {
    const computed = terms()
    for (const [name, term] of Object.entries(computed)) values[name] = tf.keep(tf.clone(term))
    // Depends on a variable even where all terms are weighted away: there is a gradient then, of zeros.
    const nothing = tf.mul(tf.sum(variables[0]!), 0)
    return tf.addN([...Object.values(computed), nothing]) as tf.Scalar
  }, [...variables])
  const losses: Record<string, number> = {}
  for (const [name, term] of Object.entries(values)) {
    losses[name] = term.dataSync()[0]!
    term.dispose()
  }
  losses['total'] = value.dataSync()[0]!
  value.dispose()
  const gradients = Object.fromEntries(
    variables.map((variable) => [variable.name, grads[variable.name] ?? tf.zerosLike(variable)]),
  )
  return { losses, gradients, gradientNorm: normOf(gradients) }
}

/** Moves the variables down; where a loss or gradient is not finite, nothing, and the numbers returned show it. */
export function descend(
  optimizer: Optimizer,
  learningRate: number,
  { losses, gradients, gradientNorm }: GradientStep & { readonly gradients: Gradients },
): GradientStep {
  if (Number.isFinite(losses['total']) && Number.isFinite(gradientNorm)) optimizer.apply(gradients, learningRate)
  return { losses, gradientNorm }
}

/**
 * One update of the parameters down the gradient of the sum of the terms (scalars, already weighted). More terms are computed
 * one after the other, so that no more than one forward pass is held; terms of the same name are added.
 */
export function gradientStep(
  parameters: readonly Parameter[],
  optimizer: Optimizer,
  learningRate: number,
  terms: () => Readonly<Record<string, Tensor>>,
  ...more: readonly (() => Readonly<Record<string, Tensor>>)[]
): GradientStep {
  return scoped(() => {
    const parts = [terms, ...more].map((each) => gradientsOf(variablesOf(parameters), each))
    return descend(optimizer, learningRate, parts.length === 1 ? parts[0]! : sumOf(parts))
  })
}

function sumOf(parts: readonly ReturnType<typeof gradientsOf>[]): ReturnType<typeof gradientsOf> {
  const losses: Record<string, number> = {}
  for (const part of parts)
    for (const [name, value] of Object.entries(part.losses)) losses[name] = (losses[name] ?? 0) + value
  const gradients = addGradients(parts.map((part) => part.gradients))
  return { losses, gradients, gradientNorm: normOf(gradients) }
}
