import { tf } from '../engine/tf.ts'
import type { Tensor, Variable } from '../engine/tf.ts'
import type { Optimizer } from './optimizer.ts'

type Settings = { readonly momentum?: number; readonly nesterov?: boolean; readonly weightDecay?: number }

/** Stochastic gradient descent with momentum as in PyTorch (methods.md 1.8): d = g + decay w, b = momentum b + d, and the
 *  step is b, or d + momentum b with Nesterov's (Sutskever et al., ICML 2013). */
export class Sgd implements Optimizer {
  private readonly variables: readonly Variable[]
  private readonly settings: Required<Settings>
  private velocities: Variable[] = []

  constructor(variables: readonly Variable[], { momentum = 0, nesterov = false, weightDecay = 0 }: Settings = {}) {
    this.variables = variables
    this.settings = { momentum, nesterov, weightDecay }
    this.reset()
  }

  apply(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void {
    const { momentum, nesterov, weightDecay } = this.settings
    this.variables.forEach((variable, n) => {
      const velocity = this.velocities[n]!
      tf.tidy(() => {
        const down = tf.add(gradients[variable.name]!, tf.mul(variable, weightDecay))
        velocity.assign(tf.add(tf.mul(velocity, momentum), down))
        const step = nesterov ? tf.add(down, tf.mul(velocity, momentum)) : velocity
        variable.assign(tf.sub(variable, tf.mul(step, learningRate)))
      })
    })
  }

  reset(): void {
    this.dispose()
    this.velocities = this.variables.map((variable) => tf.tidy(() => tf.variable(tf.zerosLike(variable), false)))
  }

  dispose(): void {
    tf.dispose(this.velocities)
    this.velocities = []
  }
}
