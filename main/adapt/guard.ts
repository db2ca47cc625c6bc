import type { SourceStatistics } from '../model/card.ts'
import type { Model } from '../model/model.ts'
import { borderBand, countClasses, diceOfClasses, labelsOf, meanEntropy, proportionDivergence } from './scores.ts'

/**
 * Has adaptation harmed? Answered without labels, by comparing an adapted state with the source (methods.md section 4).
 * The limits are that section's, for want of a calibration.
 */
const limits = {
  entropyRatio: 0.3,
  entropyFalls: 0.9,
  overlap: 0.6,
  volumeRatio: 1.5,
  volumeSds: 3,
  consistencyLoss: 0.01,
  /** Four times what any simulated scan lost that adapting helped: it decides alone. */
  consistencyCollapse: 0.1,
  proportionSds: 3,
  /** Where the source's spread of proportions is not known: this much further from them, in nats. */
  proportionRise: 0.05,
  tie: 0.002,
  votes: 2,
}

/** One state's prediction of the estimate slices, and how well it agrees with itself under held-out views. */
export type StatePrediction = {
  /** As the network has it, and as it is shown: re-weighting makes a map surer without any collapse. */
  readonly network: Float32Array
  readonly probability: Float32Array
  readonly consistency: number
}

/** What the scores of a state are judged against. */
export type GuardContext = {
  readonly classes: number
  readonly labelNames: readonly string[]
  readonly ni: number
  readonly nj: number
  readonly statistics: SourceStatistics
  /** ml per voxel times scan slices per estimate slice: takes counts to volumes of the whole scan. */
  readonly mlPerCount: number
}

export type GuardScores = Readonly<Record<string, number>>

export type StateVerdict = {
  readonly harmful: boolean
  /** Decided whatever else: a label that was there is gone. */
  readonly isLost: boolean
  readonly scores: GuardScores
  /** What speaks against the state, in words; may be there although the state passes. */
  readonly reasons: readonly string[]
}

const percent = (share: number): string => `${Math.round(100 * share)} %`

/** sd above which the 99th percentile of a normal cohort lies is 2.3; 3 leaves room for a cohort that was small. */
function proportionVote(shares: readonly number[], before: readonly number[], { statistics }: GuardContext): boolean {
  const { proportions, proportionsStd } = statistics
  if (!proportions) return false
  const distance = (own: readonly number[]): number =>
    Math.max(...own.map((share, n) => Math.abs(share - proportions[n]!) / Math.max(proportionsStd?.[n] ?? 0, 0.01)))
  if (proportionsStd) return distance(shares) > limits.proportionSds && distance(shares) > distance(before)
  const divergence = (own: readonly number[]): number => proportionDivergence([0, ...own], proportions)
  return divergence(shares) > divergence(before) + limits.proportionRise
}

const sharesOf = (counts: readonly number[]): number[] => {
  const total = counts.slice(1).reduce((a, b) => a + b, 0)
  return counts.slice(1).map((count) => count / Math.max(total, 1))
}

