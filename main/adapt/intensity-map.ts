/** Monotone piecewise-linear map through the points (from[n], to[n]); from and to ascend. Beyond the ends: their slopes. */
export type IntensityMap = { readonly from: readonly number[]; readonly to: readonly number[] }

/** Two classes closer than this (in sd of the foreground) cannot be told apart by intensity. */
const leastGap = 0.05
const leastStep = 1e-3

/** Writes the mapped values into `values`. One point alone: a scaling that takes it to its target. */
export function mapIntensities(values: Float32Array, { from, to }: IntensityMap): void {
  const slopes = from.slice(1).map((value, n) => (to[n + 1]! - to[n]!) / Math.max(value - from[n]!, leastStep))
  const last = slopes.length - 1
  for (let n = 0; n < values.length; n++) {
    const value = values[n]!
    let segment = 0
    while (segment < last && value >= from[segment + 1]!) segment++
    values[n] = to[segment]! + (value - from[segment]!) * slopes[segment]!
  }
}

/**
 * The map that takes air (0) and the class means of a study to those of the source. Both relative to air, by foreground
 * class; NaN for a class that was not found, which then is no anchor, as are classes that look alike in the source.
 * inOrder is false where the study's means do not ascend as the source's do (another contrast): then the map is a plain
 * scaling that brings the brightest class of the source to its place. undefined: no class to go by.
 */
export function anchorMap(
  study: readonly number[],
  source: readonly number[],
): { map: IntensityMap; inOrder: boolean } | undefined {
  const known = source
    .map((to, n) => ({ from: study[n]!, to }))
    .filter(({ from, to }) => Number.isFinite(from) && to > leastGap)
    .sort((a, b) => a.to - b.to)
    .filter(({ to }, n, sorted) => n === 0 || to - sorted[n - 1]!.to > leastGap)
  const brightest = known.at(-1)
  if (!brightest || !(brightest.from > leastGap)) return undefined
  const inOrder = known.every(({ from }, n) => from > (n === 0 ? 0 : known[n - 1]!.from + leastGap))
  const anchors = inOrder ? known : [brightest]
  return { map: { from: [0, ...anchors.map((a) => a.from)], to: [0, ...anchors.map((a) => a.to)] }, inOrder }
}
