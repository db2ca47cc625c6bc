import { tf } from '../../main/engine/tf.ts'
import type { Parameter } from '../../main/model/model.ts'

type Moment = { readonly first: tf.Variable; readonly second: tf.Variable }

/** AdamW with decoupled weight decay (Loshchilov & Hutter, arXiv:1711.05101), epsilon outside the root as in PyTorch.
 *  Its state can be saved and restored, so that a training run that was stopped goes on to the same weights. */
export class AdamW {
  private readonly moments: Moment[]
  private steps = 0
  private readonly parameters: readonly Parameter[]
  private readonly weightDecay: number

  constructor(parameters: readonly Parameter[], weightDecay: number) {
    this.parameters = parameters
    this.weightDecay = weightDecay
    this.moments = parameters.map(({ variable }) => ({
      first: tf.variable(tf.zerosLike(variable), false),
      second: tf.variable(tf.zerosLike(variable), false),
    }))
  }

  /** One update; gradients by variable name, as tf.variableGrads returns them. */
  apply(gradients: Readonly<Record<string, tf.Tensor>>, learningRate: number): void {
    this.steps++
    const first = 1 - 0.9 ** this.steps
    const second = 1 - 0.999 ** this.steps
    this.parameters.forEach(({ variable }, n) => {
      const gradient = gradients[variable.name]
      if (!gradient) throw new Error(`no gradient for ${variable.name}`)
      const moment = this.moments[n]!
      tf.tidy(() => {
        const m = tf.add(tf.mul(moment.first, 0.9), tf.mul(gradient, 0.1))
        const v = tf.add(tf.mul(moment.second, 0.999), tf.mul(tf.square(gradient), 0.001))
        moment.first.assign(m)
        moment.second.assign(v)
        const step = tf.div(tf.mul(m, learningRate / first), tf.add(tf.sqrt(tf.mul(v, 1 / second)), 1e-8))
        // Filters decay; scales, shifts and biases do not.
        const decay = variable.rank > 1 ? 1 - learningRate * this.weightDecay : 1
        variable.assign(tf.sub(tf.mul(variable, decay), step))
      })
    })
  }

  state(): { steps: number; moments: Float32Array[] } {
    const read = (variable: tf.Variable): Float32Array => Float32Array.from(variable.dataSync())
    return { steps: this.steps, moments: this.moments.flatMap(({ first, second }) => [read(first), read(second)]) }
  }

  restore(state: { steps: number; moments: readonly Float32Array[] }): void {
    this.steps = state.steps
    this.moments.forEach(({ first, second }, n) => {
      tf.tidy(() => {
        first.assign(tf.tensor(state.moments[2 * n]!, first.shape))
        second.assign(tf.tensor(state.moments[2 * n + 1]!, second.shape))
      })
    })
  }
}
