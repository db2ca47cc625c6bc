import { describe, expect, it } from 'vitest'
import { createRandom } from '../volume/random.ts'
import { fromBfloat16, fromFloat16, toFloat16 } from './float16.ts'
import { onnx } from './onnx-schema.js'
import type { TensorProto } from './onnx-schema.js'
import { dataTypes } from './onnx-tensor.ts'
import { readOnnx, writeOnnx } from './onnx.ts'
import type { OnnxGraph, OnnxTensor } from './onnx-types.ts'

const base: OnnxGraph = {
  name: 'graph',
  opset: 17,
  nodes: [
    {
      name: 'slice',
      opType: 'Slice',
      domain: '',
      inputs: ['x', 'starts', 'ends'],
      outputs: ['y'],
      attributes: {
        axis: -1,
        alpha: 1,
        epsilon: 1e-5,
        mode: 'linear',
        pads: [1, 2],
        scales: [2, 2],
        names: ['a', 'b'],
        ends: [2 ** 63],
        value: { name: '', dims: [1], dataType: dataTypes.int64, data: BigInt64Array.of(-3n) },
      },
    },
  ],
  initializers: new Map(),
  inputs: [{ name: 'x', dataType: 1, dims: ['n', 1, 'h', 8] }],
  outputs: [{ name: 'y', dataType: 1, dims: ['n', 1, 'h', 8] }],
  metadata: { source: 'test' },
}

function withTensors(...tensors: OnnxTensor[]): OnnxGraph {
  return { ...base, initializers: new Map(tensors.map((tensor) => [tensor.name, tensor])) }
}

/** A model file whose only weight is written as given. */
function fileWith(tensor: TensorProto): Uint8Array {
  const graph = { node: [{ op_type: 'Relu', input: ['x'], output: ['y'] }], initializer: [tensor] }
  return onnx.ModelProto.encode({ ir_version: 8, graph, opset_import: [{ domain: '', version: 17 }] }).finish()
}

describe('a graph', () => {
  it('comes back as it was', () => {
    const graph = withTensors(
      { name: 'f', dims: [2, 1], dataType: dataTypes.float32, data: Float32Array.of(1.1, -0) },
      { name: 'd', dims: [1], dataType: dataTypes.float64, data: Float64Array.of(0.1) },
      { name: 'i', dims: [2], dataType: dataTypes.int64, data: BigInt64Array.of(2n ** 63n - 1n, -1n) },
      { name: 'j', dims: [1], dataType: dataTypes.int32, data: Int32Array.of(-7) },
      { name: 'u', dims: [1], dataType: dataTypes.uint8, data: Uint8Array.of(200) },
      { name: 's', dims: [1], dataType: dataTypes.int8, data: Int8Array.of(-100) },
      { name: 'b', dims: [], dataType: dataTypes.bool, data: Uint8Array.of(1) },
      { name: 'h', dims: [3], dataType: dataTypes.float16, data: Float32Array.of(1.5, -65504, 2 ** -24) },
      { name: 'k', dims: [2], dataType: dataTypes.bfloat16, data: Float32Array.of(1.5, -(2 ** 100)) },
      { name: 'e', dims: [0], dataType: dataTypes.float32, data: new Float32Array(0) },
    )
    const again = readOnnx(writeOnnx(graph))
    const node = { ...base.nodes[0]!, attributes: { ...base.nodes[0]!.attributes, epsilon: Math.fround(1e-5) } }
    expect(again).toEqual({ ...graph, nodes: [node] })
    expect(writeOnnx(again)).toEqual(writeOnnx(graph))
  })

  it('keeps whole-numbered floats floats and the largest integer the largest', () => {
    const [node] = onnx.ModelProto.decode(writeOnnx(base)).graph!.node!
    const types = Object.fromEntries(node!.attribute!.map(({ name = '', type }) => [name, type]))
    expect(types).toEqual({ axis: 2, alpha: 1, epsilon: 1, mode: 3, pads: 7, scales: 6, names: 8, ends: 7, value: 4 })
    const ends = node!.attribute!.find(({ name }) => name === 'ends')!.ints![0]!
    expect(ends).toMatchObject({ low: -1, high: 2 ** 31 - 1 })
  })

  it('does not list initializers as inputs', () => {
    const graph = withTensors({ name: 'w', dims: [1], dataType: 1, data: Float32Array.of(1) })
    const old = { ...graph, inputs: [...graph.inputs, { name: 'w', dataType: 1, dims: [1] }] }
    expect(readOnnx(writeOnnx(old)).inputs.map(({ name }) => name)).toEqual(['x'])
  })
})

