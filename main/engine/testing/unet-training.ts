import type { EngineName } from '../engine.ts'
import { fusedNorm } from '../kernels.ts'
import { startEngine } from '../pick-files.ts'
import { tf } from '../tf.ts'

// Trains a little U-Net for three steps on the engine that is named, and prints losses, gradients and weights as JSON:
// engines.test.ts compares the engines, each in a process of its own.

await startEngine({ name: process.argv[2] as EngineName })

const variables: tf.Variable[] = []
const normal = (shape: number[], deviation: number): tf.Variable => {
  const variable = tf.variable(tf.randomNormal(shape, 0, deviation, 'float32', variables.length + 1))
  variables.push(variable)
  return variable
}

type Block = (x: tf.Tensor4D) => tf.Tensor4D
type Activation = (x: tf.Tensor) => tf.Tensor

function convolution(from: number, to: number, alpha: number, activation: Activation, stride = 1): Block {
  const filter = normal([3, 3, from, to], 0.3)
  const [scale, offset] = [normal([to], 1), normal([to], 0.5)]
  const stored = { mean: tf.zeros([to]), variance: tf.ones([to]) }
  return (x) => {
    const y = tf.conv2d(x, filter as tf.Tensor4D, stride, 'same')
    return activation(fusedNorm(y, scale, offset, stored, 1e-5, alpha).y) as tf.Tensor4D
  }
}

function up(from: number, to: number): Block {
  const filter = normal([2, 2, to, from], 0.3)
  return (x) => {
    const [batch, height, width] = x.shape
    return tf.conv2dTranspose(x, filter as tf.Tensor4D, [batch, height * 2, width * 2, to], 2, 'valid')
  }
}

const first = convolution(1, 4, 1, (x) => tf.relu(x))
const second = convolution(4, 8, 0.3, (x) => tf.leakyRelu(x, 0.1))
const strided = convolution(8, 8, 0, (x) => tf.elu(x), 2)
const [up1, up2] = [up(8, 8), up(8, 4)]
const third = convolution(16, 8, 1, (x) => tf.relu6(x))
const fourth = convolution(12, 4, 1, (x) => tf.sigmoid(x))
const head = normal([1, 1, 4, 3], 3)

function logits(x: tf.Tensor4D): tf.Tensor4D {
  const a = first(x)
  const b = second(tf.maxPool(a, 2, 2, 'valid'))
  const c = tf.avgPool(strided(b), 2, 2, 'valid')
  const d = third(tf.concat([up1(tf.image.resizeNearestNeighbor(c, [4, 4])), b], 3))
  const e = fourth(tf.concat([up2(d), tf.image.resizeBilinear(b, [16, 16])], 3))
  return tf.conv2d(e, head as tf.Tensor4D, 1, 'same')
}

const x = tf.randomNormal<tf.Rank.R4>([2, 16, 16, 1], 0, 1, 'float32', 99)
const entropy = (): tf.Scalar => {
  const logProbabilities = tf.logSoftmax(logits(x))
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.softmax(logits(x)), logProbabilities), 3)))
}

const { grads } = tf.variableGrads(entropy)
const gradients = variables.map(({ name }) => Array.from(grads[name]!.dataSync()))
tf.dispose(grads)
const optimizer = tf.train.adam(1e-2)
const losses: number[] = []
let tensors = 0
for (let step = 0; step < 3; step++) {
  const loss = optimizer.minimize(entropy, true, variables)!
  losses.push(loss.dataSync()[0]!)
  loss.dispose()
  if (step === 0) tensors = tf.memory().numTensors
}
const leaked = tf.memory().numTensors - tensors
console.log(JSON.stringify({ losses, gradients, weights: variables.map((v) => Array.from(v.dataSync())), leaked }))
