import type { Operator } from './operator.ts'
import { relu, softmax } from './ops/activation.ts'
import { conv, convTranspose } from './ops/conv.ts'
import { concat } from './ops/join.ts'
import { batchNormalization } from './ops/norm.ts'
import { maxPool } from './ops/pool.ts'

/** Every ONNX operator that runs, by its name in the standard. */
export const operators: Readonly<Record<string, Operator>> = {
  BatchNormalization: batchNormalization,
  Concat: concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  Identity: (call) => call.inputs[0]!,
  MaxPool: maxPool,
  Relu: relu,
  Softmax: softmax,
}
