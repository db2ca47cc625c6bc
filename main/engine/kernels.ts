import { isNative, runNative } from './native.ts'
import { tf } from './tf.ts'

/** Mean and variance of each channel, [c]. */
export type Moments = { readonly mean: tf.Tensor; readonly variance: tf.Tensor }

export type FusedNorm = {
  readonly y: tf.Tensor
  /** Moments of x itself, biased variance, [c]; without gradient. Absent where alpha is 0 and they were not asked for. */
  readonly batchMean: tf.Tensor | undefined
  readonly batchVariance: tf.Tensor | undefined
}

/** Batch normalization of x over all axes but the last, with moments between stored ones and the batch's own:
 *  y = (x - m) / sqrt(v + epsilon) * scale + offset, where m = (1 - alpha) stored.mean + alpha mean(x), v alike.
 *  alpha 0: source mode; 1: batch mode; between: blended. x: [n, ..., c], at least 2 axes; scale, offset, moments: [c].
 *  Differentiable once in x, scale and offset; the gradient also flows through mean(x) and var(x), times alpha.
 *  NaN in a channel of x makes that channel NaN. The caller disposes of what is returned.
 *  Ioffe & Szegedy, arXiv:1502.03167; blending: Schneider et al., NeurIPS 2020, arXiv:2006.16971. */
export function fusedNorm(
  x: tf.Tensor,
  scale: tf.Tensor,
  offset: tf.Tensor,
  stored: Moments,
  epsilon: number,
  alpha: number,
  options: { readonly moments?: boolean } = {},
): FusedNorm {
  return tf.tidy(() => {
    let batch: Moments | undefined
    const norm = tf.customGrad((...args) => {
      const [x4, scale, offset, save] = args as unknown as [tf.Tensor4D, tf.Tensor, tf.Tensor, tf.GradSaveFunc]
      const forward = isNative() && alpha === 1 ? trainNative : normalize
      const { y, moments, gradient } = forward({ x: x4, scale, offset, stored, epsilon, alpha }, save)
      const own = moments ?? (options.moments ? momentsOf(x4) : undefined)
      // Side results have to outlive the scope of this function; they are handed on as clones below.
      if (own) batch = { mean: tf.keep(own.mean), variance: tf.keep(own.variance) }
      return { value: y, gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.tidy(() => gradient(dy, saved)) }
    })
    const y = tf.reshape(norm(tf.reshape(x, rank4(x.shape)), scale, offset), x.shape)
    return { y, batchMean: release(batch?.mean), batchVariance: release(batch?.variance) }
  })
}

function release(kept: tf.Tensor | undefined): tf.Tensor | undefined {
  const handedOn = kept && tf.clone(kept)
  kept?.dispose()
  return handedOn
}

/** The last three axes stay, those before are one: TensorFlow's operation takes rank 4 only. */
function rank4(shape: readonly number[]): [number, number, number, number] {
  const [width, channels] = [shape.length > 2 ? shape.at(-2)! : 1, shape.at(-1)!]
  const height = shape.length > 3 ? shape.at(-3)! : 1
  return [tf.util.sizeFromShape([...shape]) / (height * width * channels), height, width, channels]
}

type Layer = {
  readonly x: tf.Tensor4D
  readonly scale: tf.Tensor
  readonly offset: tf.Tensor
  readonly stored: Moments
  readonly epsilon: number
  readonly alpha: number
}
type Forward = {
  readonly y: tf.Tensor
  readonly moments: Moments | undefined
  /** Gradients of x, scale, offset. */
  readonly gradient: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.Tensor[]
}

/** Any alpha: normalize with given moments, and add what flows through the batch's own in the gradient. */
function normalize({ x, scale, offset, stored, epsilon, alpha }: Layer, save: tf.GradSaveFunc): Forward {
  const own = alpha === 0 ? undefined : momentsOf(x)
  const mean = own ? mix(stored.mean, own.mean, alpha) : stored.mean
  const variance = own ? mix(stored.variance, own.variance, alpha) : stored.variance
  const y = applyMoments(x, scale, offset, mean, variance, epsilon)
  save([x, scale, mean, variance, ...(own ? [own.mean] : [])])
  const gradient = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] => {
    const [x, scale, mean, variance, ownMean] = saved as [tf.Tensor4D, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor?]
    const [dx, dScale, dOffset] = applyMomentsGradient(dy, x, scale, mean, variance, epsilon)
    if (!ownMean) return [dx, dScale, dOffset]
    const count = x.size / x.shape[3]
    const inverse = tf.rsqrt(tf.add(variance, epsilon))
    // d loss / d mean and d loss / d variance, written with the sums that dScale and dOffset already are.
    const dMean = tf.mul(tf.mul(inverse, scale), tf.mul(dOffset, -1))
    const dVariance = tf.mul(tf.mul(tf.square(inverse), scale), tf.mul(dScale, -0.5))
    const slope = tf.mul(dVariance, (2 * alpha) / count)
    const constant = tf.sub(tf.mul(dMean, alpha / count), tf.mul(slope, ownMean))
    const [zeros, ones] = [tf.zerosLike(mean), tf.onesLike(mean)]
    return [tf.add(dx, applyMoments(x, slope, constant, zeros, ones, 0)), dScale, dOffset]
  }
  return { y, moments: own, gradient }
}

