import { tf } from '../../main/engine/tf.ts'

/** Cross-entropy plus soft Dice over the foreground classes (linear form, +1 in both parts), as in shared/prototype/train.py.
 *  logits [n, j, i, class]; labels [n, j, i] int32. */
export function trainingLoss(logits: tf.Tensor4D, labels: tf.Tensor3D): tf.Scalar {
  return tf.tidy(() => {
    const classes = logits.shape[3]
    const logProbabilities = tf.logSoftmax(logits)
    const target = tf.oneHot(labels, classes, 1, 0, 'float32')
    const crossEntropy = tf.neg(tf.mean(tf.sum(tf.mul(target, logProbabilities), 3)))
    const probabilities = tf.exp(logProbabilities)
    const over = [0, 1, 2]
    const both = tf.sum(tf.mul(probabilities, target), over)
    const sizes = tf.add(tf.sum(probabilities, over), tf.sum(target, over))
    const dice = tf.div(tf.add(tf.mul(both, 2), 1), tf.add(sizes, 1))
    const foreground = tf.mean(tf.slice(dice, [1], [classes - 1]))
    return tf.add<tf.Scalar>(crossEntropy, tf.sub(1, foreground))
  })
}
