import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { BadNode, input, numbers } from '../operator.ts'
import type { Call } from '../operator.ts'
import { inLayout, tensorValue } from '../value.ts'
import type { Value } from '../value.ts'
import { paddingName, windowOf } from './window.ts'

/** ONNX MaxPool over 2 or 3 spatial axes. */
export function maxPool(call: Call): Value {
  const x = inLayout(input(call, 0), 'last')
  const kernel = numbers(call.node, 'kernel_shape')
  if (!kernel) throw new BadNode(call.node, 'has no kernel_shape')
  const window = windowOf(call.node, kernel, x.shape.slice(1, -1))
  const padding = paddingName(window, x.shape.slice(1, -1))
  if (!padding) throw new BadNode(call.node, 'has pads that are not supported')
  const y: Tensor =
    x.rank === 4
      ? tf.maxPool(x as tf.Tensor4D, kernel as [number, number], [...window.strides] as [number, number], padding)
      : tf.maxPool3d(
          x as tf.Tensor5D,
          kernel as [number, number, number],
          [...window.strides] as [number, number, number],
          padding,
        )
  return tensorValue(y, 'last')
}
