/** The only import of TensorFlow.js. Call startEngine (pick.ts) before any tensor is made. */
import * as tf from '@tensorflow/tfjs-core'

export { tf }
export type Tensor = tf.Tensor
export type Tensor4D = tf.Tensor4D
export type Variable = tf.Variable
