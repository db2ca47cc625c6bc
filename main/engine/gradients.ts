import { runNative } from './native.ts'
import { tf } from './tf.ts'

const float32 = { T: { type: 'float32' } } as const

/** Gradients that TensorFlow has as one operation each, in place of tfjs's compositions (its relu gradient is five).
 *  Values are the same, NaN apart: where x is NaN, tfjs passes the gradient on and TensorFlow stops it. */
export function registerNativeGradients(): void {
  tf.registerGradient({
    kernelName: 'Relu',
    inputsToSave: [],
    // The output serves as well as the input, and the next layer keeps it anyway.
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => runNative('ReluGrad', [dy as tf.Tensor, y!], float32)[0]! }),
  })
  tf.registerGradient({
    kernelName: 'Relu6',
    inputsToSave: [],
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => runNative('Relu6Grad', [dy as tf.Tensor, y!], float32)[0]! }),
  })
  tf.registerGradient({
    kernelName: 'LeakyRelu',
    // The input, since with a negative slope the output does not tell the side.
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attributes) => ({
      x: () => {
        const alpha = { float: attributes['alpha'] as number }
        return runNative('LeakyReluGrad', [dy as tf.Tensor, x!], { ...float32, alpha })[0]!
      },
    }),
  })
  tf.registerGradient({
    kernelName: 'Sigmoid',
    inputsToSave: [],
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => runNative('SigmoidGrad', [y!, dy as tf.Tensor], float32)[0]! }),
  })
}
