import { overlap, voxelMl } from '../evaluate/overlap.ts'
import type { ModelCard } from '../model/card.ts'
import type { LabelName, Overlap, RunRecord } from '../runs/run.ts'
import type { LabelMap } from '../volume/volume.ts'

export function labelNames(card: ModelCard): LabelName[] {
  return card.output.labels.map(({ value, name, color }) => ({ value, name, color }))
}

/** ml of each label by name, in the order of the labels. */
export function volumesOf(mask: LabelMap, labels: readonly LabelName[]): Record<string, number> {
  const counts = new Float64Array(256)
  for (let n = 0; n < mask.data.length; n++) counts[mask.data[n]!]!++
  return byName(labels, ({ value }) => counts[value]! * voxelMl(mask))
}

/** Against a reference of the same grid, by label name. */
export function againstReference(
  mask: LabelMap,
  reference: LabelMap,
  labels: readonly LabelName[],
): Record<string, Overlap> {
  return byName(labels, ({ value }) => {
    const { dice, referenceMl } = overlap(mask, reference, [value])
    return { dice, volume: referenceMl }
  })
}

/** ml before, after and kept, as run.json holds them. Without a mask after: null there. */
export function volumeTable(
  labels: readonly LabelName[],
  masks: { before: LabelMap; after: LabelMap | undefined; kept: LabelMap },
): RunRecord['volumes'] {
  const counted = new Map<LabelMap, Record<string, number>>()
  const volumes = (mask: LabelMap): Record<string, number> => {
    const own = counted.get(mask) ?? volumesOf(mask, labels)
    counted.set(mask, own)
    return own
  }
  const [before, kept] = [volumes(masks.before), volumes(masks.kept)]
  const after = masks.after && volumes(masks.after)
  return byName(labels, ({ name }) => ({ before: before[name]!, after: after?.[name] ?? null, kept: kept[name]! }))
}

function byName<T>(labels: readonly LabelName[], value: (label: LabelName) => T): Record<string, T> {
  return Object.fromEntries(labels.map((label) => [label.name, value(label)]))
}
