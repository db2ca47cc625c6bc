import type { Checkpoint } from './checkpoint.ts'
import { storable } from './checkpoint.ts'
import { reweight } from './class-statistics.ts'
import { classDepths, isInsideOut } from './contrast.ts'
import { airOf, selectSlices } from './correction.ts'
import { evidenceScores, sourceScores } from './evidence.ts'
import { expectationOf, expectedOfSource, expectedOfState } from './expectation.ts'
import type { Expectation, ExpectedDice } from './expectation.ts'
import { chooseState, drift, judge } from './guard.ts'
import type { GuardContext, GuardScores, StatePrediction, StateVerdict } from './guard.ts'
import type { Extent, Gate, Method } from './method.ts'
import { normDistance, observe } from './norm-layers.ts'
import { leastPixels } from './losses.ts'
import { countClasses, heldOutConsistency, intensityConsistency, labelsOf } from './scores.ts'
import { shapeScore } from './shape-score.ts'
import { interleavedBatches, spreadSlices } from './slices.ts'
import type { EpisodeWork } from './work.ts'
import { createRandom } from '../volume/random.ts'
import { spacing } from '../volume/affine.ts'

/** A state that may be kept: after the input steps, or after training. */
export type Candidate = {
  readonly step: number
  readonly phase: 'input' | 'train'
  readonly checkpoint: Checkpoint
  readonly harmful: boolean
  readonly consistency: number
  readonly scores: GuardScores
  readonly reasons: readonly string[]
  /** By the model's calibration, where it has one. */
  readonly expectation?: Expectation
}

export type Verdict = {
  readonly verdict: 'accepted' | 'not-needed' | 'rolled-back' | 'off'
  readonly kept: 'source' | number
  /** Of the kept state, or of the last one where none is kept. */
  readonly scores: GuardScores
  /** Sentences for the user. */
  readonly reasons: readonly string[]
  /** Where the model has a calibration. */
  readonly expectedDice?: ExpectedDice
}

/** What was measured of the source model on some of a study's slices: the same for every episode on them, whatever its method. */
type SourceMeasure = {
  gate?: Pick<Gate, 'scores'> & { readonly distance: number }
  prediction?: StatePrediction & { readonly shape: number }
}
/** By the numbers of the slices. */
export type SourceMeasures = Map<string, SourceMeasure>

/** Held-out views cost a forward pass each: a dozen slices tell as much as all. */
const slicesHeldOut = 12
const slicesOfDistance = 8
const slicesGlanced = 4
/** The held-out views are the same for every scan and every seed. */
const heldOutSeed = 4

/** Decides before an episode, examines the states within it, and gives the verdict after it. */
export class Examiner {
  private readonly work: EpisodeWork
  private readonly method: Method
  private readonly guard: boolean
  private gateDecision: Gate = { extent: 'full', scores: {}, reason: '' }
  private readonly measured: SourceMeasure

  constructor(work: EpisodeWork, method: Method, guard: boolean, shared: SourceMeasures = new Map()) {
    this.work = work
    this.method = method
    this.guard = guard
    const slices = work.positions.join()
    this.measured = shared.get(slices) ?? {}
    shared.set(slices, this.measured)
  }

  /** Whether to adapt at all: the method's own gate, or else the guard's. `extent`: whatever they find, where it can be done. */
  async gate(extent?: Extent): Promise<Gate> {
    const { work, method, guard, measured } = this
    const whole: Gate = { extent: 'full', scores: {}, reason: '' }
    if (work.study.volume.shape[2] === 0) {
      this.gateDecision = { extent: 'none', scores: {}, reason: 'No slice of the scan shows tissue.' }
      return this.gateDecision
    }
    if (guard && this.isInverted()) {
      const reason =
        'The classes lie in places that they have in no training scan (is the contrast inverted, such as T2-weighted?): nothing was adapted.'
      this.gateDecision = { extent: 'none', scores: {}, reason, isRefused: true }
      return this.gateDecision
    }
    if (extent && measured.gate) {
      this.gateDecision = { extent, scores: measured.gate.scores, reason: '' }
      return this.gateDecision
    }
    const distance = guard ? await this.normDistance(work.study) : undefined
    const scores = distance === undefined ? {} : { 'S11 norm distance': distance }
    const found = method.gate ? await method.gate(work) : guard ? await this.isInDomain(distance) : whole
    const own = extent ? { ...found, extent, reason: '' } : found
    this.gateDecision = { ...own, scores: { ...own.scores, ...scores } }
    measured.gate = { scores: this.gateDecision.scores, distance: distance ?? NaN }
    return this.gateDecision
  }

