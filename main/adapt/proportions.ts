import type { SourceStatistics } from '../model/card.ts'
import { classStatistics, refinedStatistics, reweight } from './class-statistics.ts'
import type { ClassStatistics } from './class-statistics.ts'

/** Share of each foreground class in the foreground, and by how much a scan may miss it. */
export type Proportions = { readonly share: readonly number[]; readonly tolerance: readonly number[] }

/** A cohort of a few heads tells too little of their spread: a share may always miss its mean by this part of itself. */
const leastTolerance = 0.03
/** Where the card knows no spread. */
const usualTolerance = 0.1
/** Proportions and intensities of so many voxels are those of all. */
const voxelsUsed = 40_000
const rounds = 8
const roundsOfWeights = 4
const weightLimits = [1e-2, 1e2] as const

/** What the source domain expects of a scan, within so many of its standard deviations; undefined where its card does not tell. */
export function expectedProportions(
  { proportions, proportionsStd }: SourceStatistics,
  sds: number,
): Proportions | undefined {
  if (!proportions || sds === 0) return undefined
  const spread = proportions.map((share, n) => proportionsStd?.[n] ?? usualTolerance * share)
  return {
    share: proportions,
    tolerance: proportions.map((share, n) => sds * Math.max(spread[n]!, leastTolerance * share)),
  }
}

function shares(probability: Float32Array, classes: number): number[] {
  const sums = new Array<number>(classes - 1).fill(0)
  for (let n = 0; n < probability.length; n++) if (n % classes > 0) sums[(n % classes) - 1]! += probability[n]!
  const total = sums.reduce((a, b) => a + b, 0)
  return sums.map((sum) => sum / total)
}

/** Weights of the classes under which the re-weighted shares come within tolerance of the expected ones. */
function balancingWeights(
  intensity: Float32Array,
  probability: Float32Array,
  classes: number,
  statistics: ClassStatistics,
  exponent: number,
  { share, tolerance }: Proportions,
): number[] {
  const [least, most] = weightLimits
  let weights = [...(statistics.weights ?? share.map(() => 1))]
  for (let round = 0; round < roundsOfWeights; round++) {
    const weighed = reweight(intensity, probability, classes, { ...statistics, weights }, exponent)
    const own = shares(weighed, classes)
    const aims = own.map((now, n) => Math.min(Math.max(now, share[n]! - tolerance[n]!), share[n]! + tolerance[n]!))
    const total = aims.reduce((a, b) => a + b, 0)
    weights = weights.map((weight, n) => {
      const next = (weight * aims[n]!) / total / Math.max(own[n]!, 1e-6)
      return Math.min(Math.max(next, least), most)
    })
  }
  return weights
}

/** The same number of voxels of every part of the foreground. */
function someVoxels(intensity: Float32Array, probability: Float32Array, classes: number): [Float32Array, Float32Array] {
  const stride = Math.max(1, Math.floor(intensity.length / voxelsUsed))
  const count = Math.floor(intensity.length / stride)
  const maps = new Float32Array(count * classes)
  for (let n = 0; n < count; n++)
    maps.set(probability.subarray(n * stride * classes, (n * stride + 1) * classes), n * classes)
  return [Float32Array.from({ length: count }, (_, n) => intensity[n * stride]!), maps]
}

/**
 * Intensities of the classes where a network that finds too little of one would mislead: statistics and re-weighting in turn
 * (expectation maximisation), while each class's prior is weighed so that its share stays within tolerance of what is
 * expected. Shapes as in classStatistics. Without this a class that is found too small takes its brightest voxels only, its
 * mean is mapped onto the source's, and the next pass finds it smaller still (docs/decisions/0010). The idea is that of prior
 * shift, Saerens et al., Neural Computation 2002, turned round: there the shares are wanted, here they are known.
 */
export function balancedStatistics(
  intensity: Float32Array,
  probability: Float32Array,
  classes: number,
  exponent: number,
  proportions: Proportions,
): ClassStatistics {
  const [some, maps] = someVoxels(intensity, probability, classes)
  let statistics = classStatistics(some, maps, classes, 2)
  for (let round = 0; round < rounds; round++) {
    const weights = balancingWeights(some, maps, classes, statistics, exponent, proportions)
    const posterior = reweight(some, maps, classes, { ...statistics, weights }, exponent)
    statistics = { ...classStatistics(some, posterior, classes, 1), weights }
  }
  return statistics
}

/** The same where proportions are expected, else as the network has them. */
export function intensityStatistics(
  intensity: Float32Array,
  probability: Float32Array,
  classes: number,
  exponent: number,
  proportions: Proportions | undefined,
): ClassStatistics {
  return proportions
    ? balancedStatistics(intensity, probability, classes, exponent, proportions)
    : refinedStatistics(intensity, probability, classes, exponent)
}
