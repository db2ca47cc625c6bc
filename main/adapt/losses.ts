import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'

/**
 * Losses of methods.md 1.5. Maps are [..., class] with the class last, background first; per-pixel results [...].
 * Weights are per pixel and carry no gradient; 0 leaves a pixel out. Everything returned is the caller's to dispose.
 */

/** A class needs this many pixels in one of two maps to count: below, its Dice is noise. */
export const leastPixels = 32

/** Logits of every class; a network with a single logit for its only class against background gets a zero beside it. */
export function classLogits(logits: Tensor): Tensor {
  return logits.shape.at(-1) === 1 ? tf.concat([tf.zerosLike(logits), logits], -1) : logits
}

/** Entropy -sum p ln p per pixel, in nats; logits in, so that no p is 0. */
export function entropy(logits: Tensor): Tensor {
  return tf.tidy(() => {
    const logP = tf.logSoftmax(logits)
    return tf.neg(tf.sum(tf.mul(tf.exp(logP), logP), -1))
  })
}

/** Entropy per pixel of a map of probabilities; 0 ln 0 = 0. For targets: not differentiable at 0. */
export function entropyOf(probability: Tensor): Tensor {
  return tf.tidy(() => tf.neg(tf.sum(tf.mul(probability, tf.log(tf.maximum(probability, 1e-30))), -1)))
}

/** Cross-entropy -sum t ln q per pixel; q in logits. */
export function crossEntropy(target: Tensor, logits: Tensor): Tensor {
  return tf.tidy(() => tf.neg(tf.sum(tf.mul(target, tf.logSoftmax(logits)), -1)))
}

/** Half of CE(t, q) and half of CE(q, t) per pixel, both in logits; t without gradient (CoTTA's for ImageNet). */
export function symmetricCrossEntropy(targetLogits: Tensor, logits: Tensor): Tensor {
  return tf.tidy(() => {
    const back = tf.neg(tf.sum(tf.mul(tf.softmax(logits), tf.logSoftmax(targetLogits)), -1))
    return tf.div(tf.add(crossEntropy(tf.softmax(targetLogits), logits), back), 2)
  })
}

/** -sum p ln(p + 1e-6) over the foreground classes, each as a sigmoid by itself: GraTa's auxiliary loss (its "entropy" has
 *  the positive term only). probability: [..., class]. */
export function positiveEntropy(probability: Tensor): Tensor {
  return tf.tidy(() => {
    const own = foregroundOf(probability)
    return tf.neg(tf.sum(tf.mul(own, tf.log(tf.add(own, 1e-6))), -1))
  })
}

/** Mean over the foreground classes of -t ln q - (1 - t) ln(1 - q), each as a sigmoid by itself; q in logits of all classes. */
export function binaryCrossEntropy(target: Tensor, logits: Tensor): Tensor {
  return tf.tidy(() => {
    const t = foregroundOf(target)
    const logQ = foregroundOf(tf.logSoftmax(logits))
    // ln(1 - q_c) = ln sum over the other classes of exp z - ln sum exp z, without the cancellation of 1 - q.
    const classes = logits.shape.at(-1)!
    const others = tf.logSumExp(tf.add(tf.expandDims(logits, -2), tf.mul(tf.slice(tf.eye(classes), [1, 0]), -1e9)), -1)
    const logRest = tf.sub(others, tf.logSumExp(logits, -1, true))
    const loss = tf.neg(tf.add(tf.mul(t, logQ), tf.mul(tf.sub(1, t), logRest)))
    return tf.mean(loss, -1)
  })
}

/** All classes but the first. */
function foregroundOf(map: Tensor): Tensor {
  const begin = map.shape.map((_, axis) => (axis === map.rank - 1 ? 1 : 0))
  return tf.slice(map, begin)
}

/** KL(t || q) per pixel; q in logits, t without gradient. */
export function divergence(target: Tensor, logits: Tensor): Tensor {
  return tf.tidy(() => tf.sub(crossEntropy(target, logits), entropyOf(target)))
}

/** sum w v / (sum w + epsilon), a scalar; no weight at all gives 0. */
export function weightedMean(values: Tensor, weights: Tensor, epsilon = 1e-6): Tensor {
  return tf.tidy(() => tf.div(tf.sum(tf.mul(weights, values)), tf.add(tf.sum(weights), epsilon)))
}

