import { tf } from '../../main/engine/tf.ts'
import type { Model } from '../../main/model/model.ts'
import { createRandom } from '../../main/volume/random.ts'
import type { Random } from '../../main/volume/random.ts'
import { AdamW } from './adamw.ts'

type Fit = {
  readonly name: string
  readonly steps: number
  readonly learningRate: number
  readonly seed: number
  readonly signal: AbortSignal | undefined
  readonly report: (line: string) => void
  /** Draws a batch, without gradient, and returns the loss of it in the network's current weights. */
  readonly draw: (random: Random) => () => tf.Scalar
}

/** Trains all of a small network; deterministic in its seed. Returns the mean loss of the last steps. */
export async function fit(
  model: Model,
  { name, steps, learningRate, seed, signal, report, draw }: Fit,
): Promise<number> {
  const parameters = model.parameters('all')
  const variables = parameters.map(({ variable }) => variable)
  const optimizer = new AdamW(parameters, 1e-4)
  const started = Date.now()
  let smoothed = Number.NaN
  for (let step = 0; step < steps; step++) {
    signal?.throwIfAborted()
    const rate = learningRate * Math.min(1, (step + 1) / 20) * 0.5 * (1 + Math.cos((Math.PI * step) / steps)) + 1e-5
    const loss = tf.tidy(() => {
      const { value, grads } = tf.variableGrads(draw(createRandom(seed).fork(`${name}:${step}`)), variables)
      optimizer.apply(grads, rate)
      return value.dataSync()[0]!
    })
    if (!Number.isFinite(loss)) throw new Error(`training of ${name} diverged at step ${step}`)
    smoothed = Number.isNaN(smoothed) ? loss : 0.95 * smoothed + 0.05 * loss
    if ((step + 1) % 25 === 0) {
      const seconds = Math.round((Date.now() - started) / 1000)
      report(`${name}: step ${step + 1}/${steps}  loss ${smoothed.toFixed(4)}  ${seconds} s`)
    }
    // Lets signals through.
    await new Promise((resolve) => setImmediate(resolve))
  }
  return smoothed
}
