import type { Operator } from './operator.ts'
import { activations } from './ops/activation.ts'
import { arithmetic } from './ops/arithmetic.ts'
import { conv, convTranspose } from './ops/conv.ts'
import { concat, split } from './ops/join.ts'
import { einsum, gemm, matMul } from './ops/linear.ts'
import { batchNormalization, groupNormalization, instanceNormalization, layerNormalization } from './ops/norm.ts'
import { pad } from './ops/pad.ts'
import { averagePool, globalAveragePool, globalMaxPool, maxPool } from './ops/pool.ts'
import { reductions } from './ops/reduce.ts'
import { resize, upsample } from './ops/resize.ts'
import { shapes } from './ops/shape.ts'
import { gather, slice } from './ops/slice.ts'
import { logSoftmax, softmax } from './ops/softmax.ts'

/** Every ONNX operator that runs, by its name in the standard. Constant is not among them: prepare.ts takes it away. */
export const operators: Readonly<Record<string, Operator>> = {
  ...activations,
  ...arithmetic,
  ...reductions,
  ...shapes,
  AveragePool: averagePool,
  BatchNormalization: batchNormalization,
  Concat: concat,
  Conv: conv,
  ConvTranspose: convTranspose,
  Einsum: einsum,
  Gather: gather,
  Gemm: gemm,
  GlobalAveragePool: globalAveragePool,
  GlobalMaxPool: globalMaxPool,
  GroupNormalization: groupNormalization,
  InstanceNormalization: instanceNormalization,
  LayerNormalization: layerNormalization,
  LogSoftmax: logSoftmax,
  MatMul: matMul,
  MaxPool: maxPool,
  Pad: pad,
  Resize: resize,
  Slice: slice,
  Softmax: softmax,
  Split: split,
  Upsample: upsample,
}