/** f(x), on which no gradient flows back: for weights and counts made of a prediction. */
export function withoutGradient(x: Tensor, f: (x: Tensor) => Tensor): Tensor {
  return tf.customGrad((value) => ({ value: f(value as Tensor), gradFunc: (): Tensor => tf.zeros(x.shape) }))(x)
}

/** The most probable class as a map of 0 and 1, without gradient. */
export function hardLabels(logits: Tensor): Tensor {
  return withoutGradient(logits, (z) =>
    tf.cast(tf.oneHot(tf.cast(tf.argMax(z, -1), 'int32'), z.shape.at(-1)!), 'float32'),
  )
}

/** Weights of the pixels whose entropy (nats) is below the limit. */
export function reliableWeights(logits: Tensor, weights: Tensor, limit: number): Tensor {
  return withoutGradient(logits, (z) => tf.mul(weights, tf.cast(tf.less(entropy(z), limit), 'float32')))
}

/** exp(limit - H) of each pixel: the surer, the more it counts (EATA, eq. 4). */
export function sureWeights(logits: Tensor, limit: number): Tensor {
  return withoutGradient(logits, (z) => tf.exp(tf.sub(limit, entropy(z))))
}

/** Weights of the pixels whose most probable class has at least this probability. */
export function confidentWeights(logits: Tensor, weights: Tensor, threshold: number): Tensor {
  return withoutGradient(logits, (z) =>
    tf.mul(weights, tf.cast(tf.greaterEqual(tf.max(tf.softmax(z), -1), threshold), 'float32')),
  )
}

/**
 * Weights under which every predicted class counts the same, however few pixels it has; a weighted mean of entropy with
 * them is the mean over present classes of their mean entropy (methods.md 1.5, "balanced").
 */
export function balancedWeights(logits: Tensor, weights: Tensor): Tensor {
  return withoutGradient(logits, (z) => {
    const classes = z.shape.at(-1)!
    const won = tf.mul(tf.oneHot(tf.cast(tf.argMax(z, -1), 'int32'), classes), tf.expandDims(weights, -1))
    const counts = tf.sum(tf.reshape(won, [-1, classes]), 0)
    return tf.sum(tf.div(won, tf.maximum(counts, 1)), -1)
  })
}

const perClass = (map: Tensor, weights: Tensor): Tensor =>
  tf.sum(tf.reshape(tf.mul(map, tf.expandDims(weights, -1)), [-1, map.shape.at(-1)!]), 0)

/**
 * 1 - mean over present foreground classes of (2 sum w p t + epsilon) / (sum w p^2 + sum w t^2 + epsilon): soft Dice with
 * squares, which is 1 where two soft maps are equal. A class is present from 32 pixels on, in either map; none: 0.
 */
export function diceLoss(
  target: Tensor,
  probability: Tensor,
  weights: Tensor,
  epsilon = 1,
  least = leastPixels,
): Tensor {
  return tf.tidy(() => {
    const sizes = tf.add(tf.square(probability), tf.square(target))
    return overlapLoss(target, probability, sizes, weights, epsilon, least)
  })
}

/** The same with the sizes sum w p + sum w t: 1 - Dice is 0 only at maps of 0 and 1, so it also sharpens. */
export function linearDiceLoss(
  target: Tensor,
  probability: Tensor,
  weights: Tensor,
  epsilon = 1,
  least = leastPixels,
): Tensor {
  return tf.tidy(() => overlapLoss(target, probability, tf.add(probability, target), weights, epsilon, least))
}

function overlapLoss(
  target: Tensor,
  probability: Tensor,
  size: Tensor,
  weights: Tensor,
  epsilon: number,
  least: number,
): Tensor {
  const overlap = tf.add(tf.mul(perClass(tf.mul(probability, target), weights), 2), epsilon)
  const sizes = tf.add(perClass(size, weights), epsilon)
  const inView = tf.cast(tf.greater(weights, 0), 'float32')
  const foreground = withoutGradient(probability, (p) => {
    const found = perClass(tf.maximum(p, target), inView)
    return tf.cast(tf.greaterEqual(tf.slice(found, 1), least), 'float32')
  })
  const losses = tf.mul(foreground, tf.slice(tf.sub(1, tf.div(overlap, sizes)), 1))
  return tf.div(tf.sum(losses), tf.maximum(tf.sum(foreground), 1))
}

