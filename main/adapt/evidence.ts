import type { GuardContext, GuardScores, StatePrediction } from './guard.ts'
import { bandDivergence, contrastDistance, fragments, separation } from './plausibility.ts'
import { borderBand, countClasses, diceOfClasses, labelsOf, meanEntropy, proportionDivergence } from './scores.ts'

/** What the guard's rule does not ask for, and its calibration does: scores of a state beside those of guard.ts. */
export type Evidence = {
  /** Of the source and of the state: Dice with what the shape prior makes of the mask (shape-score.ts); NaN without one. */
  readonly shape: readonly [before: number, after: number]
  /** Distance of norm statistics (S11) of the scan, and of the scan as corrected, both in the source network; NaN without. */
  readonly distance: readonly [before: number, after: number]
  /** Intensities relative to air, bias undone where the state undoes it: [slice][j][i]. */
  readonly intensity: Float32Array
}

/** Shares below this are as good as none: keeps logarithms of islands and holes finite. */
const leastShare = 1e-4
const leastDistance = 1e-3

/** Scores of the source model's prediction alone; `shape` is its S7. */
export function sourceScores(source: StatePrediction, shape: number, context: GuardContext): GuardScores {
  const { classes, ni, nj, statistics } = context
  const labels = labelsOf(source.probability, classes)
  const counts = countClasses(labels, classes)
  return {
    'S1 entropy before': meanEntropy(source.network, classes, borderBand(labels, labels, ni, nj)),
    'S3 volume distance before': volumeDistance(counts, context),
    'S4 before': source.consistency,
    ...(statistics.proportions && {
      'S5 proportions before': proportionDivergence(counts, statistics.proportions),
    }),
    'S7 shape before': shape,
    'S7 islands before': Math.log(Math.max(fragments(labels, ni, nj).islands, leastShare)),
  }
}

/**
 * Scores S1-S3, S5, S7 and S11-S13 of an adapted state that speak of the whole mask in one number. Shared by all states of a
 * scan are those "before". NaN: cannot be told (a class is missing, the card does not know, or there is no companion).
 */
export function evidenceScores(
  adapted: StatePrediction,
  source: StatePrediction,
  { shape, distance, intensity }: Evidence,
  context: GuardContext,
): GuardScores {
  const { classes, ni, nj, statistics } = context
  const [after, before] = [labelsOf(adapted.probability, classes), labelsOf(source.probability, classes)]
  const [countsAfter, countsBefore] = [countClasses(after, classes), countClasses(before, classes)]
  const band = borderBand(after, before, ni, nj)
  const overlaps = diceOfClasses(after, before, classes)
  const present = overlaps.filter(Number.isFinite)
  const volumes = countsAfter.slice(1).map((own, n) => Math.abs(logRatio(own, countsBefore[n + 1]!, 1)))
  const [hanging, hung] = [fragments(after, ni, nj), fragments(before, ni, nj)]
  const separations = [separation(intensity, before, classes), separation(intensity, after, classes)] as const
  return {
    ...sourceScores(source, shape[0], context),
    'S2 mean overlap': present.length ? present.reduce((sum, dice) => sum + dice, 0) / present.length : NaN,
    'S2 least overlap': present.length ? Math.min(...present) : NaN,
    'S2 divergence': bandDivergence(source.probability, adapted.probability, classes, band),
    'S3 largest change': Math.max(...volumes),
    'S3 volume distance change': volumeDistance(countsAfter, context) - volumeDistance(countsBefore, context),
    ...(statistics.proportions && {
      'S5 proportions change':
        proportionDivergence(countsAfter, statistics.proportions) -
        proportionDivergence(countsBefore, statistics.proportions),
    }),
    'S7 shape change': shape[1] - shape[0],
    'S7 islands change': logRatio(hanging.islands, hung.islands, leastShare),
    'S7 holes change': logRatio(hanging.holes, hung.holes, leastShare),
    'S11 distance change': logRatio(distance[1], distance[0], leastDistance),
    'S12 separation before': Math.log(separations[0]),
    'S12 separation change': Math.log(separations[1] / separations[0]),
    ...contrastScores(before, after, intensity, context),
  }
}

const logRatio = (after: number, before: number, least: number): number =>
  Math.log(Math.max(after, least) / Math.max(before, least))

/** Furthest of the classes' volumes from the source cohort's, in its sd. */
function volumeDistance(counts: readonly number[], { statistics, mlPerCount }: GuardContext): number {
  const cohort = statistics.logVolumes
  if (!cohort) return NaN
  return Math.max(
    ...cohort.map(({ mean, sd }, n) => Math.abs(logRatio(counts[n + 1]! * mlPerCount, Math.exp(mean), 1e-3)) / Math.max(sd, 0.05)), // prettier-ignore
  )
}

function contrastScores(
  before: Uint8Array,
  after: Uint8Array,
  intensity: Float32Array,
  { statistics, classes }: GuardContext,
): GuardScores {
  const { classMeans, air } = statistics
  if (!classMeans || air === undefined) return {}
  const reference = classMeans.map((mean) => mean - air)
  const [was, is] = [before, after].map((labels) => contrastDistance(intensity, labels, classes, reference)) as [number, number] // prettier-ignore
  return { 'S13 contrast distance before': was, 'S13 contrast distance change': is - was }
}
