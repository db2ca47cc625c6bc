import { describe } from 'vitest'
import { checkOperators } from './operator-case.ts'
import type { OperatorCase } from './operator-case.ts'

/** Convolutions and pooling, in every form that exporters write. Called once on each engine, since several of their
 *  gradients are ours on wasm (ops/composed.ts) and TensorFlow's elsewhere. */
export function checkWindows(): void {
  describe('Conv', () => {
    const x = [2, 3, 7, 8]
    const conv = (
      says: string,
      attributes: NonNullable<OperatorCase['attributes']>,
      others: NonNullable<OperatorCase['others']> = [[4, 3, 3, 3], [4]],
      image: readonly number[] = x,
    ): OperatorCase => ({ op: 'Conv', says, x: image, others, attributes, tolerance: 1e-4 })
    checkOperators([
      conv('bare', {}, [[4, 3, 3, 3]]),
      conv('with bias, padded', { pads: [1, 1, 1, 1] }),
      conv('1x1', { kernel_shape: [1, 1] }, [[4, 3, 1, 1], [4]]),
      conv('stride 2, padded as in nnU-Net', { pads: [1, 1, 1, 1], strides: [2, 2] }),
      conv('uneven strides', { pads: [1, 1, 1, 1], strides: [2, 1] }),
      conv('uneven pads', { pads: [0, 2, 1, 0] }),
      conv('uneven kernel', { pads: [1, 2, 1, 2] }, [[4, 3, 3, 5], [4]]),
      conv('even kernel', { pads: [0, 0, 1, 1] }, [[4, 3, 2, 2], [4]]),
      conv('dilated', { pads: [2, 2, 2, 2], dilations: [2, 2] }),
      conv('dilated unevenly, with strides', { pads: [2, 3, 2, 3], dilations: [2, 3], strides: [2, 2] }),
      conv('auto_pad SAME_UPPER', { auto_pad: 'SAME_UPPER', strides: [2, 2] }),
      conv('auto_pad SAME_LOWER', { auto_pad: 'SAME_LOWER', strides: [2, 2] }),
      conv('auto_pad VALID', { auto_pad: 'VALID' }),
      conv('depthwise', { pads: [1, 1, 1, 1], group: 3 }, [[3, 1, 3, 3], [3]]),
      conv('depthwise, two each', { pads: [1, 1, 1, 1], group: 3, strides: [2, 2] }, [[6, 1, 3, 3], [6]]),
      conv('depthwise, dilated', { pads: [2, 2, 2, 2], group: 3, dilations: [2, 2] }, [[3, 1, 3, 3], [3]]),
      conv('in groups', { pads: [1, 1, 1, 1], group: 2 }, [[6, 2, 3, 3], [6]], [2, 4, 5, 6]),
      conv('in 1D', { pads: [1, 1], strides: [2] }, [[4, 3, 3], [4]], [2, 3, 9]),
      conv('in 3D', { pads: [1, 1, 1, 1, 1, 1] }, [[4, 2, 3, 3, 3], [4]], [2, 2, 4, 5, 6]),
      conv(
        'in 3D, stride 2',
        { pads: [1, 1, 1, 1, 1, 1], strides: [2, 2, 2] },
        [[4, 2, 3, 3, 3], [4]],
        [1, 2, 4, 5, 6],
      ),
      conv('in 3D, flat kernel', { pads: [0, 1, 1, 0, 1, 1], strides: [1, 2, 2] }, [[4, 2, 1, 3, 3]], [1, 2, 4, 5, 6]),
      conv('in 3D, dilated', { pads: [2, 2, 2, 2, 2, 2], dilations: [2, 2, 2] }, [[2, 2, 3, 3, 3]], [1, 2, 4, 5, 6]),
      conv('in 3D, in groups', { pads: [1, 1, 1, 1, 1, 1], group: 2 }, [[4, 1, 3, 3, 3], [4]], [1, 2, 4, 3, 4]),
    ])
  })

  describe('ConvTranspose', () => {
    const up = (
      says: string,
      attributes: NonNullable<OperatorCase['attributes']>,
      others: NonNullable<OperatorCase['others']> = [[3, 4, 3, 3], [4]],
      image: readonly number[] = [2, 3, 4, 5],
    ): OperatorCase => ({ op: 'ConvTranspose', says, x: image, others, attributes, tolerance: 1e-4 })
    checkOperators([
      up('bare', {}, [[3, 4, 3, 3]]),
      up('2x2, stride 2', { kernel_shape: [2, 2], strides: [2, 2] }, [[3, 4, 2, 2], [4]]),
      up('4x4, stride 2, padded', { strides: [2, 2], pads: [1, 1, 1, 1] }, [[3, 4, 4, 4], [4]]),
      up('3x3, stride 2, with output_padding', { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] }),
      up('output_padding beyond the pads', { strides: [2, 2], output_padding: [1, 1] }),
      up('uneven', { strides: [2, 1], pads: [0, 1, 1, 0] }),
      up('stride larger than the kernel', { strides: [3, 3] }, [[3, 4, 2, 2], [4]]),
      up('dilated', { strides: [2, 2], dilations: [2, 2], pads: [1, 1, 1, 1] }),
      up('in groups', { strides: [2, 2], group: 2 }, [[4, 3, 2, 2], [6]], [2, 4, 3, 4]),
      up('of a given size', { strides: [2, 2], output_shape: [8, 10] }),
      up('auto_pad SAME_UPPER', { strides: [2, 2], auto_pad: 'SAME_UPPER' }),
      up('in 1D', { strides: [2] }, [[3, 4, 2], [4]], [2, 3, 5]),
      up('in 3D', { strides: [2, 2, 2] }, [[2, 3, 2, 2, 2], [3]], [2, 2, 2, 3, 4]),
      up('in 3D, flat', { strides: [1, 2, 2] }, [[2, 3, 1, 2, 2], [3]], [1, 2, 2, 3, 4]),
      up('in 3D, padded', { strides: [2, 2, 2], pads: [1, 1, 1, 1, 1, 1] }, [[2, 3, 3, 3, 3], [3]], [1, 2, 2, 3, 4]),
      up('in 3D, in groups', { strides: [2, 2, 2], group: 2 }, [[4, 1, 2, 2, 2]], [1, 4, 2, 3, 2]),
    ])
  })

  describe('pooling', () => {
    const x = [2, 3, 7, 8]
    const pool = (
      op: string,
      says: string,
      attributes: NonNullable<OperatorCase['attributes']>,
      image: readonly number[] = x,
      opset = 19,
    ): OperatorCase => ({ op, says, x: image, attributes, opset })
    const both = ['MaxPool', 'AveragePool'].flatMap((op) => [
      pool(op, '2x2', { kernel_shape: [2, 2], strides: [2, 2] }),
      pool(op, '3x3, stride 2, padded', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] }),
      pool(op, 'overlapping', { kernel_shape: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1] }),
      pool(op, 'uneven', { kernel_shape: [3, 2], strides: [1, 2], pads: [1, 0, 0, 1] }),
      pool(op, 'with ceil_mode', { kernel_shape: [2, 2], strides: [2, 2], ceil_mode: 1 }),
      pool(op, 'with ceil_mode and pads', { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], ceil_mode: 1 }),
      pool(op, 'dilated', { kernel_shape: [2, 2], dilations: [2, 2] }),
      pool(op, 'auto_pad SAME_UPPER', { kernel_shape: [3, 3], strides: [2, 2], auto_pad: 'SAME_UPPER' }),
      pool(op, 'auto_pad SAME_LOWER', { kernel_shape: [2, 2], strides: [2, 2], auto_pad: 'SAME_LOWER' }),
      pool(op, 'in 1D', { kernel_shape: [2], strides: [2] }, [2, 3, 8]),
      pool(op, 'in 3D', { kernel_shape: [2, 2, 2], strides: [2, 2, 2] }, [1, 2, 4, 4, 6]),
      pool(op, 'in 3D, flat', { kernel_shape: [1, 2, 2], strides: [1, 2, 2] }, [1, 2, 3, 4, 6]),
      pool(
        op,
        'in 3D, padded',
        { kernel_shape: [3, 3, 3], strides: [2, 2, 2], pads: [1, 1, 1, 1, 1, 1] },
        [1, 2, 4, 4, 5],
      ),
    ])
    const counted = { kernel_shape: [3, 3], strides: [2, 2], count_include_pad: 1 }
    checkOperators([
      ...both,
      pool('AveragePool', 'counting pads', { ...counted, pads: [1, 1, 1, 1] }),
      pool(
        'AveragePool',
        'counting pads, with ceil_mode',
        { ...counted, pads: [1, 1, 1, 1], ceil_mode: 1 },
        [1, 2, 6, 8],
      ),
      pool('AveragePool', 'counting uneven pads', { ...counted, pads: [0, 1, 2, 0] }),
      pool('GlobalAveragePool', '', {}),
      pool('GlobalAveragePool', 'in 3D', {}, [1, 2, 3, 4, 5]),
      pool('GlobalMaxPool', '', {}),
    ])
  })
}
