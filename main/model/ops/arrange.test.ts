import { beforeAll, describe } from 'vitest'
import { startEngine } from '../../engine/pick-files.ts'
import type { OnnxTensor } from '../onnx-types.ts'
import { checkOperators, floats, ints, scalarFloat, scalarInt } from '../testing/operator-case.ts'
import type { OperatorCase } from '../testing/operator-case.ts'

beforeAll(async () => void (await startEngine()))

const x = [2, 6, 4, 5]
const volume = [2, 4, 2, 3, 4]
type Attributes = NonNullable<OperatorCase['attributes']>

describe('Resize', () => {
  const scaled = (says: string, attributes: Attributes, scales = [1, 1, 2, 2], image = [2, 3, 4, 5]): OperatorCase => ({
    op: 'Resize',
    says,
    x: image,
    others: ['', floats(...scales)],
    attributes,
    opset: 19,
  })
  const sized = (says: string, attributes: Attributes, sizes: number[], image = [2, 3, 4, 5]): OperatorCase => ({
    ...scaled(says, attributes, [], image),
    others: ['', '', ints(...sizes)],
  })
  const coordinates = ['half_pixel', 'pytorch_half_pixel', 'align_corners', 'asymmetric', 'half_pixel_symmetric']
  checkOperators([
    ...coordinates.flatMap((mode) => [
      scaled(`linear, ${mode}`, { mode: 'linear', coordinate_transformation_mode: mode }),
      sized(`linear, ${mode}, to a size`, { mode: 'linear', coordinate_transformation_mode: mode }, [2, 3, 7, 3]),
    ]),
    ...['round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'].flatMap((mode) => [
      scaled(`nearest, asymmetric, ${mode}`, { coordinate_transformation_mode: 'asymmetric', nearest_mode: mode }),
      scaled(`nearest, half_pixel, ${mode}`, { nearest_mode: mode }),
      sized(`nearest, ${mode}, to a size`, { nearest_mode: mode }, [2, 3, 7, 3]),
    ]),
    scaled('linear, by fractions', { mode: 'linear' }, [1, 1, 1.6, 0.7]),
    scaled('cubic', { mode: 'cubic', cubic_coeff_a: -0.75 }),
    scaled('cubic, leaving out what is outside', { mode: 'cubic', exclude_outside: 1 }),
    scaled('cubic, align_corners', { mode: 'cubic', coordinate_transformation_mode: 'align_corners' }),
    scaled(
      'nearest, in 3D',
      { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
      [1, 1, 2, 2, 2],
      [1, 2, 2, 3, 4],
    ),
    scaled('linear, in 3D', { mode: 'linear' }, [1, 1, 2, 2, 2], [1, 2, 2, 3, 4]),
    scaled(
      'linear, in 3D, align_corners',
      { mode: 'linear', coordinate_transformation_mode: 'align_corners' },
      [1, 1, 2, 2, 2],
      [1, 2, 2, 3, 4],
    ),
    { ...sized('of named axes', { mode: 'linear', axes: [2, 3] }, [7, 3]), opset: 18 },
    {
      ...sized('keeping the aspect', { mode: 'linear', axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' }, [8, 20]),
      opset: 18,
    },
    { op: 'Resize', says: 'as in operator set 10', x: [2, 3, 4, 5], others: [floats(1, 1, 2, 2)], opset: 10 },
    {
      op: 'Resize',
      says: 'as in operator set 10, linear',
      x: [2, 3, 4, 5],
      others: [floats(1, 1, 2, 2)],
      attributes: { mode: 'linear' },
      opset: 10,
    },
    { op: 'Upsample', x: [2, 3, 4, 5], others: [floats(1, 1, 2, 2)], opset: 9 },
    {
      op: 'Upsample',
      says: 'linear',
      x: [2, 3, 4, 5],
      others: [floats(1, 1, 2, 2)],
      attributes: { mode: 'linear' },
      opset: 9,
    },
    { op: 'Upsample', says: 'as an attribute', x: [2, 3, 4, 5], attributes: { scales: [1, 1, 2, 3] }, opset: 7 },
  ])
})

describe('Concat, Split', () => {
  checkOperators([
    {
      op: 'Concat',
      says: 'of channels',
      x,
      others: [
        [2, 1, 4, 5],
        [2, 2, 4, 5],
      ],
      attributes: { axis: 1 },
    },
    { op: 'Concat', says: 'of rows', x, others: [[2, 6, 1, 5]], attributes: { axis: -2 } },
    { op: 'Concat', says: 'in 3D', x: volume, others: [volume], attributes: { axis: 1 } },
    { op: 'Split', says: 'into equals', x, attributes: { axis: 1 }, output: [1, 3] },
    { op: 'Split', says: 'into sizes', x, others: [ints(1, 2, 3)], attributes: { axis: 1 }, output: [2, 3] },
    {
      op: 'Split',
      says: 'sizes as an attribute',
      x,
      attributes: { axis: 1, split: [4, 2] },
      output: [0, 2],
      opset: 11,
    },
    { op: 'Split', says: 'into unequal parts', x, attributes: { axis: 3, num_outputs: 2 }, output: [1, 2], opset: 18 },
  ])
})

describe('Slice, Gather', () => {
  const slice = (says: string, starts: number[], ends: number[], axes?: number[], steps?: number[]): OperatorCase => ({
    op: 'Slice',
    says,
    x,
    others: [ints(...starts), ints(...ends), ...(axes ? [ints(...axes)] : []), ...(steps ? [ints(...steps)] : [])],
  })
  const gather = (says: string, indices: OnnxTensor, axis: number): OperatorCase => ({
    op: 'Gather',
    says,
    x,
    others: [indices],
    attributes: { axis },
  })
  checkOperators([
    slice('of the first axes', [0, 1], [1, 3]),
    slice('of named axes', [1, 2], [5, 4], [1, 3]),
    slice('from the end', [-3], [-1], [2]),
    slice('beyond the end', [1], [1000], [1]),
    slice('with steps', [0, 1], [6, 5], [1, 3], [2, 3]),
    slice('backwards', [-1], [-1000], [1], [-1]),
    slice('backwards with steps', [4], [0], [3], [-2]),
    { op: 'Slice', says: 'as attributes', x, attributes: { starts: [1], ends: [2 ** 63], axes: [2] }, opset: 9 },
    gather('one channel', scalarInt(2), 1),
    gather('channels', ints(3, 0, -1), 1),
    gather('one row', scalarInt(-1), 2),
    gather('one picture', scalarInt(1), 0),
    gather('a matrix of rows', { ...ints(0, 1, 2, 1), dims: [2, 2] }, 2),
  ])
})

describe('Pad', () => {
  const pad = (says: string, pads: number[], attributes: Attributes = {}, value?: number): OperatorCase => ({
    op: 'Pad',
    says,
    x,
    others: [ints(...pads), ...(value === undefined ? [] : [scalarFloat(value)])],
    attributes,
    opset: 19,
  })
  checkOperators([
    pad('with zeros', [0, 0, 1, 2, 0, 0, 3, 0]),
    pad('with a number', [0, 1, 1, 2, 0, 0, 3, 0], {}, -1.5),
    pad('cropping', [0, 0, -1, 0, 0, 0, 1, -2]),
    pad('reflecting', [0, 0, 1, 2, 0, 0, 3, 0], { mode: 'reflect' }),
    pad('repeating the edge', [0, 0, 1, 2, 0, 0, 3, 0], { mode: 'edge' }),
    pad('around', [0, 0, 1, 2, 0, 0, 3, 0], { mode: 'wrap' }),
    {
      op: 'Pad',
      says: 'reflecting in 3D',
      x: [1, 2, 3, 3, 4],
      others: [ints(0, 0, 1, 0, 1, 0, 0, 1, 2, 1)],
      attributes: { mode: 'reflect' },
    },
    { op: 'Pad', says: 'of named axes', x, others: [ints(1, 2), scalarFloat(0.5), ints(-1)], opset: 18 },
    { op: 'Pad', says: 'as attributes', x, attributes: { pads: [0, 0, 1, 1, 0, 0, 1, 1], value: 2 }, opset: 10 },
  ])
})

describe('shapes', () => {
  checkOperators([
    { op: 'Reshape', x, others: [ints(0, -1)] },
    { op: 'Reshape', says: 'to groups', x, others: [ints(0, 2, -1)] },
    { op: 'Reshape', says: 'to more axes', x, others: [ints(2, 2, 3, 4, 5)] },
    { op: 'Reshape', says: 'of a matrix', x: [4, 6], others: [ints(2, 2, 3, 2)] },
    { op: 'Flatten', x },
    { op: 'Flatten', says: 'from an axis on', x, attributes: { axis: -1 } },
    { op: 'Transpose', x },
    { op: 'Transpose', says: 'to channels last', x, attributes: { perm: [0, 2, 3, 1] } },
    { op: 'Transpose', says: 'from channels last', x, attributes: { perm: [0, 3, 1, 2] } },
    { op: 'Transpose', says: 'of rows and columns', x, attributes: { perm: [0, 1, 3, 2] } },
    { op: 'Transpose', says: 'in 3D', x: volume, attributes: { perm: [1, 0, 4, 2, 3] } },
    { op: 'Squeeze', x: [2, 3, 1, 1] },
    { op: 'Squeeze', says: 'the channel', x: [2, 1, 4, 5], others: [ints(1)] },
    { op: 'Squeeze', says: 'a spatial axis', x: [2, 3, 1, 5], others: [ints(-2)] },
    { op: 'Squeeze', says: 'the picture', x: [1, 3, 4, 5], others: [ints(0)] },
    { op: 'Squeeze', says: 'as an attribute', x: [2, 1, 4, 5], attributes: { axes: [1] }, opset: 11 },
    { op: 'Unsqueeze', says: 'behind', x: [2, 3], others: [ints(2, 3)] },
    { op: 'Unsqueeze', says: 'a spatial axis', x, others: [ints(2)] },
    { op: 'Unsqueeze', says: 'in front', x, others: [ints(0)] },
    { op: 'Unsqueeze', says: 'as an attribute', x: [2, 3], attributes: { axes: [-1] }, opset: 11 },
    { op: 'Expand', x: [2, 6, 1, 5], others: [ints(2, 6, 4, 5)] },
    { op: 'Expand', says: 'with a new axis', x: [1, 6, 1, 5], others: [ints(2, 1, 1, 4, 1)] },
    { op: 'Tile', x, others: [ints(1, 2, 1, 3)] },
    { op: 'DepthToSpace', x: [2, 8, 3, 4], attributes: { blocksize: 2 } },
    { op: 'DepthToSpace', says: 'as PixelShuffle', x: [2, 8, 3, 4], attributes: { blocksize: 2, mode: 'CRD' } },
    { op: 'SpaceToDepth', x: [2, 3, 4, 6], attributes: { blocksize: 2 } },
  ])
})

describe('reductions', () => {
  const all = ['ReduceMean', 'ReduceSum', 'ReduceMax', 'ReduceMin', 'ReduceL1', 'ReduceL2', 'ReduceSumSquare']
  checkOperators([
    ...[...all, 'ReduceLogSumExp', 'ReduceProd'].flatMap((op): OperatorCase[] => [
      { op, says: 'over pixels', x, attributes: { axes: [2, 3] }, opset: 12 },
      { op, says: 'over channels, dropping them', x, attributes: { axes: [1], keepdims: 0 }, opset: 12 },
      {
        op,
        says: 'over everything',
        x: [2, 2, 3, 2],
        range: [0.5, 1.5],
        attributes: { keepdims: 0 },
        opset: 12,
        tolerance: 1e-4,
      },
    ]),
    { op: 'ReduceMean', says: 'over axes given as input', x, others: [ints(-1, 2)], opset: 18 },
    { op: 'ReduceSum', says: 'over axes given as input', x, others: [ints(1)], attributes: { keepdims: 0 }, opset: 13 },
    { op: 'ReduceMean', says: 'over pictures, dropping them', x, attributes: { axes: [0], keepdims: 0 }, opset: 12 },
    { op: 'ReduceMean', says: 'over slices', x: volume, attributes: { axes: [2], keepdims: 0 }, opset: 12 },
    { op: 'ReduceSum', says: 'of nothing', x, attributes: { noop_with_empty_axes: 1 }, opset: 13 },
  ])
})

describe('linear', () => {
  checkOperators([
    { op: 'Gemm', x: [3, 4], others: [[4, 5], [5]] },
    {
      op: 'Gemm',
      says: 'transposed and scaled',
      x: [4, 3],
      others: [
        [5, 4],
        [3, 5],
      ],
      attributes: { transA: 1, transB: 1, alpha: 0.5, beta: 2 },
    },
    { op: 'Gemm', says: 'without bias', x: [3, 4], others: [[4, 5]] },
    { op: 'MatMul', x: [3, 4], others: [[4, 5]] },
    { op: 'MatMul', says: 'of rows', x: [2, 3, 4, 5], others: [[5, 6]] },
    { op: 'MatMul', says: 'by picture', x: [2, 3, 4, 5], others: [[2, 3, 5, 2]] },
    { op: 'MatMul', says: 'broadcast', x: [2, 1, 4, 5], others: [[3, 5, 2]] },
    { op: 'MatMul', says: 'with a vector', x: [2, 4, 5], others: [[5]] },
    { op: 'Einsum', x: [2, 3, 4], others: [[2, 4, 5]], attributes: { equation: 'bij,bjk->bik' } },
    {
      op: 'Einsum',
      says: 'with a transposed result',
      x: [2, 3, 4, 5],
      others: [[6, 3]],
      attributes: { equation: 'nchw,kc->nhwk' },
    },
    { op: 'Einsum', says: 'with a sum', x: [2, 3, 4], others: [[4, 5]], attributes: { equation: 'bij,jk->bk' } },
    { op: 'Einsum', says: 'of one', x: [2, 3, 4], attributes: { equation: 'bij->ji' } },
  ])
})

describe('normalization', () => {
  checkOperators([
    { op: 'InstanceNormalization', x, others: [[6], [6]], tolerance: 1e-4 },
    {
      op: 'InstanceNormalization',
      says: 'of one picture',
      x: [1, 3, 4, 5],
      others: [[3], [3]],
      attributes: { epsilon: 1e-2 },
      tolerance: 1e-4,
    },
    { op: 'InstanceNormalization', says: 'in 3D', x: volume, others: [[4], [4]], tolerance: 1e-4 },
    { op: 'InstanceNormalization', says: 'in 1D', x: [2, 3, 8], others: [[3], [3]], tolerance: 1e-4 },
    {
      op: 'GroupNormalization',
      says: 'scales by channel',
      x,
      others: [[6], [6]],
      attributes: { num_groups: 2 },
      opset: 21,
      tolerance: 1e-4,
    },
    {
      op: 'GroupNormalization',
      says: 'in 3D',
      x: volume,
      others: [[4], [4]],
      attributes: { num_groups: 2 },
      opset: 21,
      tolerance: 1e-4,
    },
    { op: 'LayerNormalization', x, others: [[5], [5]], tolerance: 1e-4 },
    {
      op: 'GroupNormalization',
      says: 'scales by group',
      x,
      others: [[2], [2]],
      attributes: { num_groups: 2 },
      opset: 18,
      tolerance: 1e-4,
    },
    {
      op: 'LayerNormalization',
      says: 'from an axis on',
      x: [2, 3, 4],
      others: [
        [3, 4],
        [3, 4],
      ],
      attributes: { axis: 1 },
      tolerance: 1e-4,
    },
    { op: 'LayerNormalization', says: 'without shift', x, others: [[5]], tolerance: 1e-4 },
  ])
})
