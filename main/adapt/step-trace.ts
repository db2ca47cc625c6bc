import type { Tensor } from '../engine/tf.ts'
import { channelsFirst } from './method.ts'
import type { StepTrace } from './method.ts'

/** What a step saw, one batch after the other along the first axis; what the network said of the last; and what was drawn. */
export function traceOf(batches: readonly Tensor[], logits: Tensor, views: unknown): StepTrace {
  const parts = batches.map(channelsFirst)
  const [, ...rest] = parts[0]!.dims
  const data = new Float32Array(parts.reduce((sum, part) => sum + part.data.length, 0))
  let at = 0
  for (const part of parts) {
    data.set(part.data, at)
    at += part.data.length
  }
  const count = parts.reduce((sum, { dims }) => sum + dims[0]!, 0)
  return { input: { dims: [count, ...rest], data }, logits: channelsFirst(logits), views }
}
