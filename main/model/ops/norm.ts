import { input } from '../operator.ts'
import type { Call } from '../operator.ts'
import { inLayout, tensorValue } from '../value.ts'
import type { Value } from '../value.ts'

/** ONNX BatchNormalization, with the statistics of the model's current norm mode in place of the stored ones. */
export function batchNormalization(call: Call): Value {
  const x = inLayout(input(call, 0), 'last')
  const scale = inLayout(input(call, 1), 'onnx')
  const offset = inLayout(input(call, 2), 'onnx')
  return tensorValue(call.batchNorm(call.node.inputs[1]!, x, scale, offset), 'last')
}
