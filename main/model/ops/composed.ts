import { isNative } from '../../engine/native.ts'
import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { everyNth, outputSize, padded, span, unpadded } from './window.ts'
import type { Window } from './window.ts'

/**
 * Gradients of sliding windows, put together tap by tap. tfjs's wasm backend (4.22) has wrong ones for max pooling of
 * negative values and for the input of a 3D convolution, and none for depthwise convolutions; engines with TensorFlow
 * have them all.
 */

type Gradient = (dy: Tensor, inputs: readonly Tensor[], y: Tensor) => Tensor[]

/** An operation with its own gradient on TensorFlow, and with `gradient` on other engines. */
export function withGradient(inputs: Tensor[], forward: (...inputs: Tensor[]) => Tensor, gradient: Gradient): Tensor {
  if (isNative()) return forward(...inputs)
  const operation = tf.customGrad((...args) => {
    const tensors = args.slice(0, -1) as Tensor[]
    const save = args.at(-1) as unknown as tf.GradSaveFunc
    const value = forward(...tensors)
    save([...tensors, value])
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] =>
      tf.tidy(() => gradient(dy, saved.slice(0, -1), saved.at(-1)!))
    return { value, gradFunc }
  })
  return operation(...inputs)
}

/** Max pooling: the gradient goes to the first of the largest values. x: [n, ...spatial, c] */
export function maxGradient(window: Window, fill: number): Gradient {
  return (dy, [x], y) => {
    let open = tf.onesLike(y)
    const parts = tapsOf(padded(x!, window, fill), window).map((tap) => {
      const hit = tf.mul(tf.cast(tf.equal(tap, y), 'float32'), open)
      open = tf.sub(open, hit)
      return tf.mul(dy, hit)
    })
    return [placed(parts, window, x!.shape)]
  }
}

/** Convolution of [n, ...spatial, in] with [...kernel, in, out]: products of matrices. */
export function convGradient(window: Window): Gradient {
  return (dy, [x, filter]) => {
    const [inputs, outputs] = filter!.shape.slice(-2) as [number, number]
    const pixels = tf.reshape(dy, [-1, outputs])
    const taps = tapsOf(padded(x!, window), window)
    const dFilter = taps.map((tap) => tf.matMul(tf.reshape(tap, [-1, inputs]), pixels, true))
    return [placed(transposedParts(dy, filter!), window, x!.shape), tf.reshape(tf.stack(dFilter), filter!.shape)]
  }
}

/** Depthwise convolution of [n, ...spatial, c] with [...kernel, c, multiplier]. */
export function depthwiseGradient(window: Window): Gradient {
  return (dy, [x, filter]) => {
    const [channels, multiplier] = filter!.shape.slice(-2) as [number, number]
    const each = tf.reshape(dy, [-1, channels, multiplier])
    const shape = [...dy.shape.slice(0, -1), channels]
    const parts = tapWeights(filter!).map((weights) => tf.reshape(tf.sum(tf.mul(each, weights), 2), shape))
    const dFilter = tapsOf(padded(x!, window), window).map((tap) =>
      tf.sum(tf.mul(each, tf.reshape(tap, [-1, channels, 1])), 0),
    )
    return [placed(parts, window, x!.shape), tf.reshape(tf.stack(dFilter), filter!.shape)]
  }
}

/** Transposed convolution of [n, ...spatial, in] with [...kernel, out, in] to a spatial size, without padding, from
 *  operations that have a gradient everywhere. */
export function composedTransposedConv(x: Tensor, filter: Tensor, window: Window, sizes: readonly number[]): Tensor {
  return placed(transposedParts(x, filter), unpadded(window), [x.shape[0], ...sizes, filter.shape.at(-2)!])
}

/** What each tap of a transposed convolution makes of x: [n, ...spatial, out] a tap. */
function transposedParts(x: Tensor, filter: Tensor): Tensor[] {
  const [outputs, inputs] = filter.shape.slice(-2) as [number, number]
  const pixels = tf.reshape(x, [-1, inputs])
  return tapWeights(filter).map((weights) => {
    const values = tf.matMul(pixels, tf.reshape(weights, [outputs, inputs]), false, true)
    return tf.reshape(values, [...x.shape.slice(0, -1), outputs])
  })
}

/** A filter's weights tap by tap, the last kernel axis fastest. */
function tapWeights(filter: Tensor): Tensor[] {
  const [first, second] = filter.shape.slice(-2) as [number, number]
  const taps = filter.size / (first * second)
  return tf.split(tf.reshape(filter, [taps, first, second]), taps, 0)
}

/** What each tap sees, the window being at all its places: [n, ...out, c] a tap. x is padded already. */
function tapsOf(x: Tensor, window: Window): Tensor[] {
  const bare = unpadded(window)
  const out = x.shape.slice(1, -1).map((size, axis) => outputSize(bare, axis, size))
  return offsets(window.kernel).map((offset) => {
    const reach = out.map((count, axis) => span(count, window.strides[axis]!))
    const seen = tf.slice(x, [0, ...offset, 0], [x.shape[0], ...reach, x.shape.at(-1)!])
    return window.strides.reduce((kept, stride, axis) => everyNth(kept, axis + 1, stride), seen)
  })
}

/** The opposite of tapsOf: values of each tap added where it saw them, the padding cut off. */
function placed(
  parts: readonly Tensor[],
  { kernel, strides, before, after }: Window,
  shape: readonly number[],
): Tensor {
  const around = offsets(kernel)
  const whole = parts
    .map((part, n) => {
      const spread = strides.reduce((wide, stride, axis) => spreadOut(wide, axis + 1, stride), part)
      const pads = around[n]!.map((offset, axis): [number, number] => {
        // Steps may end before the far side does.
        const size = shape[axis + 1]! + before[axis]! + after[axis]!
        return [offset, Math.max(size - offset - spread.shape[axis + 1]!, 0)]
      })
      return tf.pad(spread, [[0, 0], ...pads, [0, 0]])
    })
    .reduce((total, part) => tf.add(total, part))
  const isWhole = [...before, ...after].every((pad) => pad === 0)
  return isWhole ? whole : tf.slice(whole, [0, ...before, 0], [...shape])
}

/** Zeros between the elements along an axis, none behind the last. */
export function spreadOut(x: Tensor, axis: number, step: number): Tensor {
  if (step === 1) return x
  const { shape } = x
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1)
  const inner = product(shape.slice(axis + 1))
  const outer = product(shape.slice(0, axis))
  const size = span(shape[axis]!, step)
  const spaced = tf.pad(tf.reshape(x, [outer * shape[axis]!, 1, inner]), [[0, 0], [0, step - 1], [0, 0]]) // prettier-ignore
  const wide = tf.slice(tf.reshape(spaced, [outer, shape[axis]! * step, inner]), [0, 0, 0], [outer, size, inner])
  return tf.reshape(wide, [...shape.slice(0, axis), size, ...shape.slice(axis + 1)])
}

/** All positions within a kernel, the last axis fastest. */
function offsets(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (all, size) => all.flatMap((offset) => Array.from({ length: size }, (_, n) => [...offset, n])),
    [[]],
  )
}
