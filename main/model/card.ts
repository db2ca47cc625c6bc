import { z } from 'zod'

/** What scans of the source domain measure (adapt/shift-measures.ts), and the 95th percentile of their distance from it. */
const ShiftProfile = z.object({
  contrast: z.array(z.number()),
  contrastP95: z.number(),
  noiseP95: z.number(),
  detail: z.number(),
  detailP95: z.number(),
  biasP95: z.number(),
  cutP95: z.number(),
})
export type ShiftProfile = z.infer<typeof ShiftProfile>

/** What the source domain looked like, measured with the model (models.md section 4). All optional: a lab's own model may have none. */
export const SourceStatistics = z.object({
  /** Mean normalised intensity by class, background left out (NaN not allowed). */
  classMeans: z.array(z.number()).optional(),
  classStds: z.array(z.number()).optional(),
  /** Normalised intensity of air: the 2nd percentile. */
  air: z.number().optional(),
  /** Radial power spectrum of a normalised slice, by integer radius in cycles per field of view of `spectrumSize` pixels of the card's spacing. */
  spectrum: z.array(z.number()).optional(),
  spectrumSize: z.number().int().optional(),
  /** Share of each foreground class in the foreground. */
  proportions: z.array(z.number()).optional(),
  proportionsStd: z.array(z.number()).optional(),
  /** How deep each foreground class lies in the foreground, relative to all of it (adapt/contrast.ts). */
  classDepths: z.array(z.number()).optional(),
  /** ml per foreground class over the source cohort: mean and sd of the logarithm. */
  logVolumes: z.array(z.object({ mean: z.number(), sd: z.number() })).optional(),
  /** Dice of the source prediction with its own on intensity-augmented copies, over in-domain studies. */
  consistency: z.object({ mean: z.number(), sd: z.number(), p05: z.number() }).optional(),
  /** Batch-norm distance D0 of in-domain studies (S11), 95th percentile. */
  normDistanceP95: z.number().optional(),
  entropyBand: z.object({ mean: z.number(), sd: z.number() }).optional(),
  noise: z.number().optional(),
  shift: ShiftProfile.optional(),
  /** Diagonal of the Fisher information of scales and shifts, by parameter (adapt/fisher.ts). */
  fisher: z.record(z.string(), z.array(z.number())).optional(),
  /** Mean unit feature of each class before the head, background first (adapt/prototypes.ts). */
  prototypes: z.array(z.array(z.number())).optional(),
})
export type SourceStatistics = z.infer<typeof SourceStatistics>

export const Label = z.object({
  value: z.number().int().min(1),
  name: z.string(),
  color: z.string().regex(/^#[0-9a-fA-F]{6}$/),
  /** DICOM coded concept of the segmented property type; scheme SCT. */
  code: z.object({ value: z.string(), scheme: z.string(), meaning: z.string() }),
  category: z.object({ value: z.string(), scheme: z.string(), meaning: z.string() }),
})

export const ModelCard = z.object({
  schema: z.literal(1),
  name: z.string(),
  version: z.string(),
  title: z.string(),
  licence: z.string(),
  modality: z.string(),
  bodyPart: z.string(),
  sequence: z.string().optional(),
  input: z.object({
    dimensions: z.literal(2),
    /** Anatomical letters that i, j, k increase towards, e.g. "LPS": axial slices as displayed. */
    orientation: z.string().length(3),
    /** mm along i, j, k; 0 keeps the scan's own (slices are not resampled along k). */
    spacing: z.tuple([z.number(), z.number(), z.number()]),
    /** mm along k that hold the anatomy, from the end of the body that k increases towards (the vertex, for "LPS"). What lies beyond is left out; absent: nothing is. */
    extent: z.number().positive().optional(),
    /** Smallest slice along i, j in pixels; larger scans get larger slices, in multiples of the stride. */
    patch: z.tuple([z.number().int(), z.number().int()]),
    /** z-score over the foreground (> 10 % of the 99th percentile), then clamp: models.md section 3. */
    normalization: z.object({
      kind: z.literal('foreground-z-score'),
      threshold: z.number(),
      clamp: z.tuple([z.number(), z.number()]),
    }),
  }),
  output: z.object({ labels: z.array(Label), largestComponent: z.boolean() }),
  training: z
    .object({ data: z.string(), notice: z.string(), command: z.string(), seed: z.number(), steps: z.number() })
    .loose(),
  source: SourceStatistics,
  limits: z.array(z.string()),
  /** Where the weights come from, for a model that was adapted to a scanner (app/adapters.ts). */
  adapted: z
    .object({
      from: z.object({ model: z.string(), sha256: z.string() }),
      run: z.string(),
      step: z.number().int(),
      method: z.string(),
      /** null: the run's input did not tell. */
      scanner: z.string().nullable(),
      created: z.iso.datetime(),
      /** Mean Dice of the pinned source cases by the model it comes from, and by itself; null: not checked. */
      pinned: z
        .object({ manifest: z.string(), cases: z.number().int(), before: z.number(), after: z.number() })
        .nullable(),
    })
    .optional(),
  /** Networks beside model.onnx that some methods need (Companions in model.ts), by their SHA-256. */
  companions: z.object({ shapePrior: z.string(), rotation: z.string(), restoration: z.string() }).partial().optional(),
  sha256: z.string(),
})
export type ModelCard = z.infer<typeof ModelCard>