describe('weights', () => {
  it.each([
    ['float_data', { data_type: 1, float_data: [1.5, -2] }, [1.5, -2]],
    ['double_data', { data_type: 11, double_data: [1.5, -2] }, [1.5, -2]],
    ['int64_data', { data_type: 7, int64_data: [5, -2] }, [5n, -2n]],
    ['int32_data', { data_type: 6, int32_data: [5, -2] }, [5, -2]],
    ['int32_data of uint8', { data_type: 2, int32_data: [5, 255] }, [5, 255]],
    ['int32_data of float16', { data_type: 10, int32_data: [0x3c00, 0xc000] }, [1, -2]],
    ['int32_data of bfloat16', { data_type: 16, int32_data: [0x3f80, 0xc000] }, [1, -2]],
    ['raw_data', { data_type: 1, raw_data: new Uint8Array(Float32Array.of(1.5, -2).buffer) }, [1.5, -2]],
  ])('are read from %s', (_, fields, expected) => {
    const graph = readOnnx(fileWith({ name: 'w', dims: [2], ...fields }))
    expect(Array.from<number | bigint>(graph.initializers.get('w')!.data)).toEqual(expected)
  })

  it('in another file are read when it is given, and asked for when not', () => {
    const tensor = {
      name: 'w',
      dims: [2],
      data_type: 1,
      data_location: 1,
      external_data: [
        { key: 'location', value: 'w.bin' },
        { key: 'offset', value: '4' },
        { key: 'length', value: '8' },
      ],
    }
    const file = new Uint8Array(Float32Array.of(9, 1, 2).buffer)
    const graph = readOnnx(fileWith(tensor), 'm.onnx', (name) => (name === 'w.bin' ? file : undefined))
    expect(graph.initializers.get('w')!.data).toEqual(Float32Array.of(1, 2))
    expect(() => readOnnx(fileWith(tensor), 'm.onnx')).toThrow(/m\.onnx .* "w" lies in another file, "w\.bin"/)
    expect(() => readOnnx(fileWith(tensor), 'm.onnx', () => file.subarray(0, 8))).toThrow(/outside of its file/)
  })

  it.each([
    ['too few values', { dims: [3], data_type: 1, float_data: [1] }, /has 1 values instead of 3/],
    ['too few bytes', { dims: [3], data_type: 1, raw_data: new Uint8Array(4) }, /has 4 bytes of data instead of 12/],
    ['a lying size', { dims: [2 ** 40, 2 ** 40], data_type: 1, float_data: [1] }, /instead of/],
    ['a negative size', { dims: [-1], data_type: 1, float_data: [1] }, /impossible size/],
    ['strings', { dims: [1], data_type: 8 }, /element type 8/],
  ])('with %s are refused', (_, tensor, message) => {
    expect(() => readOnnx(fileWith({ name: 'w', ...tensor }))).toThrow(message)
  })
})

describe('bytes that are no model', () => {
  const good = writeOnnx(withTensors({ name: 'w', dims: [64], dataType: 1, data: new Float32Array(64) }))
  it.each([
    ['nothing', new Uint8Array(0)],
    ['text', new TextEncoder().encode('# not a model')],
    ['half a file', good.subarray(0, good.length / 2)],
  ])('are refused: %s', (_, bytes) => {
    expect(() => readOnnx(bytes, 'm.onnx')).toThrow(/m\.onnx cannot be used as a model/)
  })

  it('give a sentence or a graph, never anything else, whatever is damaged', () => {
    const random = createRandom(5)
    for (let round = 0; round < 300; round++) {
      const bytes = Uint8Array.from(good)
      for (let n = 0; n < 3; n++) bytes[random.integer(bytes.length)] = random.integer(256)
      try {
        readOnnx(bytes)
      } catch (error) {
        expect((error as Error).name).toBe('UserError')
      }
    }
  })

  it('are refused when they hold a sub-graph', () => {
    const graph = {
      node: [{ op_type: 'If', name: 'branch', attribute: [{ name: 'then', type: 5, g: new Uint8Array(3) }] }],
    }
    const bytes = onnx.ModelProto.encode({ graph }).finish()
    expect(() => readOnnx(bytes)).toThrow(/"branch" \(If\) holds "then"/)
  })
})

describe('half precision', () => {
  it('knows the values of the standard', () => {
    const bits = Uint16Array.of(0x0000, 0x8000, 0x3c00, 0x3555, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x7c00, 0xfc00, 0x7e00)
    const values = [0, -0, 1, 0.333251953125, 65504, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, Infinity, -Infinity, NaN]
    expect(Array.from(fromFloat16(bits))).toEqual(values)
    expect(toFloat16(Float32Array.from(values))).toEqual(bits)
  })

  it('comes back from single precision for every number', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, n) => n).filter((half) => (half & 0x7fff) <= 0x7c00)
    expect(toFloat16(fromFloat16(bits))).toEqual(bits)
  })

  it('rounds to the nearest, ties to even', () => {
    const values = Float32Array.of(
      1 + 2 ** -11,
      1 + 3 * 2 ** -11,
      1 + 2 ** -11 + 2 ** -20,
      65519,
      65520,
      2 ** -25,
      2.1 * 2 ** -26,
    )
    expect(Array.from(fromFloat16(toFloat16(values)))).toEqual([
      1,
      1 + 2 ** -9,
      1 + 2 ** -10,
      65504,
      Infinity,
      0,
      2 ** -24,
    ])
  })

  it('of the other kind is the upper half of a single', () => {
    expect(Array.from(fromBfloat16(Uint16Array.of(0x3f80, 0xc040)))).toEqual([1, -3])
  })
})
