import { z } from 'zod'

const Linear = z.object({ intercept: z.number(), weights: z.array(z.number()) })

/** A score as it enters: minus the mean, by the sd, no further than a limit either way; missing ones as the mean. */
const Standard = z.object({ name: z.string(), mean: z.number(), sd: z.number().positive() })

/** 5th and 95th percentile of truth minus estimate, each estimated without its own shift and subject. */
const Errors = z.object({ low: z.number(), high: z.number() })

/** How good the estimates are where a state's shift and subject were left out of the fit. */
export const CalibrationFigures = z.object({
  states: z.number().int(),
  cases: z.number().int(),
  shifts: z.number().int(),
  subjects: z.number().int(),
  /** States that lost more than .01 of mean Dice, and that gained more. */
  harmed: z.number().int(),
  helped: z.number().int(),
  /** Area under the curve of the expected change, as a test of harm; null where all or none were harmed. */
  auc: z.number().nullable(),
  /** The same among the harmed and the helped states alone; null where there are none of either. */
  aucAgainstHelp: z.number().nullable(),
  /** Both where the shift alone was left out: the fit may have seen the subject on another scanner. */
  shiftAlone: z.object({ auc: z.number().nullable(), aucAgainstHelp: z.number().nullable() }),
  brier: z.number(),
  /** Mean distance of the chance told from the share that was harmed, over ten bins, by their states. */
  calibrationError: z.number(),
  reliability: z.array(z.object({ told: z.number(), harmed: z.number(), states: z.number().int() })),
  /** Share of the harmed states that the threshold catches, and of the helped ones that it loses. */
  caught: z.number().nullable(),
  lost: z.number().nullable(),
  /** Mean absolute error of the expected Dice of the source model, and of an adapted state. */
  sourceError: z.number(),
  stateError: z.number(),
})
export type CalibrationFigures = z.infer<typeof CalibrationFigures>

/** What a forest grows from (adapt/forest.ts): labelled states, their scores standardised, and the logarithm of what is missing to a
 *  mean Dice of 1 in the state over what the source model misses. */
const Grown = z.object({
  trees: z.number().int().positive(),
  tried: z.number().positive().max(1),
  leastSamples: z.number().int().positive(),
  seed: z.number().int(),
  states: z.array(z.object({ scores: z.array(z.number()), change: z.number() })).min(1),
})

/** What the guard's scores are worth for one model: fitted on labelled scans by adapt/calibrate.ts. */
export const Calibration = z
  .object({
    schema: z.literal(2),
    model: z.object({ name: z.string(), sha256: z.string() }),
    /** On what it was fitted, for a reader. */
    data: z.string(),
    /** Scores of a state, and the change that a forest expects by them. */
    scores: z.array(Standard),
    change: Grown,
    /** Log odds that mean Dice falls by more than .01, by that change; a chance from which a state is rolled back. */
    harm: z.object({ intercept: z.number(), slope: z.number(), threshold: z.number() }),
    /** Scores of the source model's prediction, and the log odds of its mean Dice. */
    source: Linear.extend({ scores: z.array(Standard) }),
    errors: z.object({ source: Errors, state: Errors }),
    figures: CalibrationFigures,
    cases: z.array(z.string()),
  })
  .refine(
    ({ scores, change, source }) =>
      change.states.every((state) => state.scores.length === scores.length) &&
      source.weights.length === source.scores.length,
    'it has not as many numbers as scores',
  )
export type Calibration = z.infer<typeof Calibration>
