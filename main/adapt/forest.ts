import type { Random } from '../volume/random.ts'

/** A node tells the mean of the samples that fell into it, and whether a sample goes on to `below` or to `above`. */
type Node = {
  readonly value: number
  readonly split?: {
    readonly feature: number
    readonly threshold: number
    readonly below: Node
    readonly above: Node
  }
}
export type Forest = readonly Node[]

export type ForestSettings = {
  readonly trees: number
  /** Share of the features that a split is chosen from. */
  readonly tried: number
  /** Samples on each side of a split. */
  readonly leastSamples: number
}

/** A split that explains less than this of a node's sum of squares explains rounding. */
const leastGain = 1e-12

type Samples = { readonly rows: readonly (readonly number[])[]; readonly values: readonly number[] }

/**
 * Extremely randomised trees for regression (Geurts, Ernst & Wehenkel, Machine Learning 63, 2006): every tree sees all samples;
 * a split is the best of random thresholds, one for each of some features. rows: [sample][feature], finite, at least one.
 */
export function growForest(samples: Samples, settings: ForestSettings, random: Random): Forest {
  const all = samples.rows.map((_, n) => n)
  return Array.from({ length: settings.trees }, (_, tree) => grow(samples, all, settings, random.fork(tree)))
}

function grow(samples: Samples, own: readonly number[], settings: ForestSettings, random: Random): Node {
  const value = own.reduce((sum, n) => sum + samples.values[n]!, 0) / own.length
  const found = own.length < 2 * settings.leastSamples ? undefined : bestSplit(samples, own, settings, random)
  if (!found) return { value }
  const { feature, threshold } = found
  const isBelow = (n: number): boolean => samples.rows[n]![feature]! <= threshold
  const below = own.filter(isBelow)
  const above = own.filter((n) => !isBelow(n))
  return {
    value,
    split: {
      feature,
      threshold,
      below: grow(samples, below, settings, random),
      above: grow(samples, above, settings, random),
    },
  }
}

function bestSplit(
  { rows, values }: Samples,
  own: readonly number[],
  { tried, leastSamples }: ForestSettings,
  random: Random,
): { feature: number; threshold: number } | undefined {
  const features = rows[0]!.length
  let left = Math.max(1, Math.floor(tried * features))
  const total = own.reduce((sum, n) => sum + values[n]!, 0)
  const spread = own.reduce((sum, n) => sum + (values[n]! - total / own.length) ** 2, 0)
  let best: { feature: number; threshold: number } | undefined
  let bestGain = leastGain * own.length
  if (spread <= bestGain) return undefined
  for (const feature of random.permutation(features)) {
    if (left === 0) break
    let [low, high] = [Infinity, -Infinity]
    for (const n of own) {
      low = Math.min(low, rows[n]![feature]!)
      high = Math.max(high, rows[n]![feature]!)
    }
    // Nothing to tell the samples apart by: another feature takes its turn.
    if (low === high) continue
    left--
    const threshold = random.uniform(low, high)
    let [count, sum] = [0, 0]
    for (const n of own)
      if (rows[n]![feature]! <= threshold) {
        count++
        sum += values[n]!
      }
    const others = own.length - count
    if (count < leastSamples || others < leastSamples) continue
    const gain = (sum / count - (total - sum) / others) ** 2 * ((count * others) / own.length)
    if (gain > bestGain) [best, bestGain] = [{ feature, threshold }, gain]
  }
  return best
}

/** Mean over the trees of the values of the leaves that a row falls into. */
export function predictForest(forest: Forest, row: readonly number[]): number {
  return forest.reduce((sum, tree) => sum + pathOf(tree, row).at(-1)!.value, 0) / forest.length
}

/** By how much each feature moves the prediction of a row from the mean of all samples, summed over the splits on its way (Saabas
 *  2014, "treeinterpreter"): these and the mean sum up to the prediction. */
export function contributionsOf(forest: Forest, row: readonly number[]): number[] {
  const moved = row.map(() => 0)
  for (const tree of forest) {
    const path = pathOf(tree, row)
    path.slice(1).forEach(({ value }, n) => (moved[path[n]!.split!.feature]! += value - path[n]!.value))
  }
  return moved.map((sum) => sum / forest.length)
}

function pathOf(root: Node, row: readonly number[]): Node[] {
  const path = [root]
  for (let { split } = root; split;) {
    const next = row[split.feature]! <= split.threshold ? split.below : split.above
    path.push(next)
    split = next.split
  }
  return path
}