  private isInverted(): boolean {
    const { source, study, sourceProbability, classes } = this.work
    const [ni, nj] = study.volume.shape
    const known = source.card.source.classDepths
    return known !== undefined && isInsideOut(classDepths(labelsOf(sourceProbability, classes), ni, nj, classes), known)
  }

  /** In domain is what both say so of: the norm statistics (S11), and the model's agreement with itself on a copy. */
  private async isInDomain(distance: number | undefined): Promise<Gate> {
    const { source, study, sourceProbability, classes, random, signal, advance } = this.work
    const { normDistanceP95, consistency } = source.card.source
    if (distance === undefined || normDistanceP95 === undefined || !consistency)
      return { extent: 'full', scores: {}, reason: '' }
    const labels = labelsOf(sourceProbability, classes)
    const agreement = await intensityConsistency(source, study, labels, classes, random.fork('gate'), signal)
    advance(study.volume.shape[2])
    const inDomain = distance < normDistanceP95 && agreement >= consistency.p05
    const found = `distance of its norm statistics from theirs ${distance.toFixed(3)}, limit ${normDistanceP95.toFixed(3)}; agreement with itself on an altered copy ${agreement.toFixed(3)}, limit ${consistency.p05.toFixed(3)}`
    const reason = `The scan looks like the training scans to the model, so adapting is likelier to harm than to help and nothing is changed (${found}).`
    return {
      extent: inDomain ? 'none' : 'full',
      scores: { 'gate consistency': agreement },
      reason: inDomain ? reason : '',
    }
  }

  /**
   * A look at a few slices while training goes on: the name of a label that the source model finds there and the student does
   * not any more; undefined where all is well, and without a guard.
   */
  async vanished(): Promise<string | undefined> {
    if (!this.guard) return undefined
    const { source, student, input, sourceProbability, classes, signal } = this.work
    const some = spreadSlices(input.tissueSlices, slicesGlanced)
    const size = sourceProbability.length / input.volume.shape[2]
    const { probability } = await observe(student, input, [some], { signal })
    const now = countClasses(labelsOf(probability, classes), classes)
    const before = new Array<number>(classes).fill(0)
    for (const slice of some)
      countClasses(labelsOf(sourceProbability.subarray(slice * size, (slice + 1) * size), classes), classes).forEach(
        (count, c) => (before[c]! += count),
      )
    const lost = before.findIndex((count, c) => c > 0 && count >= leastPixels && now[c] === 0)
    return lost < 0 ? undefined : source.card.output.labels[lost - 1]!.name
  }

  /** Scores a settled state; sets its re-weighting first. Without a candidate, `divergence` says what broke. */
  async examine(
    step: number,
    phase: Candidate['phase'],
    checkpoint: () => Checkpoint,
  ): Promise<{ candidate?: Candidate; divergence?: string }> {
    const { work, method, guard } = this
    if (!guard && !method.reweighting) {
      return {
        candidate: { step, phase, checkpoint: checkpoint(), harmful: false, consistency: NaN, scores: {}, reasons: [] },
      }
    }
    const { student, input, signal, advance, classes, restored } = work
    const { probability } = await observe(student, input, inOrder(input.tissueSlices), { signal, onBatch: advance })
    if (!probability.every(Number.isFinite)) return { divergence: 'The prediction is not a number any more.' }
    const reweighting = method.reweighting?.(work, probability)
    work.reweighting = storable({ reweighting }).reweighting
    if (!guard) {
      return {
        candidate: { step, phase, checkpoint: checkpoint(), harmful: false, consistency: NaN, scores: {}, reasons: [] },
      }
    }
    const source = await this.sourcePrediction()
    const { distance } = this.measured.gate!
    const consistency = await this.consistency(student, input, probability)
    const final = work.surroundings.reweighting
    const adapted = final ? reweight(restored, probability, classes, final, final.exponent) : probability
    const taken = checkpoint()
    const state = { network: probability, probability: adapted, consistency }
    const rule = judge(state, source, this.context())
    const evidence = {
      shape: [source.shape, await this.shape(adapted)] as const,
      distance: [distance, work.correction ? ((await this.normDistance(input)) ?? NaN) : distance] as const,
      intensity: work.correction ? restored : withoutAir(work),
    }
    const scores = {
      ...rule.scores,
      ...evidenceScores(state, source, evidence, this.context()),
      ...drift(student, work.source, [...taken.keys()].filter(isWeight(work))),
      ...this.gateDecision.scores,
    }
    return { candidate: { step, phase, checkpoint: taken, consistency, scores, ...this.judged(rule, scores) } }
  }

