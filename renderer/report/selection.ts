/** Which items of an export are ticked, and what that comes to. */
import type { ExportItem } from '../../main/contract/schemas.ts'

/** A person's own choices; what was never touched follows the rule of the item. */
export type Choices = Readonly<Record<string, boolean>>

/** Items that identify are never ticked by themselves, and cannot be had while identity is off. */
export function isUsable(item: ExportItem, identity: boolean): boolean {
  return item.obstacle === null && (identity || !item.identifies)
}

export function isTicked(item: ExportItem, choices: Choices, identity: boolean): boolean {
  return isUsable(item, identity) && (choices[item.name] ?? !item.identifies)
}

export type Selection = {
  readonly names: string[]
  /** Sum of the sizes that are known; null where none is. */
  readonly bytes: number | null
  /** Something ticked carries the patient's identity, or may. */
  readonly identifies: boolean
}

export function selection(items: readonly ExportItem[], choices: Choices, identity: boolean): Selection {
  const ticked = items.filter((item) => isTicked(item, choices, identity))
  const sizes = ticked.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]))
  return {
    names: ticked.map(({ name }) => name),
    bytes: sizes.length ? sizes.reduce((sum, size) => sum + size, 0) : null,
    identifies: identity,
  }
}
