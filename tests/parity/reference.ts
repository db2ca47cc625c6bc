import type { OnnxGraph, OnnxNode } from '../../main/model/onnx-types.ts'

/**
 * A network from first principles, to check the product's against: plain loops over doubles in ONNX's own layout (NCHW),
 * reverse mode by hand. Shares no code with main/. Operators of the reference U-Net only.
 */
export type Map4 = { readonly dims: readonly [number, number, number, number]; readonly data: Float64Array }
export type Weights = ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: ArrayLike<number> }>

export type NormMode = 'stored' | 'batch' | { readonly alpha: number }
export type Moments = { readonly mean: number[]; readonly variance: number[]; readonly count: number }

type Run = {
  readonly weights: Weights
  readonly mode: NormMode
  readonly values: Map<string, Map4>
  readonly gradients: Map<string, Float64Array>
  readonly moments: Map<string, Moments>
  /** From the last operator to the first. */
  readonly backward: (() => void)[]
}

const zeros = (dims: Map4['dims']): Map4 => ({ dims, data: new Float64Array(dims[0] * dims[1] * dims[2] * dims[3]) })

function gradientOf(run: Run, name: string, size: number): Float64Array {
  const found = run.gradients.get(name) ?? new Float64Array(size)
  run.gradients.set(name, found)
  return found
}

/** Every product of an input pixel, a filter tap and an output pixel, for convolutions of stride 1 and size 3 or 1. */
function eachTap(x: Map4, outputs: number, size: number, visit: (xAt: number, wAt: number, yAt: number) => void): void {
  const [n, inputs, h, w] = x.dims
  const pad = (size - 1) / 2
  for (let b = 0; b < n; b++)
    for (let o = 0; o < outputs; o++)
      for (let c = 0; c < inputs; c++)
        for (let u = 0; u < size; u++)
          for (let v = 0; v < size; v++) {
            const wAt = ((o * inputs + c) * size + u) * size + v
            for (let r = Math.max(0, pad - u); r < Math.min(h, h + pad - u); r++)
              for (let s = Math.max(0, pad - v); s < Math.min(w, w + pad - v); s++)
                visit(((b * inputs + c) * h + r + u - pad) * w + s + v - pad, wAt, ((b * outputs + o) * h + r) * w + s)
          }
}

/** The same for transposed convolutions of size and stride 2. */
function eachUpTap(x: Map4, outputs: number, visit: (xAt: number, wAt: number, yAt: number) => void): void {
  const [n, inputs, h, w] = x.dims
  for (let b = 0; b < n; b++)
    for (let o = 0; o < outputs; o++)
      for (let c = 0; c < inputs; c++)
        for (let r = 0; r < h; r++)
          for (let s = 0; s < w; s++)
            for (let u = 0; u < 2; u++)
              for (let v = 0; v < 2; v++)
                visit(
                  ((b * inputs + c) * h + r) * w + s,
                  ((c * outputs + o) * 2 + u) * 2 + v,
                  ((b * outputs + o) * 2 * h + 2 * r + u) * 2 * w + 2 * s + v,
                )
}

function convolution(run: Run, node: OnnxNode): void {
  const [xName, wName, bName] = node.inputs as [string, string, string?]
  const x = run.values.get(xName)!
  const weight = run.weights.get(wName)!
  const isUp = node.opType === 'ConvTranspose'
  const outputs = weight.dims[isUp ? 1 : 0]!
  const scale = isUp ? 2 : 1
  const y = zeros([x.dims[0], outputs, x.dims[2] * scale, x.dims[3] * scale])
  const each = (visit: (xAt: number, wAt: number, yAt: number) => void): void =>
    isUp ? eachUpTap(x, outputs, visit) : eachTap(x, outputs, weight.dims[2]!, visit)
  const plane = y.dims[2] * y.dims[3]
  const channelOf = (at: number): number => Math.floor(at / plane) % outputs
  if (bName) y.data.forEach((_, at) => (y.data[at] = run.weights.get(bName)!.data[channelOf(at)]!))
  each((xAt, wAt, yAt) => (y.data[yAt]! += x.data[xAt]! * weight.data[wAt]!))
  run.values.set(node.outputs[0]!, y)
  run.backward.push(() => {
    const dy = run.gradients.get(node.outputs[0]!)!
    const dx = gradientOf(run, xName, x.data.length)
    const dw = gradientOf(run, wName, weight.data.length)
    each((xAt, wAt, yAt) => {
      dx[xAt]! += dy[yAt]! * weight.data[wAt]!
      dw[wAt]! += dy[yAt]! * x.data[xAt]!
    })
    if (bName) {
      const db = gradientOf(run, bName, outputs)
      dy.forEach((value, at) => (db[channelOf(at)]! += value))
    }
  })
}