  /** By the model's calibration where it has one, else by the rule; a label that vanished always decides. */
  private judged(
    rule: StateVerdict,
    scores: GuardScores,
  ): Pick<Candidate, 'harmful' | 'reasons'> & Partial<Pick<Candidate, 'expectation'>> {
    const { calibration } = this.work.source
    if (!calibration || rule.isLost) return { harmful: rule.harmful, reasons: rule.reasons }
    const expectation = expectationOf(calibration, scores)
    const isWorse = expectation.change < 0
    // What speaks for a state that is not expected to help would read as a reason to keep it.
    const reasons = isWorse && !expectation.isHarmful ? [] : expectation.reasons
    return { harmful: expectation.isHarmful || isWorse, reasons, expectation }
  }

  private async sourcePrediction(): Promise<NonNullable<SourceMeasure['prediction']>> {
    const { source, study, sourceProbability } = this.work
    this.measured.prediction ??= {
      network: sourceProbability,
      probability: sourceProbability,
      consistency: await this.consistency(source, study, sourceProbability),
      shape: await this.shape(sourceProbability),
    }
    return this.measured.prediction
  }

  /** After the last state; `divergence` says what broke, if anything did. */
  async verdict(candidates: readonly Candidate[], divergence: string | undefined): Promise<Verdict> {
    const { gateDecision } = this
    const last = candidates.at(-1)
    const gateReasons = gateDecision.reason ? [gateDecision.reason] : []
    if (divergence) {
      const reasons = [divergence, 'The source model was restored.']
      return { verdict: 'rolled-back', kept: 'source', scores: last?.scores ?? {}, reasons, ...this.expected(last) }
    }
    if (!last) {
      const reasons = gateReasons.length ? gateReasons : ['The method left nothing changed.']
      const verdict = gateDecision.isRefused ? 'rolled-back' : 'not-needed'
      const scores = { ...gateDecision.scores, ...(await this.unadapted()) }
      const expected =
        Object.keys(scores).length > Object.keys(gateDecision.scores).length ? this.expected({ scores }) : {}
      return { verdict, kept: 'source', scores, reasons, ...expected }
    }
    if (!this.guard)
      return { verdict: 'off', kept: last.step, scores: {}, reasons: [...gateReasons, 'The guard was off.'] }
    const merits = candidates.map(({ harmful, consistency, expectation }) => ({
      harmful,
      merit: expectation ? expectation.change : consistency,
    }))
    const chosen = candidates[chooseState(merits)]
    if (!chosen) {
      const reasons = [...gateReasons, ...last.reasons, whyNone(candidates)]
      return { verdict: 'rolled-back', kept: 'source', scores: last.scores, reasons, ...this.expected(last) }
    }
    const earlier = chosen === last ? [] : [whyEarlier(chosen, last)]
    const steadier = `Steadiness under held-out views: ${this.measured.prediction!.consistency.toFixed(3)} before, ${chosen.consistency.toFixed(3)} after.`
    const reasons = [...gateReasons, ...earlier, ...chosen.reasons, steadier]
    return { verdict: 'accepted', kept: chosen.step, scores: chosen.scores, reasons, ...this.expected(chosen, chosen) }
  }

  /** Scores of the source model's mask where no state was examined, and a calibration makes something of them. */
  private async unadapted(): Promise<GuardScores> {
    const { source, study } = this.work
    if (!this.guard || !source.calibration || this.gateDecision.isRefused || study.volume.shape[2] === 0) return {}
    const prediction = await this.sourcePrediction()
    return sourceScores(prediction, prediction.shape, this.context())
  }

