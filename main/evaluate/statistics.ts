/** Quantile by linear interpolation between ranks (NumPy's default). Empty: NaN. `values` need not be sorted. */
export function quantile(values: readonly number[], share: number): number {
  return quantileOfSorted(new Float64Array(values).sort(), share)
}

/** The same of values that are ascending. */
export function quantileOfSorted(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return NaN
  const position = share * (sorted.length - 1)
  const rank = Math.floor(position)
  const lower = sorted[rank]!
  return lower + ((sorted[rank + 1] ?? lower) - lower) * (position - rank)
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

/** Empty: NaN. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/**
 * Holm's step-down correction: p-values that control the chance of any false finding among them, in the order given.
 * NaN (no test was possible) stays NaN and does not count. Holm, Scand. J. Statist. 6 (1979).
 */
export function holm(pValues: readonly number[]): number[] {
  const order = pValues.flatMap((p, n) => (Number.isNaN(p) ? [] : [n])).sort((a, b) => pValues[a]! - pValues[b]!)
  const corrected = pValues.map(() => NaN)
  let highest = 0
  order.forEach((n, rank) => {
    highest = Math.max(highest, Math.min(1, (order.length - rank) * pValues[n]!))
    corrected[n] = highest
  })
  return corrected
}
