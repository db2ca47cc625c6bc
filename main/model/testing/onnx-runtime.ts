import * as ort from 'onnxruntime-node'
import { writeOnnx } from '../onnx.ts'
import type { OnnxGraph } from '../onnx-types.ts'

export type Numbers = { readonly dims: readonly number[]; readonly data: Float32Array }

/** The first output of a graph in ONNX Runtime, an independent implementation. Everything in ONNX layout. */
export async function runReference(graph: OnnxGraph, inputs: Readonly<Record<string, Numbers>>): Promise<Numbers> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), { logSeverityLevel: 3, intraOpNumThreads: 1 })
  try {
    const feeds = Object.entries(inputs).map(([name, { dims, data }]) => {
      return [name, new ort.Tensor('float32', data, dims)] as const
    })
    const output = (await session.run(Object.fromEntries(feeds)))[graph.outputs[0]!.name]!
    return { dims: output.dims, data: Float32Array.from(output.data as Iterable<number | bigint>, Number) }
  } finally {
    await session.release()
  }
}