function mix(a: tf.Tensor, b: tf.Tensor, alpha: number): tf.Tensor {
  return alpha === 1 ? b : tf.add(tf.mul(a, 1 - alpha), tf.mul(b, alpha))
}

const normAttributes = (epsilon: number, training: boolean) => ({
  T: { type: 'float32' as const },
  U: { type: 'float32' as const },
  epsilon: { float: epsilon },
  data_format: { string: 'NHWC' },
  is_training: { bool: training },
})

/** alpha 1 in TensorFlow: one operation gives the moments and the normalized values, one all gradients. */
function trainNative({ x, scale, offset, epsilon }: Layer, save: tf.GradSaveFunc): Forward {
  const attributes = normAttributes(epsilon, true)
  const none = tf.tensor1d([])
  const outputs = runNative('FusedBatchNormV3', [x, scale, offset, none, none], attributes, 6)
  const [y, mean, unbiased, ...reserved] = outputs as [tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]]
  save([x, scale, ...reserved])
  const gradient = (dy: tf.Tensor, [x, scale, ...reserved]: tf.Tensor[]): tf.Tensor[] =>
    runNative('FusedBatchNormGradV3', [dy, x!, scale!, ...reserved], attributes, 5).slice(0, 3)
  return { y, moments: { mean, variance: biased(unbiased, x) }, gradient }
}

function biased(unbiased: tf.Tensor, x: tf.Tensor4D): tf.Tensor {
  const count = x.size / x.shape[3]
  return tf.mul(unbiased, Math.max(1, count - 1) / Math.max(1, count))
}

function momentsOf(x: tf.Tensor4D): Moments {
  if (isNative()) {
    const [none, ones] = [tf.tensor1d([]), tf.ones([x.shape[3]])]
    const [y, mean, unbiased] = runNative(
      'FusedBatchNormV3',
      [x, ones, ones, none, none],
      normAttributes(1e-3, true),
      6,
    )
    y!.dispose()
    return { mean: mean!, variance: biased(unbiased!, x) }
  }
  const count = x.size / x.shape[3]
  const mean = tf.div(sumOverPixels(x), count)
  return { mean, variance: tf.div(sumOverPixels(tf.squaredDifference<tf.Tensor4D>(x, mean)), count) }
}

function applyMoments(
  x: tf.Tensor4D,
  scale: tf.Tensor,
  offset: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  epsilon: number,
): tf.Tensor {
  if (isNative()) {
    const inputs = [x, scale, offset, mean, variance]
    return runNative('FusedBatchNormV3', inputs, normAttributes(epsilon, false), 6)[0]!
  }
  const slope = tf.mul(tf.rsqrt(tf.add(variance, epsilon)), scale)
  return tf.add(tf.mul(x, slope), tf.sub(offset, tf.mul(mean, slope)))
}

/** Gradients of x, scale, offset with the moments held fixed. */
function applyMomentsGradient(
  dy: tf.Tensor,
  x: tf.Tensor4D,
  scale: tf.Tensor,
  mean: tf.Tensor,
  variance: tf.Tensor,
  epsilon: number,
): [tf.Tensor, tf.Tensor, tf.Tensor] {
  if (isNative()) {
    const inputs = [dy, x, scale, mean, variance, tf.tensor1d([])]
    const outputs = runNative('FusedBatchNormGradV3', inputs, normAttributes(epsilon, false), 5)
    return [outputs[0]!, outputs[1]!, outputs[2]!]
  }
  const inverse = tf.rsqrt(tf.add(variance, epsilon))
  const dOffset = sumOverPixels(dy as tf.Tensor4D)
  const dScale = tf.mul(inverse, sumOverPixels(tf.mul<tf.Tensor4D>(dy, tf.sub(x, mean))))
  return [tf.mul(dy, tf.mul(inverse, scale)), dScale, dOffset]
}

/** [n, j, i, c] to [c]. As two products with ones: wasm's own sum transposes first, and one long product loses digits. */
function sumOverPixels(x: tf.Tensor4D): tf.Tensor {
  const [batch, height, width, channels] = x.shape
  const rows = tf.matMul(tf.ones([1, batch * height]), tf.reshape<tf.Rank.R2>(x, [batch * height, width * channels]))
  return tf.reshape(tf.matMul(tf.ones([1, width]), tf.reshape<tf.Rank.R2>(rows, [width, channels])), [channels])
}
