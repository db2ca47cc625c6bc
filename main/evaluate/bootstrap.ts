import type { Random } from '../volume/random.ts'
import { normalCdf, normalQuantile } from './normal.ts'
import { mean, quantile } from './statistics.ts'

export type Interval = { readonly low: number; readonly high: number }

/**
 * Bias-corrected and accelerated bootstrap interval of a statistic over independent cases. Efron, J. Am. Stat. Assoc. 82
 * (1987); bias from the share of replicates below the estimate (ties half), acceleration from the jackknife. Undefined for
 * fewer than two cases. All cases equal: the interval is that point.
 */
export function bcaInterval(
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
  random: Random,
  { level = 0.95, replicates = 2000 } = {},
): Interval | undefined {
  const n = values.length
  if (n < 2) return undefined
  const draw = (): number => statistic(values.map(() => values[random.integer(n)]!))
  const drawn = Array.from({ length: replicates }, draw)
  const jackknife = values.map((_, left) => statistic(values.filter((_, other) => other !== left)))
  return correctedInterval(statistic(values), drawn, jackknife, level)
}

/** The interval from what was drawn, apart from the drawing itself. */
export function correctedInterval(
  estimate: number,
  drawn: readonly number[],
  jackknife: readonly number[],
  level: number,
): Interval {
  const below =
    drawn.filter((value) => value < estimate).length + drawn.filter((value) => value === estimate).length / 2
  // With all replicates on one side there is no finite bias: the outermost replicate stands for it.
  const bias = normalQuantile(Math.min(Math.max(below, 0.5), drawn.length - 0.5) / drawn.length)
  const centre = mean(jackknife)
  const cubes = jackknife.reduce((sum, value) => sum + (centre - value) ** 3, 0)
  const squares = jackknife.reduce((sum, value) => sum + (centre - value) ** 2, 0)
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5)
  const share = (tail: number): number => {
    const z = bias + normalQuantile(tail)
    return normalCdf(bias + z / (1 - acceleration * z))
  }
  return { low: quantile(drawn, share((1 - level) / 2)), high: quantile(drawn, share((1 + level) / 2)) }
}