/** Scores S1-S5 of an adapted state, its votes, and the rule without calibration: harm is a label lost, or two votes. */
export function judge(adapted: StatePrediction, source: StatePrediction, context: GuardContext): StateVerdict {
  const { classes, ni, nj, statistics, labelNames, mlPerCount } = context
  const [after, before] = [labelsOf(adapted.probability, classes), labelsOf(source.probability, classes)]
  const [countsAfter, countsBefore] = [countClasses(after, classes), countClasses(before, classes)]
  const scores: Record<string, number> = {}
  const reasons: string[] = []
  let votes = 0
  let isLost = false
  let decided = false
  const vote = (reason: string): void => {
    votes++
    reasons.push(reason)
  }

  const band = borderBand(after, before, ni, nj)
  const entropyRatio = meanEntropy(adapted.network, classes, band) / meanEntropy(source.network, classes, band)
  const consistencyRises = adapted.consistency > source.consistency
  scores['S1 entropy ratio'] = entropyRatio
  const surer = `the model became surer (entropy at borders ${percent(entropyRatio)} of before)`
  if (entropyRatio < limits.entropyRatio) vote(`Much too quickly ${surer}.`)
  else if (entropyRatio < limits.entropyFalls && !consistencyRises) vote(`Without becoming steadier ${surer}.`)

  diceOfClasses(after, before, classes).forEach((dice, n) => {
    scores[`S2 overlap ${labelNames[n]}`] = dice
    // A strong shift may need a large change, so this is said and does not vote.
    if (dice < limits.overlap)
      reasons.push(`${labelNames[n]} changed much: Dice with the source mask ${dice.toFixed(2)}.`)
  })

  let volumeVoted = false
  labelNames.forEach((name, n) => {
    const [own, was] = [countsAfter[n + 1]!, countsBefore[n + 1]!]
    const ratio = Math.log(Math.max(own, 1) / Math.max(was, 1))
    scores[`S3 ln volume ratio ${name}`] = ratio
    if (own === 0 && was > 0) {
      isLost = true
      reasons.push(`${name} vanished from the mask.`)
      return
    }
    if (!(Math.abs(ratio) > Math.log(limits.volumeRatio)) || volumeVoted) return
    const cohort = statistics.logVolumes?.[n]
    const sds = (count: number): number =>
      cohort ? Math.abs(Math.log(Math.max(count, 1) * mlPerCount) - cohort.mean) / Math.max(cohort.sd, 1e-3) : Infinity
    if (sds(own) > limits.volumeSds && (!cohort || sds(own) > sds(was))) {
      volumeVoted = true
      vote(`The volume of ${name} changed by a factor of ${Math.exp(ratio).toFixed(2)}.`)
    }
  })

  scores['S4 consistency'] = adapted.consistency
  scores['S4 change'] = adapted.consistency - source.consistency
  if (adapted.consistency < source.consistency - limits.consistencyCollapse) decided = true
  if (adapted.consistency < source.consistency - limits.consistencyLoss) {
    const [from, to] = [source.consistency.toFixed(3), adapted.consistency.toFixed(3)]
    vote(`The mask became less steady under views that were held out (${from} to ${to}).`)
  }

  const [sharesAfter, sharesBefore] = [sharesOf(countsAfter), sharesOf(countsBefore)]
  if (statistics.proportions) {
    scores['S5 proportions'] = proportionDivergence(countsAfter, statistics.proportions)
    if (proportionVote(sharesAfter, sharesBefore, context)) {
      vote('The proportions of the labels moved away from those of the source.')
    }
  }
  return { harmful: isLost || decided || votes >= limits.votes, isLost, scores, reasons }
}

/** The earliest state that passes and whose merit (expected Dice, or consistency) is within .002 of the best that passes; -1:
 *  none passes. */
export function chooseState(states: readonly { readonly harmful: boolean; readonly merit: number }[]): number {
  const passing = states.filter(({ harmful }) => !harmful)
  const best = Math.max(...passing.map(({ merit }) => merit))
  return states.findIndex(({ harmful, merit }) => !harmful && !(merit < best - limits.tie))
}

/** S9: how far the student's parameters have moved, relative to their size, and its norm statistics in source sd. */
export function drift(student: Model, source: Model, names: readonly string[]): GuardScores {
  let moved = 0
  let size = 0
  const [now, before] = [student.values(names), source.values(names)]
  for (const [name, { data }] of before) {
    const own = now.get(name)!.data
    data.forEach((value, n) => {
      moved += (own[n]! - value) ** 2
      size += value ** 2
    })
  }
  let shift = 0
  const own = new Map(student.normLayers.map((layer) => [layer.name, layer.source.mean]))
  for (const { name, source: stored, epsilon } of source.normLayers) {
    stored.mean.forEach((mean, c) => {
      shift = Math.max(shift, Math.abs(own.get(name)![c]! - mean) / Math.sqrt(stored.variance[c]! + epsilon))
    })
  }
  return { 'S9 parameter drift': size > 0 ? Math.sqrt(moved / size) : 0, 'S9 statistics drift': shift }
}
