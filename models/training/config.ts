import { z } from 'zod'
import { Label } from '../../main/model/card.ts'

/** What `scanbridge train CONFIG` reads: everything that decides the weights, and the words of the card. */
export const TrainingConfig = z.object({
  name: z.string(),
  title: z.string(),
  version: z.string(),
  seed: z.number().int(),
  steps: z.number().int().min(1),
  batch: z.number().int().min(1),
  learningRate: z.number().positive(),
  weightDecay: z.number().min(0),
  network: z.object({ base: z.number().int(), depth: z.number().int() }),
  /** Slice size along i, j in pixels of 1 mm; slices a volume; number of distinct subjects. */
  slice: z.tuple([z.number().int(), z.number().int()]),
  slicesPerVolume: z.number().int(),
  subjects: z.number().int().min(1),
  anatomies: z.array(z.string()).min(1),
  /** Share of volumes from the one source scanner; the rest have randomised physics. */
  sourceShare: z.number().min(0).max(1),
  /** Start from another model's averaged weights instead of random ones: its name; it is trained beside this one. */
  startFrom: z.string().optional(),
  /** bf16 products inside convolutions (oneDNN); weights and sums stay float32. Twice the speed where the CPU has it. */
  bfloat16: z.boolean(),
  licence: z.string(),
  notice: z.string(),
  data: z.string(),
  limits: z.array(z.string()),
  labels: z.array(Label),
})
export type TrainingConfig = z.infer<typeof TrainingConfig>
