import { tf } from '../engine/tf.ts'
import type { Tensor, Variable } from '../engine/tf.ts'
import type { Optimizer } from './optimizer.ts'

/** PyTorch's; tfjs would take 1e-7. */
const epsilon = 1e-8

type Moments = { readonly first: Variable; readonly second: Variable }
type Settings = {
  /** Decay of the two moments. */
  readonly decays?: readonly [number, number]
  /** Decoupled weight decay: AdamW (Loshchilov & Hutter, ICLR 2019, arXiv:1711.05101). */
  readonly weightDecay?: number
}

/** Adam (Kingma & Ba, ICLR 2015, arXiv:1412.6980, algorithm 1): epsilon outside the root, as in PyTorch. The learning rate
 *  comes with each step, since some methods change it. */
export class Adam implements Optimizer {
  private readonly variables: readonly Variable[]
  private readonly decays: readonly [number, number]
  private readonly weightDecay: number
  private moments: Moments[] = []
  private steps = 0

  constructor(variables: readonly Variable[], { decays = [0.9, 0.999], weightDecay = 0 }: Settings = {}) {
    this.variables = variables
    this.decays = decays
    this.weightDecay = weightDecay
    this.reset()
  }

  apply(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void {
    this.steps++
    const [decay1, decay2] = this.decays
    const correction1 = 1 - decay1 ** this.steps
    const correction2 = 1 - decay2 ** this.steps
    this.variables.forEach((variable, n) => {
      const gradient = gradients[variable.name]!
      const { first, second } = this.moments[n]!
      tf.tidy(() => {
        first.assign(tf.add(tf.mul(first, decay1), tf.mul(gradient, 1 - decay1)))
        second.assign(tf.add(tf.mul(second, decay2), tf.mul(tf.square(gradient), 1 - decay2)))
        const root = tf.add(tf.sqrt(tf.div(second, correction2)), epsilon)
        const decayed = this.weightDecay ? tf.mul(variable, 1 - learningRate * this.weightDecay) : variable
        variable.assign(tf.sub(decayed, tf.mul(tf.div(tf.div(first, correction1), root), learningRate)))
      })
    })
  }

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
