import { normalCdf } from './normal.ts'

export type SignedRank = {
  /** Pairs that differ: pairs without a difference say nothing on its direction and are left out (Wilcoxon's own way). */
  readonly pairs: number
  /** Two-sided. NaN where no pair differs. */
  readonly p: number
  /** Matched-pairs rank-biserial correlation, -1 to 1; above 0: rather a rise. Kerby, Compr. Psychol. 3 (2014). */
  readonly effect: number
}

/** Up to this many pairs the distribution is counted out, above it is normal to three digits. */
const exactPairs = 50

/**
 * Wilcoxon's signed-rank test of paired differences. Ties share their mean rank. Up to 50 pairs p is exact, given the ranks
 * (ties too); above, normal with the variance of the tied ranks, without continuity correction. Wilcoxon, Biometrics 1 (1945).
 */
export function signedRank(differences: readonly number[]): SignedRank {
  const sorted = differences.filter((value) => value !== 0).sort((a, b) => Math.abs(a) - Math.abs(b))
  const pairs = sorted.length
  if (pairs === 0) return { pairs, p: NaN, effect: 0 }
  // Twice the rank is whole, ties or not.
  const doubled = doubledRanks(sorted)
  const total = doubled.reduce((sum, rank) => sum + rank, 0)
  const rise = doubled.reduce((sum, rank, n) => (sorted[n]! > 0 ? sum + rank : sum), 0)
  const least = Math.min(rise, total - rise)
  const p = pairs <= exactPairs ? exactP(doubled, least) : normalP(doubled, least)
  return { pairs, p: Math.min(1, p), effect: (2 * rise - total) / total }
}

function doubledRanks(sorted: readonly number[]): number[] {
  const ranks: number[] = []
  for (let from = 0; from < sorted.length;) {
    let to = from
    while (to < sorted.length && Math.abs(sorted[to]!) === Math.abs(sorted[from]!)) to++
    for (let n = from; n < to; n++) ranks.push(from + 1 + to)
    from = to
  }
  return ranks
}

/** Share of all sign patterns whose sum of (doubled) ranks is `least` or less, both ways. */
function exactP(doubled: readonly number[], least: number): number {
  const total = doubled.reduce((sum, rank) => sum + rank, 0)
  let shares = new Float64Array(total + 1)
  shares[0] = 1
  for (const rank of doubled) {
    const next = new Float64Array(total + 1)
    for (let sum = 0; sum <= total; sum++) next[sum] = (shares[sum]! + (shares[sum - rank] ?? 0)) / 2
    shares = next
  }
  return 2 * shares.subarray(0, least + 1).reduce((sum, share) => sum + share, 0)
}

function normalP(doubled: readonly number[], least: number): number {
  const total = doubled.reduce((sum, rank) => sum + rank, 0)
  const variance = doubled.reduce((sum, rank) => sum + rank * rank, 0) / 4
  return 2 * normalCdf((least - total / 2) / Math.sqrt(variance))
}
