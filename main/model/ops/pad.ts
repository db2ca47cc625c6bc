import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import { BadNode, axisOf, input, number, numbers, text } from '../operator.ts'
import type { Call, Operator } from '../operator.ts'
import { dimsOf, inLayout, layoutOf, numbersOf, storedAxis, tensorValue } from '../value.ts'
import { partOf } from './slice.ts'

/** ONNX Pad: constant, reflect, edge, wrap; negative pads crop. Reflection is put together from slices, since tfjs's
 *  own has a wrong gradient (it forgets what is mirrored). */
export const pad: Operator = (call) => {
  const x = input(call, 0)
  const layout = layoutOf(x)
  const mode = text(call.node, 'mode', 'constant')
  const rank = dimsOf(x).length
  const pads = padsOf(call, rank)
  let tensor = inLayout(x, layout)
  const stored = (axis: number): number => storedAxis(axis, layout, rank)
  const byStored = Array.from({ length: rank }, (): [number, number] => [0, 0])
  pads.forEach(([before, after], axis) => {
    const at = stored(axis)
    const [cutBefore, cutAfter] = [Math.max(-before, 0), Math.max(-after, 0)]
    if (cutBefore || cutAfter) tensor = partOf(tensor, at, cutBefore, tensor.shape[at]! - cutBefore - cutAfter)
    byStored[at] = [Math.max(before, 0), Math.max(after, 0)]
  })
  if (mode === 'constant') return tensorValue(tf.pad(tensor, byStored, constantOf(call)), layout)
  byStored.forEach(([before, after], axis) => {
    if (before || after) tensor = extended(call, tensor, axis, before, after, mode)
  })
  return tensorValue(tensor, layout)
}

function padsOf(call: Call, rank: number): [number, number][] {
  const flat = call.inputs[1] ? numbersOf(call.inputs[1]) : (numbers(call.node, 'pads') ?? [])
  const named = call.inputs[3] ? numbersOf(call.inputs[3]) : Array.from({ length: rank }, (_, axis) => axis)
  if (flat.length !== 2 * named.length) throw new BadNode(call.node, `has ${flat.length} pads for ${named.length} axes`)
  const pads = Array.from({ length: rank }, (): [number, number] => [0, 0])
  named.forEach((axis, n) => (pads[axisOf(call, axis, rank)] = [flat[n]!, flat[n + named.length]!]))
  return pads
}

function constantOf(call: Call): number {
  const value = call.inputs[2]
  return value ? numbersOf(value)[0]! : number(call.node, 'value', 0)
}

function extended(call: Call, x: Tensor, axis: number, before: number, after: number, mode: string): Tensor {
  const size = x.shape[axis]!
  const reach = mode === 'reflect' ? size - 1 : mode === 'wrap' ? size : Infinity
  if (before > reach || after > reach) throw new BadNode(call.node, `pads ${size} elements by ${before} and ${after}`)
  const part = (start: number, length: number): Tensor[] => (length ? [partOf(x, axis, start, length)] : [])
  switch (mode) {
    case 'reflect': {
      const mirrored = (parts: Tensor[]): Tensor[] => parts.map((one) => tf.reverse(one, axis))
      return tf.concat([...mirrored(part(1, before)), x, ...mirrored(part(size - 1 - after, after))], axis)
    }
    case 'edge': {
      const copies = (start: number, times: number): Tensor[] => Array<Tensor[]>(times).fill(part(start, 1)).flat()
      return tf.concat([...copies(0, before), x, ...copies(size - 1, after)], axis)
    }
    case 'wrap':
      return tf.concat([...part(size - before, before), x, ...part(0, after)], axis)
    default:
      throw new BadNode(call.node, `pads by "${mode}", which is not there yet`)
  }
}
