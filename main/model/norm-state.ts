import { fusedNorm } from '../engine/kernels.ts'
import { tf } from '../engine/tf.ts'
import type { Tensor, Variable } from '../engine/tf.ts'
import type { Moments, NormLayer, NormMode, NormPart } from './model.ts'

type Statistics = { readonly mean: Tensor; readonly variance: Tensor }

/** A batch-norm layer of the graph: where its running statistics are stored. */
export type NormPlan = {
  readonly name: string
  readonly epsilon: number
  readonly meanName: string
  readonly varianceName: string
}

/** Which statistics batch-norm layers use (methods.md 1.3), and the moments they saw in the last run. */
export class NormState {
  private readonly plans: ReadonlyMap<string, NormPlan>
  private readonly stored: ReadonlyMap<string, { mean: Variable; variance: Variable }>
  private fixed: ReadonlyMap<string, Statistics> = new Map()
  private parts: readonly ReadonlyMap<string, Statistics>[] = []
  private currentMode: NormMode = { kind: 'source' }

  constructor(plans: readonly NormPlan[], variable: (name: string) => Variable) {
    this.plans = new Map(plans.map((plan) => [plan.name, plan]))
    this.stored = new Map(
      plans.map(({ name, meanName, varianceName }) => [
        name,
        { mean: variable(meanName), variance: variable(varianceName) },
      ]),
    )
  }

  get mode(): NormMode {
    return this.currentMode
  }

  setMode(mode: NormMode): void {
    if (mode.kind === 'blend' && !(mode.alpha >= 0 && mode.alpha <= 1)) throw new Error(`blend of ${mode.alpha}`)
    const parts = mode.kind === 'mixture' ? mode.parts.map(({ moments }) => this.keep(moments)) : []
    const fixed = mode.kind === 'fixed' ? this.keep(mode.moments) : new Map<string, Statistics>()
    this.release()
    this.fixed = fixed
    this.parts = parts
    this.currentMode = mode
  }

  /** Runs f under each part of a mixture. */
  eachPart<T>({ parts }: { readonly parts: readonly NormPart[] }, f: (weight: number) => T): T[] {
    try {
      return parts.map(({ weight }, n) => {
        this.fixed = this.parts[n]!
        return f(weight)
      })
    } finally {
      this.fixed = new Map()
    }
  }

  setStatistics(moments: ReadonlyMap<string, Moments>): void {
    for (const [name, { mean, variance }] of moments) {
      const layer = this.layer(name)
      tf.tidy(() => {
        layer.mean.assign(tf.tensor1d(mean))
        layer.variance.assign(tf.tensor1d(variance))
      })
    }
  }

  layers(): NormLayer[] {
    return Array.from(this.plans.values(), ({ name, epsilon }) => {
      const { mean, variance } = this.layer(name)
      // Stored statistics do not tell how many pixels they are from.
      const source = { mean: read(mean), variance: read(variance), count: 0 }
      return { name, channels: mean.size, epsilon, source }
    })
  }

  /** x: [n, ..., channel]. `record` gets the raw moments of x over all axes but the last. Differentiable. */
  apply(name: string, x: Tensor, scale: Tensor, offset: Tensor, record?: (moments: Moments) => void): Tensor {
    const statistics = this.fixed.get(name) ?? this.layer(name)
    const { epsilon } = this.plans.get(name)!
    const mode = this.currentMode
    const alpha = mode.kind === 'batch' ? 1 : mode.kind === 'blend' ? mode.alpha : 0
    const norm = fusedNorm(x, scale, offset, statistics, epsilon, alpha, { moments: record !== undefined })
    if (record && norm.batchMean && norm.batchVariance) {
      const count = x.size / x.shape.at(-1)!
      record({ mean: read(norm.batchMean), variance: read(norm.batchVariance), count })
    }
    return norm.y
  }

  release(): void {
    for (const held of [this.fixed, ...this.parts])
      for (const { mean, variance } of held.values()) tf.dispose([mean, variance])
    this.fixed = new Map()
    this.parts = []
  }

  private keep(moments: ReadonlyMap<string, Moments>): ReadonlyMap<string, Statistics> {
    return new Map(Array.from(moments, ([name, own]) => [name, kept(own, this.layer(name).mean.size)]))
  }

  private layer(name: string): { mean: Variable; variance: Variable } {
    const layer = this.stored.get(name)
    if (!layer) throw new Error(`no batch-norm layer ${name}`)
    return layer
  }
}

function kept(moments: Moments, channels: number): Statistics {
  if (moments.mean.length !== channels || moments.variance.length !== channels) throw new Error('moments do not fit')
  return tf.tidy(() => ({ mean: tf.keep(tf.tensor1d(moments.mean)), variance: tf.keep(tf.tensor1d(moments.variance)) }))
}

function read(tensor: Tensor): Float32Array {
  return Float32Array.from(tensor.dataSync())
}
