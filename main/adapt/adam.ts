import { tf } from '../engine/tf.ts'
import type { Tensor, Variable } from '../engine/tf.ts'

const [decay1, decay2] = [0.9, 0.999]
/** PyTorch's; tfjs would take 1e-7. */
const epsilon = 1e-8

type Moments = { readonly first: Variable; readonly second: Variable }

/** Adam (Kingma & Ba, ICLR 2015, arXiv:1412.6980, algorithm 1): epsilon outside the root, as in PyTorch. The learning rate
 *  comes with each step, since some methods change it. */
export class Adam {
  private readonly variables: readonly Variable[]
  private moments: Moments[] = []
  private steps = 0

  constructor(variables: readonly Variable[]) {
    this.variables = variables
    this.reset()
  }

  /** One update; gradients by variable name, as tf.variableGrads returns them. */
  apply(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void {
    this.steps++
    const correction1 = 1 - decay1 ** this.steps
    const correction2 = 1 - decay2 ** this.steps
    this.variables.forEach((variable, n) => {
      const gradient = gradients[variable.name]!
      const { first, second } = this.moments[n]!
      tf.tidy(() => {
        first.assign(tf.add(tf.mul(first, decay1), tf.mul(gradient, 1 - decay1)))
        second.assign(tf.add(tf.mul(second, decay2), tf.mul(tf.square(gradient), 1 - decay2)))
        const root = tf.add(tf.sqrt(tf.div(second, correction2)), epsilon)
        variable.assign(tf.sub(variable, tf.mul(tf.div(tf.div(first, correction1), root), learningRate)))
      })
    })
  }

  /** Forgets all moments. */
  reset(): void {
    this.dispose()
    this.steps = 0
    this.moments = this.variables.map((variable) => ({
      first: tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
      second: tf.tidy(() => tf.variable(tf.zerosLike(variable), false)),
    }))
  }

  dispose(): void {
    for (const { first, second } of this.moments) tf.dispose([first, second])
    this.moments = []
  }
}
