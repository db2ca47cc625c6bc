import type { CaseRow, State } from '../../evaluate/case-row.ts'
import { mean } from '../../evaluate/statistics.ts'

export type VolumePoint = { readonly meanMl: number; readonly differenceMl: number }

/** Mask minus reference against the mean of both, ml, one point a case with a reference. */
export function volumePoints(rows: readonly CaseRow[], label: string, state: State): VolumePoint[] {
  return rows.flatMap(({ reference }) => {
    const score = reference?.[state][label]
    if (!score) return []
    return { meanMl: (score.volumeMl + score.referenceMl) / 2, differenceMl: score.differenceMl }
  })
}

export type Limits = {
  /** Mean of the differences, ml. */
  readonly bias: number
  /** Standard deviation of the differences (n - 1), ml. */
  readonly sd: number
  /** bias -/+ 1.96 sd. */
  readonly low: number
  readonly high: number
}

/** Limits of agreement; undefined for fewer than two. Bland and Altman, Lancet 327 (1986). */
export function limitsOfAgreement(differences: readonly number[]): Limits | undefined {
  if (differences.length < 2) return undefined
  const bias = mean(differences)
  const sd = Math.sqrt(differences.reduce((sum, one) => sum + (one - bias) ** 2, 0) / (differences.length - 1))
  return { bias, sd, low: bias - 1.96 * sd, high: bias + 1.96 * sd }
}
