/** What a box shows, and how the points beside it keep out of each other's way. */

export type Box = {
  readonly min: number
  readonly q1: number
  readonly median: number
  readonly q3: number
  readonly max: number
}

/** Linear interpolation between order statistics (Hyndman and Fan's type 7), as the tables have it; undefined for none. */
export function boxOf(values: readonly number[]): Box | undefined {
  if (values.length === 0) return undefined
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => {
    const place = share * (sorted.length - 1)
    const below = Math.floor(place)
    const [low, high] = [sorted[below]!, sorted[Math.ceil(place)]!]
    return low + (high - low) * (place - below)
  }
  return { min: at(0), q1: at(0.25), median: at(0.5), q3: at(0.75), max: at(1) }
}

/**
 * Lanes for points of these places along an axis, so that points nearer than `apart` lie in different ones: 0 is the middle,
 * then 1, -1, 2, -2, ... up to `most` on each side. In a crowd lanes are shared. By order of place, so the same points
 * always lie the same way.
 */
export function lanesOf(places: readonly number[], apart: number, most: number): number[] {
  const lanes = Array.from({ length: 2 * most + 1 }, (_, n) => (n % 2 ? (n + 1) / 2 : -n / 2 || 0))
  const last = new Map<number, number>(lanes.map((lane) => [lane, -Infinity]))
  const order = places.map((place, index) => ({ place, index })).sort((a, b) => a.place - b.place || a.index - b.index)
  const out = new Array<number>(places.length).fill(0)
  for (const { place, index } of order) {
    const free = lanes.find((lane) => place - last.get(lane)! >= apart)
    const lane = free ?? lanes.reduce((a, b) => (last.get(b)! < last.get(a)! ? b : a))
    last.set(lane, place)
    out[index] = lane
  }
  return out
}

export type Limits = { readonly bias: number; readonly low: number; readonly high: number }

/** Mean of the differences, and 1.96 standard deviations (n - 1) on both sides; undefined for fewer than two. Bland and
 *  Altman, Lancet 327 (1986). */
export function limitsOfAgreement(differences: readonly number[]): Limits | undefined {
  const n = differences.length
  if (n < 2) return undefined
  const bias = differences.reduce((a, b) => a + b) / n
  const sd = Math.sqrt(differences.reduce((sum, one) => sum + (one - bias) ** 2, 0) / (n - 1))
  return { bias, low: bias - 1.96 * sd, high: bias + 1.96 * sd }
}