  private expected(
    of: { readonly scores: GuardScores } | undefined,
    kept?: Candidate,
  ): Partial<Pick<Verdict, 'expectedDice'>> {
    const { calibration } = this.work.source
    if (!calibration || !this.guard || !of) return {}
    return {
      expectedDice: kept ? expectedOfState(calibration, of.scores) : expectedOfSource(calibration, of.scores),
    }
  }

  /** S11 of the slices in the source network; undefined where it has no norm layers. */
  private async normDistance(input: EpisodeWork['input']): Promise<number | undefined> {
    const { source, signal, advance } = this.work
    if (source.normLayers.length === 0) return undefined
    const batches = interleavedBatches(spreadSlices(input.tissueSlices, slicesOfDistance), slicesOfDistance / 2)
    const { moments } = await observe(source, input, batches, { signal, onBatch: advance })
    return normDistance(source.normLayers, moments)
  }

  /** S4 of a model on slices of which this is its prediction. */
  private async consistency(
    model: EpisodeWork['source'],
    input: EpisodeWork['input'],
    probability: Float32Array,
  ): Promise<number> {
    const { classes, signal, advance } = this.work
    const some = spreadSlices(input.tissueSlices, slicesHeldOut)
    const labels = labelsOf(probability, classes)
    const size = input.volume.shape[0] * input.volume.shape[1]
    const own = new Uint8Array(some.length * size)
    some.forEach((slice, n) => own.set(labels.subarray(slice * size, (slice + 1) * size), n * size))
    const random = createRandom(heldOutSeed)
    const slices = selectSlices(input, some)
    const score = await heldOutConsistency(model, slices, slices.tissueSlices, own, classes, random, signal)
    advance(2 * some.length)
    return score
  }

  /** S7 of a prediction of the slices; NaN where the model has no shape prior. */
  private async shape(probability: Float32Array): Promise<number> {
    const { source, study, classes, signal } = this.work
    const [ni, nj] = study.volume.shape
    const prior = source.companions.shapePrior
    if (!prior) return NaN
    return shapeScore(prior, probability, { ni, nj, classes }, spreadSlices(study.tissueSlices, slicesHeldOut), signal)
  }

  private context(): GuardContext {
    const { classes, source, study, tissueDepth, positions } = this.work
    const [ni, nj] = study.volume.shape
    const [i, j, k] = spacing(study.volume.affine)
    return {
      classes,
      labelNames: source.card.output.labels.map(({ name }) => name),
      ni,
      nj,
      statistics: source.card.source,
      mlPerCount: ((i * j * k) / 1000) * (tissueDepth / positions.length),
    }
  }
}

const inOrder = (slices: readonly number[]): number[][] =>
  Array.from({ length: Math.ceil(slices.length / 4) }, (_, n) => slices.slice(4 * n, 4 * n + 4))

const isWeight = ({ source }: EpisodeWork): ((name: string) => boolean) => {
  const names = new Set(source.parameters('all').map(({ name }) => name))
  return (name) => names.has(name)
}

/** Nothing was corrected: the slices as they are, relative to air. */
function withoutAir({ study, restored }: EpisodeWork): Float32Array {
  const air = airOf(study)
  return restored.map((value) => value - air)
}

/** Why the source model is restored though nothing broke. */
function whyNone(candidates: readonly Candidate[]): string {
  const harmful = candidates.filter(isRisky)
  return harmful.length
    ? `Adapting ${riskOf(harmful)}: the source model was restored.`
    : 'Adapting is not expected to help on this scan: the source model was restored.'
}

function whyEarlier(chosen: Candidate, last: Candidate): string {
  if (isRisky(last))
    return `The state after step ${chosen.step} is kept: what came later ${riskOf([last])}. ${last.reasons.join(' ')}`
  const better = chosen.expectation ? 'are not expected to make the mask better' : 'did not make the mask steadier'
  return `The state after step ${chosen.step} is kept: later steps ${better}.`
}

/** A state that is only not expected to help is no risk. */
const isRisky = ({ harmful, expectation }: Candidate): boolean => (expectation ? expectation.isHarmful : harmful)

/** Of the least risky of them. */
function riskOf(candidates: readonly Candidate[]): string {
  const least = Math.min(...candidates.map(({ expectation }) => expectation?.chanceOfHarm ?? 1))
  return least < 0.5
    ? `has too high a risk of harm (${Math.round(100 * least)} %)`
    : 'is likelier to have harmed than helped'
}
