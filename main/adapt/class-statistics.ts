/** Intensity of each foreground class (class 1 first), as a Gaussian. NaN: the class was not found. */
export type ClassStatistics = {
  readonly means: readonly number[]
  readonly sds: readonly number[]
  /** What the prior of each is multiplied by, so that they come in the proportions expected of them (proportions.ts). */
  readonly weights?: readonly number[]
}

/** Voxels further than this many sd from a class's mean are partial volumes or errors. */
const trimSds = 2
/** Keeps a class of a single value finite, in normalised intensity. */
const leastSd = 1e-3
/** Share that a class which the network excluded may still get back. */
const floor = 1e-3
/** A share of foreground that no re-weighting can make visible. */
const negligible = 1e-6

type Sums = { weight: Float64Array; first: Float64Array; second: Float64Array }

/** Weighted mean and sd by class over the voxels that a class wins, around a centre and within a distance of it. */
function momentsOfWinners(
  intensity: Float32Array,
  probability: Float32Array,
  classes: number,
  power: number,
  within?: ClassStatistics,
): ClassStatistics {
  const sums: Sums = {
    weight: new Float64Array(classes),
    first: new Float64Array(classes),
    second: new Float64Array(classes),
  }
  for (let n = 0; n < intensity.length; n++) {
    let winner = 0
    for (let c = 1; c < classes; c++) if (probability[n * classes + c]! > probability[n * classes + winner]!) winner = c
    if (winner === 0) continue
    const value = intensity[n]!
    if (within && !(Math.abs(value - within.means[winner - 1]!) < trimSds * within.sds[winner - 1]!)) continue
    const weight = probability[n * classes + winner]! ** power
    sums.weight[winner]! += weight
    sums.first[winner]! += weight * value
    sums.second[winner]! += weight * value * value
  }
  const means: number[] = []
  const sds: number[] = []
  for (let c = 1; c < classes; c++) {
    const mean = sums.first[c]! / sums.weight[c]!
    means.push(mean)
    sds.push(Math.sqrt(Math.max(sums.second[c]! / sums.weight[c]! - mean * mean, 0)) + leastSd)
  }
  return { means, sds }
}

/**
 * Robust mean and sd of intensity by foreground class: voxels count for the class that wins them, by its probability to a
 * power, and a second time without those beyond 2 sd. intensity: [voxel]; probability: [voxel][class], background first.
 * A class that wins no voxel has NaN. models.md section 4, "Normalisation pass".
 */
export function classStatistics(
  intensity: Float32Array,
  probability: Float32Array,
  classes: number,
  power: number,
): ClassStatistics {
  const rough = momentsOfWinners(intensity, probability, classes, power)
  return momentsOfWinners(intensity, probability, classes, power, rough)
}

/**
 * Posterior of the foreground classes once their Gaussian intensity likelihoods, to an exponent, are taken in: within the
 * foreground's share q_c ~ weight_c (p_c + floor) N(intensity; mean_c, sd_c)^exponent. Background keeps its probability, and so do
 * classes without statistics. Shapes as in classStatistics; returns a new array.
 */
export function reweight(
  intensity: Float32Array,
  probability: Float32Array,
  classes: number,
  { means, sds, weights }: ClassStatistics,
  exponent: number,
): Float32Array {
  const out = probability.slice()
  const known = sds.flatMap((sd, n) => (Number.isFinite(sd) ? [n + 1] : []))
  const logSds = sds.map(Math.log)
  const logLikelihood = new Float64Array(classes)
  for (let n = 0; n < intensity.length; n++) {
    const at = n * classes
    if (1 - probability[at]! < negligible) continue
    let share = 0
    let best = -Infinity
    for (const c of known) {
      const z = (intensity[n]! - means[c - 1]!) / sds[c - 1]!
      logLikelihood[c] = exponent * (-0.5 * z * z - logSds[c - 1]!)
      share += probability[at + c]!
      best = Math.max(best, logLikelihood[c])
    }
    let total = 0
    for (const c of known) {
      const prior = (weights?.[c - 1] ?? 1) * (probability[at + c]! + floor)
      const weight = prior * Math.exp(logLikelihood[c]! - best)
      out[at + c] = weight
      total += weight
    }
    for (const c of known) out[at + c]! *= share / total
  }
  return out
}

/**
 * Statistics and re-weighted posteriors, twice: statistics of what the network won, then of what the re-weighting won.
 * Returns the second statistics, to be used with `reweight`.
 */
export function refinedStatistics(
  intensity: Float32Array,
  probability: Float32Array,
  classes: number,
  exponent: number,
): ClassStatistics {
  const first = classStatistics(intensity, probability, classes, 2)
  return classStatistics(intensity, reweight(intensity, probability, classes, first, exponent), classes, 1)
}
