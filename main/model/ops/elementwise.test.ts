import { beforeAll, describe } from 'vitest'
import { startEngine } from '../../engine/pick-files.ts'
import { dataTypes } from '../onnx-tensor.ts'
import { checkOperators, floats, ints, scalarFloat } from '../testing/operator-case.ts'
import type { OperatorCase } from '../testing/operator-case.ts'

beforeAll(async () => void (await startEngine()))

const x = [2, 3, 4, 5]
const volume = [2, 3, 2, 3, 4]

describe('activations', () => {
  checkOperators([
    { op: 'Relu', x },
    { op: 'Relu', x: volume },
    { op: 'LeakyRelu', x },
    { op: 'LeakyRelu', says: 'with a slope', x, attributes: { alpha: 0.2 } },
    { op: 'PRelu', says: 'one slope a channel', x, others: [[3, 1, 1]] },
    { op: 'PRelu', says: 'one slope', x, others: [[1]] },
    { op: 'PRelu', says: 'in 3D', x: volume, others: [[3, 1, 1, 1]] },
    { op: 'Elu', x },
    { op: 'Elu', says: 'with a slope', x, attributes: { alpha: 0.5 } },
    { op: 'Selu', x },
    { op: 'Gelu', x, opset: 20 },
    { op: 'Gelu', says: 'tanh', x, opset: 20, attributes: { approximate: 'tanh' } },
    { op: 'HardSigmoid', x, range: [-4.1, 4.1] },
    { op: 'HardSwish', x, range: [-4, 4] },
    { op: 'Mish', x, opset: 18 },
    { op: 'Sigmoid', x },
    { op: 'Softplus', x },
    { op: 'Softsign', x },
    { op: 'Tanh', x },
    { op: 'Clip', says: 'both bounds', x, others: [scalarFloat(-0.503), scalarFloat(1.003)] },
    { op: 'Clip', says: 'no upper bound', x, others: [scalarFloat(-0.503)] },
    { op: 'Clip', says: 'no lower bound', x, others: ['', scalarFloat(0.503)] },
    { op: 'Clip', says: 'bounds as attributes', x, opset: 10, attributes: { min: -0.503, max: 1.003 } },
  ])
})

describe('softmax', () => {
  checkOperators([
    { op: 'Softmax', says: 'over channels', x, attributes: { axis: 1 } },
    { op: 'Softmax', says: 'over the last axis', x },
    { op: 'Softmax', says: 'over channels in 3D', x: volume, attributes: { axis: 1 } },
    { op: 'Softmax', says: 'of a matrix', x: [3, 5] },
    { op: 'Softmax', says: 'flattening, as before operator set 13', x, opset: 11, attributes: { axis: 1 } },
    { op: 'LogSoftmax', says: 'over channels', x, attributes: { axis: 1 } },
    { op: 'LogSoftmax', says: 'over rows', x, attributes: { axis: 2 } },
  ])
})

describe('one input', () => {
  checkOperators([
    { op: 'Abs', x },
    { op: 'Neg', x },
    { op: 'Exp', x },
    { op: 'Log', x, range: [0.1, 3] },
    { op: 'Sqrt', x, range: [0.1, 3] },
    { op: 'Reciprocal', x, range: [0.5, 3] },
    { op: 'Erf', x },
    { op: 'Floor', x, gradient: false },
    { op: 'Ceil', x, gradient: false },
    { op: 'Round', x, gradient: false },
    {
      op: 'Cast',
      says: 'to integers',
      x,
      attributes: { to: dataTypes.int32 },
      outputType: dataTypes.int32,
      gradient: false,
    },
    { op: 'Cast', says: 'to floats', x, attributes: { to: dataTypes.float32 } },
    { op: 'Identity', x },
    { op: 'Dropout', x },
  ])
})

describe('two inputs', () => {
  const binary = (op: string, more: Partial<OperatorCase> = {}): OperatorCase[] => [
    { op, says: 'of equal size', x, others: [x], ...more },
    { op, says: 'with a value a channel', x, others: [[3, 1, 1]], ...more },
    { op, says: 'with a row', x, others: [[5]], ...more },
    { op, says: 'with a larger one', x: [3, 1, 5], others: [[2, 3, 4, 5]], ...more },
    { op, says: 'with a number', x: volume, others: [scalarFloat(1.2503)], ...more },
  ]
  checkOperators([
    ...binary('Add'),
    ...binary('Sub'),
    ...binary('Mul'),
    { op: 'Div', x, others: [floats(0.5, 0.7, 2, -1.2, 3)] },
    { op: 'Div', says: 'by a picture', x: [3, 4, 5], others: [floats(0.5)] },
    ...binary('Max').slice(0, 1),
    { op: 'Max', says: 'with a number', x, others: [scalarFloat(0.503)] },
    { op: 'Min', says: 'with a number', x, others: [scalarFloat(0.503)] },
    { op: 'Sum', says: 'of three', x, others: [x, [3, 1, 1]] },
    { op: 'Mean', says: 'of three', x, others: [x, [3, 1, 1]] },
    { op: 'Pow', says: 'of two', x, others: [scalarFloat(2)] },
    { op: 'Pow', says: 'of three', x, others: [scalarFloat(3)] },
    { op: 'Pow', says: 'of a fraction', x, range: [0.2, 2], others: [scalarFloat(0.7)] },
    { op: 'Pow', says: 'of an exponent a channel', x, range: [0.2, 2], others: [[3, 1, 1]] },
  ])
  const compared = { outputType: dataTypes.bool, gradient: false } as const
  checkOperators([
    { op: 'Equal', x: [2, 3], others: [floats(0.1, 0.2, 0.3)], ...compared },
    { op: 'Greater', x, others: [scalarFloat(0.1)], ...compared },
    { op: 'GreaterOrEqual', x, others: [scalarFloat(0.1)], ...compared },
    { op: 'Less', x, others: [[3, 1, 1]], ...compared },
    { op: 'LessOrEqual', x, others: [[3, 1, 1]], ...compared },
  ])
})

describe('integers', () => {
  checkOperators([
    { op: 'Shape', x, outputType: dataTypes.int64, gradient: false },
    {
      op: 'Shape',
      says: 'in part',
      x,
      attributes: { start: 1, end: -1 },
      outputType: dataTypes.int64,
      gradient: false,
    },
    { op: 'Size', x, outputType: dataTypes.int64, gradient: false },
    { op: 'ArgMax', says: 'over channels', x, attributes: { axis: 1 }, outputType: dataTypes.int64, gradient: false },
    {
      op: 'ArgMax',
      says: 'dropping the axis',
      x,
      attributes: { axis: 1, keepdims: 0 },
      outputType: dataTypes.int64,
      gradient: false,
    },
    { op: 'Expand', says: 'to a size', x: [3, 1, 5], others: [ints(2, 1, 4, 1)] },
  ])
})
