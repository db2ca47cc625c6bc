/** Which step stands as "after" when a run is opened to compare. */
import type { RunDetail } from '../../main/contract/schemas.ts'

type Stepped = Pick<RunDetail, 'state' | 'kept' | 'masks' | 'steps' | 'method'>

/**
 * The kept step; the last one where the source was kept (null: the end of the adaptation); undefined where there is no mask
 * to set beside the source's yet.
 */
export function firstShown({ state, kept, masks, method }: Stepped): number | null | undefined {
  if (method === 'source') return undefined
  if (kept !== 'source' && masks.includes(kept)) return kept
  if (state === 'done') return null
  return masks.at(-1)
}

/** The number of the step on screen: null stands for the last. */
export function stepOnScreen(afterStep: number | null, { steps }: Pick<RunDetail, 'steps'>): number {
  return afterStep ?? steps
}
