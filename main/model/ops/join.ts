import { tf } from '../../engine/tf.ts'
import { integer } from '../operator.ts'
import type { Call } from '../operator.ts'
import { dimsOf, inLayout, storedAxis, tensorValue } from '../value.ts'
import type { Layout, Value } from '../value.ts'

/** ONNX Concat. Channels-last wherever one of its inputs is. */
export function concat(call: Call): Value {
  const values = call.inputs.filter((value) => value !== undefined)
  const layout = commonLayout(values)
  const axis = storedAxis(integer(call.node, 'axis', 1), layout, dimsOf(values[0]!).length)
  return tensorValue(
    tf.concat(
      values.map((value) => inLayout(value, layout)),
      axis,
    ),
    layout,
  )
}

export function commonLayout(values: readonly Value[]): Layout {
  return values.some((value) => value.kind === 'tensor' && value.layout === 'last') ? 'last' : 'onnx'
}
