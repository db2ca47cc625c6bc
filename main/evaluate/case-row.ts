import { z } from 'zod'
import type { LabelMap } from '../volume/volume.ts'
import { overlap } from './overlap.ts'
import { surfaceDistances } from './surface.ts'

const orNull = z.number().nullable()

/** One structure of one mask against the reference, on the scan's own grid, in mm and ml. null: not defined (one mask is empty). */
export const LabelScore = z.object({
  dice: z.number(),
  hd95: orNull,
  /** Both directions joined, as medpy has it. */
  hd95Pooled: orNull,
  assd: orNull,
  surfaceDice: z.number(),
  volumeMl: z.number(),
  referenceMl: z.number(),
  differenceMl: z.number(),
  empty: z.enum(['neither', 'both', 'prediction', 'reference']),
})
export type LabelScore = z.infer<typeof LabelScore>

const Scores = z.record(z.string(), LabelScore)

/** The three masks of an episode: the source model's, the last step's, and the one that gate and guard let stand. */
export const states = ['before', 'adapted', 'kept'] as const
export type State = (typeof states)[number]

/** A line of cases.jsonl: one case under one method. It holds no time, so that a run done twice gives the same bytes. */
export const CaseRow = z.object({
  case: z.string(),
  method: z.string(),
  /** Row of the manifest, from 0. */
  index: z.number().int().min(0),
  state: z.enum(['done', 'failed']),
  scanner: z.string(),
  manufacturer: z.string(),
  model: z.string(),
  fieldStrength: z.number(),
  /** 'reference' marks the in-domain group. */
  group: z.string(),
  /** Further columns of the manifest. */
  columns: z.record(z.string(), z.string()),
  seriesHash: z.string().nullable(),
  verdict: z.string().nullable(),
  keptStep: z.union([z.literal('source'), z.number().int()]).nullable(),
  reasons: z.array(z.string()),
  /** The guard's label-free scores. */
  labelFree: z.record(z.string(), orNull),
  /** ml by label name. */
  volumes: z.record(z.string(), z.object({ before: z.number(), adapted: z.number(), kept: z.number() })),
  reference: z.object({ before: Scores, adapted: Scores, kept: Scores }).nullable(),
  /** Of the reference's field of view: what an undefined distance counts in a penalised mean. */
  diagonalMm: orNull,
  error: z.object({ code: z.string(), message: z.string(), remedy: z.string() }).nullable(),
})
export type CaseRow = z.infer<typeof CaseRow>

/** Every label of a mask against a reference of the same grid. */
export function scoreLabels(
  mask: LabelMap,
  reference: LabelMap,
  labels: readonly { readonly name: string; readonly value: number }[],
  toleranceMm: number,
): Record<string, LabelScore> {
  return Object.fromEntries(
    labels.map(({ name, value }) => {
      const { dice, predictionMl, referenceMl, differenceMl, empty } = overlap(mask, reference, [value])
      const { hd95, hd95Pooled, assd, surfaceDice } = surfaceDistances(mask, reference, [value], toleranceMm)
      const distances = { hd95: defined(hd95), hd95Pooled: defined(hd95Pooled), assd: defined(assd) }
      return [name, { dice, ...distances, surfaceDice, volumeMl: predictionMl, referenceMl, differenceMl, empty }]
    }),
  )
}

function defined(value: number): number | null {
  return Number.isNaN(value) ? null : value
}