/**
 * 1 - mean over present foreground classes of 2 sum 2ab / sum (a + b)^2, over the pixels with weight: DG-TTA's Dice of two
 * soft maps, both with gradient, 1 where they are equal (Weihsbach et al. 2023, arXiv:2312.06275). Presence as in diceLoss.
 */
export function twinDiceLoss(a: Tensor, b: Tensor, weights: Tensor, least = leastPixels): Tensor {
  return tf.tidy(() => {
    const overlap = tf.mul(perClass(tf.mul(a, b), weights), 4)
    const sizes = tf.add(perClass(tf.square(tf.add(a, b)), weights), 1e-6)
    const foreground = withoutGradient(tf.maximum(a, b), (p) =>
      tf.cast(tf.greaterEqual(tf.slice(perClass(p, weights), 1), least), 'float32'),
    )
    const losses = tf.mul(foreground, tf.slice(tf.sub(1, tf.div(overlap, sizes)), 1))
    return tf.div(tf.sum(losses), tf.maximum(tf.sum(foreground), 1))
  })
}

/**
 * KL of the predicted shares of the foreground classes from the source's: sum m ln(m / proportions), m over the pixels with
 * weight. proportions: by foreground class, sum 1. methods.md M20, "ratio".
 */
export function ratioPrior(probability: Tensor, weights: Tensor, proportions: readonly number[]): Tensor {
  return tf.tidy(() => {
    const sizes = tf.add(tf.slice(perClass(probability, weights), 1), 1e-6)
    const shares = tf.div(sizes, tf.sum(sizes))
    return tf.sum(
      tf.mul(shares, tf.log(tf.div(shares, tf.tensor1d(proportions.map((share) => Math.max(share, 1e-4)))))),
    )
  })
}

/**
 * ratioPrior, but 0 while every class's share lies within half and twice the source's (methods.md M20, "hinge"): anatomy may
 * differ from the training scans' that much.
 */
export function ratioHinge(probability: Tensor, weights: Tensor, proportions: readonly number[]): Tensor {
  return tf.tidy(() => {
    const outside = withoutGradient(probability, (p) => {
      const sizes = tf.slice(perClass(p, weights), 1)
      const relative = tf.div(tf.div(sizes, tf.add(tf.sum(sizes), 1e-6)), tf.tensor1d([...proportions]))
      return tf.cast(tf.any(tf.logicalOr(tf.less(relative, 0.5), tf.greater(relative, 2))), 'float32')
    })
    return tf.mul(outside, ratioPrior(probability, weights, proportions))
  })
}

/** sum m ln m of the mean probabilities m over the pixels with weight: least where all classes are as frequent. */
export function diversity(probability: Tensor, weights: Tensor): Tensor {
  return tf.tidy(() => {
    const shares = tf.div(perClass(probability, weights), tf.add(tf.sum(weights), 1e-6))
    return tf.sum(tf.mul(shares, tf.log(tf.add(shares, 1e-12))))
  })
}

/** Mean of several maps of one image, and per pixel how much they disagree: H(mean) - mean H, 0 to ln min(views, classes). */
export function consensus(views: readonly Tensor[]): { mean: Tensor; disagreement: Tensor } {
  return tf.tidy(() => {
    const mean = tf.div(tf.addN([...views]), views.length)
    const own = tf.div(tf.addN(views.map(entropyOf)), views.length)
    return { mean, disagreement: tf.sub(entropyOf(mean), own) }
  })
}

/** p^(1/T) / sum p^(1/T): T < 1 makes a map surer. */
export function sharpen(probability: Tensor, temperature: number): Tensor {
  return tf.tidy(() => {
    const powered = tf.pow(probability, 1 / temperature)
    return tf.div(powered, tf.maximum(tf.sum(powered, -1, true), 1e-30))
  })
}

/** Half the squared Euclidean distance between two lists of tensors of equal shapes. */
export function halfSquaredDistance(a: readonly Tensor[], b: readonly Tensor[]): Tensor {
  return tf.tidy(() => tf.div(tf.addN(a.map((tensor, n) => tf.sum(tf.squaredDifference(tensor, b[n]!)))), 2))
}