function normalization(run: Run, node: OnnxNode): void {
  const [xName, scaleName, offsetName, meanName, varianceName] = node.inputs as [string, string, string, string, string]
  const x = run.values.get(xName)!
  const [n, channels, h, w] = x.dims
  const epsilon = node.attributes['epsilon'] as number
  const weight = (name: string, c: number): number => run.weights.get(name)!.data[c]!
  const alpha = run.mode === 'stored' ? 0 : run.mode === 'batch' ? 1 : run.mode.alpha
  const count = n * h * w
  const y = zeros(x.dims)
  const pixels = (c: number): number[] =>
    Array.from({ length: count }, (_, p) => (Math.floor(p / (h * w)) * channels + c) * h * w + (p % (h * w)))
  const own: Moments = { mean: [], variance: [], count }
  const used: { mean: number; root: number }[] = []
  for (let c = 0; c < channels; c++) {
    const mean = pixels(c).reduce((sum, at) => sum + x.data[at]!, 0) / count
    const variance = pixels(c).reduce((sum, at) => sum + (x.data[at]! - mean) ** 2, 0) / count
    own.mean.push(mean)
    own.variance.push(variance)
    const m = (1 - alpha) * weight(meanName, c) + alpha * mean
    const root = Math.sqrt((1 - alpha) * weight(varianceName, c) + alpha * variance + epsilon)
    used.push({ mean: m, root })
    for (const at of pixels(c)) y.data[at] = ((x.data[at]! - m) / root) * weight(scaleName, c) + weight(offsetName, c)
  }
  run.moments.set(scaleName, own)
  run.values.set(node.outputs[0]!, y)
  run.backward.push(() => {
    const dy = run.gradients.get(node.outputs[0]!)!
    const dx = gradientOf(run, xName, x.data.length)
    const [dScale, dOffset] = [gradientOf(run, scaleName, channels), gradientOf(run, offsetName, channels)]
    for (let c = 0; c < channels; c++) {
      const { mean, root } = used[c]!
      const gain = weight(scaleName, c) / root
      let dMean = 0
      let dVariance = 0
      for (const at of pixels(c)) {
        const centred = x.data[at]! - mean
        dScale[c]! += (dy[at]! * centred) / root
        dOffset[c]! += dy[at]!
        dMean -= dy[at]! * gain
        dVariance -= (dy[at]! * gain * centred) / (2 * root * root)
      }
      for (const at of pixels(c)) {
        const throughMoments = dMean / count + (dVariance * 2 * (x.data[at]! - own.mean[c]!)) / count
        dx[at]! += dy[at]! * gain + alpha * throughMoments
      }
    }
  })
}

function rectifier(run: Run, node: OnnxNode): void {
  const x = run.values.get(node.inputs[0]!)!
  run.values.set(node.outputs[0]!, { dims: x.dims, data: x.data.map((value) => Math.max(value, 0)) })
  run.backward.push(() => {
    const dx = gradientOf(run, node.inputs[0]!, x.data.length)
    run.gradients.get(node.outputs[0]!)!.forEach((value, at) => (dx[at]! += x.data[at]! > 0 ? value : 0))
  })
}

function pooling(run: Run, node: OnnxNode): void {
  const x = run.values.get(node.inputs[0]!)!
  const [n, channels, h, w] = x.dims
  const y = zeros([n, channels, h / 2, w / 2])
  const winners = new Int32Array(y.data.length)
  for (let at = 0; at < y.data.length; at++) {
    const [s, r, map] = [at % (w / 2), Math.floor(at / (w / 2)) % (h / 2), Math.floor((at * 4) / (h * w))]
    const corner = (map * h + 2 * r) * w + 2 * s
    const best = [corner, corner + 1, corner + w, corner + w + 1].reduce((a, b) => (x.data[b]! > x.data[a]! ? b : a))
    winners[at] = best
    y.data[at] = x.data[best]!
  }
  run.values.set(node.outputs[0]!, y)
  run.backward.push(() => {
    const dx = gradientOf(run, node.inputs[0]!, x.data.length)
    run.gradients.get(node.outputs[0]!)!.forEach((value, at) => (dx[winners[at]!]! += value))
  })
}

function concatenation(run: Run, node: OnnxNode): void {
  const parts = node.inputs.map((name) => run.values.get(name)!)
  const [n, , h, w] = parts[0]!.dims
  const channels = parts.reduce((sum, { dims }) => sum + dims[1], 0)
  const y = zeros([n, channels, h, w])
  const each = (visit: (part: number, from: number, to: number, length: number) => void): void => {
    for (let b = 0; b < n; b++) {
      let to = b * channels * h * w
      parts.forEach(({ dims }, part) => {
        const length = dims[1] * h * w
        visit(part, b * length, to, length)
        to += length
      })
    }
  }
  each((part, from, to, length) => y.data.set(parts[part]!.data.subarray(from, from + length), to))
  run.values.set(node.outputs[0]!, y)
  run.backward.push(() => {
    const dy = run.gradients.get(node.outputs[0]!)!
    each((part, from, to, length) => {
      const dx = gradientOf(run, node.inputs[part]!, parts[part]!.data.length)
      for (let at = 0; at < length; at++) dx[from + at]! += dy[to + at]!
    })
  })
}

const operators: Record<string, (run: Run, node: OnnxNode) => void> = {
  Conv: convolution,
  ConvTranspose: convolution,
  BatchNormalization: normalization,
  Relu: rectifier,
  MaxPool: pooling,
  Concat: concatenation,
}

/** Logits of a batch, the moments its norm layers saw (by their scale's name), and the way back: weights' gradients. */
export function runReference(
  graph: OnnxGraph,
  weights: Weights,
  input: Map4,
  mode: NormMode,
): {
  logits: Map4
  moments: ReadonlyMap<string, Moments>
  gradients: (dLogits: Float64Array) => ReadonlyMap<string, Float64Array>
} {
  const values = new Map([[graph.inputs[0]!.name, input]])
  const run: Run = { weights, mode, values, gradients: new Map(), moments: new Map(), backward: [] }
  for (const node of graph.nodes) operators[node.opType]!(run, node)
  const output = graph.outputs[0]!.name
  return {
    logits: values.get(output)!,
    moments: run.moments,
    gradients: (dLogits) => {
      run.gradients.set(output, dLogits)
      for (const back of run.backward.toReversed()) back()
      return run.gradients
    },
  }
}
