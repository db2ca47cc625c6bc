import type { Tensor } from '../engine/tf.ts'

/** Moves variables down their gradients; made for one list of variables, whose moments it keeps. */
export type Optimizer = {
  /** One update; gradients by variable name, as tf.variableGrads returns them. The rate may change from step to step. */
  apply(gradients: Readonly<Record<string, Tensor>>, learningRate: number): void
  /** Forgets all moments. */
  reset(): void
  dispose(): void
}
