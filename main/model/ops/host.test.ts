import { beforeAll, expect, it } from 'vitest'
import { startEngine } from '../../engine/pick-files.ts'
import { tf } from '../../engine/tf.ts'
import { liveGraph } from '../live.ts'
import { dataTypes } from '../onnx-tensor.ts'
import type { OnnxAttribute, OnnxNode, OnnxTensor } from '../onnx-types.ts'
import { planRun, run } from '../run.ts'
import { runReference } from '../testing/onnx-runtime.ts'
import { ints, scalarFloat, scalarInt } from '../testing/operator-case.ts'

beforeAll(async () => void (await startEngine()))

const { int64, float32, bool } = dataTypes
const grid = { ...ints(1, 2, 3, 4, 5, 6), dims: [2, 3] }
const flags = { ...ints(), dims: [3], dataType: bool, data: Uint8Array.of(1, 0, 1) }
const others = { ...flags, data: Uint8Array.of(1, 1, 0) }

type Case = readonly [string, readonly OnnxTensor[], Readonly<Record<string, OnnxAttribute>>?]

/** Numbers that steer a graph are computed in plain JavaScript; here as exporters write them, from constants. */
const cases: readonly Case[] = [
  ['Add', [grid, ints(10, 20, 30)]],
  ['Sub', [grid, scalarInt(2)]],
  ['Mul', [grid, { ...ints(2, 3), dims: [2, 1] }]],
  ['Div', [ints(7, -7, 8), scalarInt(2)]],
  ['Div', [scalarFloat(7), scalarFloat(2)]],
  ['Mod', [ints(7, -7, 8), scalarInt(3)]],
  ['Mod', [ints(7, -7, 8), scalarInt(3)], { fmod: 1 }],
  ['Max', [grid, ints(2, 9, 2)]],
  ['Min', [grid, ints(2, 9, 2)]],
  ['Neg', [grid]],
  ['Abs', [ints(-3, 3)]],
  ['Floor', [scalarFloat(-1.5)]],
  ['Ceil', [scalarFloat(1.2)]],
  ['Round', [scalarFloat(2.5)]],
  ['Sqrt', [scalarFloat(2)]],
  ['Reciprocal', [scalarFloat(4)]],
  ['Exp', [scalarFloat(1)]],
  ['Pow', [scalarFloat(3), scalarFloat(2)]],
  ['Clip', [grid, scalarInt(2), scalarInt(4)]],
  ['Cast', [scalarFloat(-2.7)], { to: int64 }],
  ['Cast', [ints(0, 5)], { to: bool }],
  ['Equal', [grid, scalarInt(3)]],
  ['Greater', [grid, scalarInt(3)]],
  ['GreaterOrEqual', [grid, scalarInt(3)]],
  ['Less', [grid, scalarInt(3)]],
  ['LessOrEqual', [grid, scalarInt(3)]],
  ['And', [flags, others]],
  ['Or', [flags, others]],
  ['Not', [flags]],
  ['Where', [flags, ints(1, 2, 3), scalarInt(9)]],
  ['Concat', [grid, { ...ints(7, 8), dims: [2, 1] }], { axis: 1 }],
  ['Concat', [grid, { ...ints(7, 8, 9), dims: [1, 3] }], { axis: 0 }],
  ['Slice', [grid, ints(-1), ints(-4), ints(1), ints(-2)]],
  ['Slice', [ints(1, 2, 3, 4), ints(1), ints(2 ** 62)]],
  ['Split', [ints(1, 2, 3, 4), ints(3, 1)]],
  ['Gather', [grid, scalarInt(-1)], { axis: 1 }],
  ['Gather', [grid, { ...ints(1, 0), dims: [2, 1] }], { axis: 0 }],
  ['Squeeze', [{ ...grid, dims: [1, 2, 3, 1] }]],
  ['Squeeze', [{ ...grid, dims: [1, 2, 3, 1] }, ints(-1)]],
  ['Unsqueeze', [grid, ints(0, -1)]],
  ['Reshape', [grid, ints(3, -1)]],
  ['Flatten', [{ ...grid, dims: [2, 3, 1] }]],
  ['Transpose', [grid]],
  ['Expand', [ints(1, 2, 3), ints(2, 1)]],
  ['Tile', [grid, ints(2, 1)]],
  ['ConstantOfShape', [ints(2, 3)], { value: { ...ints(7), dims: [1] } }],
  ['ConstantOfShape', [ints(2, 3)]],
  ['Range', [scalarInt(1), scalarInt(8), scalarInt(3)]],
  ['ReduceProd', [grid], { axes: [0] }],
]

it.each(cases.map((test) => [test[0], test] as const))('%s', async (_, [op, inputs, attributes = {}]) => {
  const named = inputs.map((tensor, index) => ({ ...tensor, name: `c${index}` }))
  const node = (name: string, opType: string, from: string[], to: string[], more = {}): OnnxNode => {
    return { name, opType, domain: '', inputs: from, outputs: to, attributes: more }
  }
  const outputs = op === 'Split' ? ['h', 'h2'] : ['h']
  const graph = {
    name: 'test',
    opset: 17,
    nodes: [
      node(
        'tested',
        op,
        named.map(({ name }) => name),
        outputs,
        attributes,
      ),
      node('cast', 'Cast', ['h'], ['f'], { to: float32 }),
      node('add', 'Add', ['x', 'f'], ['y']),
    ],
    initializers: new Map(named.map((tensor) => [tensor.name, tensor])),
    inputs: [{ name: 'x', dataType: float32, dims: [1] }],
    outputs: [{ name: 'y', dataType: float32, dims: [] }],
    metadata: {},
  }
  const expected = await runReference(graph, { x: { dims: [1], data: Float32Array.of(0.5) } })
  const x = tf.tensor1d([0.5])
  const y = run(planRun(liveGraph(graph), 'test'), x, {
    weight: () => undefined,
    batchNorm: () => {
      throw new Error('not here')
    },
  })
  // Pictures come with their channels last.
  const spatial = y.shape.slice(2).map((_, axis) => axis + 1)
  const onnx = y.rank < 3 ? y : tf.transpose(y, [0, y.rank - 1, ...spatial])
  expect(onnx.shape).toEqual(expected.dims)
  Array.from(onnx.dataSync()).forEach((value, n) => expect(value).toBeCloseTo(expected.data[n]!, 4))
})
