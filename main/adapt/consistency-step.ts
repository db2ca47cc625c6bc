import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { Model, Parameter } from '../model/model.ts'
import { consistencyTarget, drawView, drawViews, seenIn } from './consistency-target.ts'
import type { TargetOptions } from './consistency-target.ts'
import { gradientStep } from './gradient-step.ts'
import { classLogits, diceLoss, divergence, halfSquaredDistance, ratioPrior, sharpen, weightedMean } from './losses.ts'
import { channelsFirst } from './method.ts'
import type { StepReport, Work } from './method.ts'
import type { Optimizer } from './optimizer.ts'
import { expectedProportions } from './proportions.ts'
import { scoped } from './scope.ts'
import { drawBatch } from './slices.ts'
import { fusedAim, rowsOf, siblingBatch, whereBoth } from './cross-terms.ts'
import type { Aim, SiblingBatch } from './cross-terms.ts'
import { validPixels } from './valid.ts'
import { allowedSymmetries, mirroredClasses, undoSymmetry } from './views.ts'
import type { symmetries } from './views.ts'

/** The part of the method's options that a step needs; their meaning is in its table. */
export type StepOptions = Omit<TargetOptions, 'exchange' | 'proportions'> & {
  readonly batch: number
  readonly learningRate: number
  readonly views: number
  readonly symmetries: keyof typeof symmetries
  readonly strength: number
  readonly blur: number
  readonly divergence: number
  readonly dice: number
  readonly prior: number
  readonly balance: number
  readonly sourceAnchor: number
  readonly weightAnchor: number
  readonly cross: number
  readonly fuse: boolean
}

/** A batch is some slices only: its proportions spread wider than those of heads. */
const spreadOfBatches = 1.5

type StepWork = Pick<
  Work,
  'source' | 'student' | 'input' | 'restored' | 'sourceProbability' | 'classes' | 'random' | 'traced'
> &
  Partial<Pick<Work, 'siblings'>> & { readonly options: StepOptions }

type Training = {
  readonly teacher: Model
  readonly optimizer: Optimizer
  readonly parameters: readonly Parameter[]
  readonly sourceParameters: readonly Parameter[]
}

/**
 * One update of M1 (methods.md): the student sees a batch in a random view and learns the teacher's target for it. Its own
 * prediction is turned back before the two are compared. The teacher is left as it is. With other series of the study each
 * also learns what the teacher makes of the others (or all of them learn the teacher's mean over them), where both show something.
 */
export function consistencyStep(
  work: StepWork,
  { teacher, optimizer, parameters, sourceParameters }: Training,
): StepReport {
  const { source, student, input, options, random } = work
  const slices = drawBatch(input.tissueSlices, options.batch, random)
  const allowed = allowedSymmetries(source, options.symmetries, input.volume.shape)
  const views = drawViews(options.views, slices.length, allowed, 0.7 * options.strength, options.blur, random)
  const view = drawView(slices.length, allowed, options.strength, options.blur, random)
  const exchange = mirroredClasses(source.card)
  return scoped(() => {
    const looks = views.map((each) => ({ view: each, batch: seenIn(each, input, slices, random) }))
    const valid = validPixels(input, slices.length)
    const isFused = options.fuse && (work.siblings ?? []).length > 0
    const proportions = expectedProportions(source.card.source, spreadOfBatches * options.balance)
    const target = { ...options, exchange, proportions, ...(isFused && { temperature: 1 }) }
    const own = consistencyTarget(teacher, looks, valid, input, slices, work.restored, target)
    const batch = seenIn(view, input, slices, random)
    const others = (work.siblings ?? []).flatMap(
      (sibling) => siblingBatch(sibling, slices, teacher, { ...options, allowed, random, target }) ?? [],
    )
    const aim = isFused ? withOthers(own, others, options.temperature) : own
    const taught = isFused ? [] : others.map((other) => whereBoth(other.aim, own))
    let output: Tensor | undefined
    const termsOfScan = (): Record<string, Tensor> => {
      const raw = student.logits(batch)
      if (work.traced) output = tf.keep(tf.clone(raw))
      const logits = undoSymmetry(classLogits(raw), view.symmetry, exchange)
      return {
        ...agreementTerms(logits, aim, options),
        ...crossTerms(logits, taught, options),
        ...anchorTerms(logits, valid, slices, parameters, sourceParameters, work),
      }
    }
    const learning = options.cross > 0 ? others : []
    const termsOfOthers = learning.map((other) => (): Record<string, Tensor> => {
      const logits = undoSymmetry(classLogits(student.logits(other.batch)), other.view.symmetry, exchange)
      const { target, weights } = whereBoth(aim, other.aim)
      const learned = { target: rowsOf(target, other.rows), weights: rowsOf(weights, other.rows) }
      return crossTerms(logits, [learned], options, others.length)
    })
    const update = gradientStep(parameters, optimizer, options.learningRate, termsOfScan, ...termsOfOthers)
    const trace = output && {
      input: channelsFirst(batch),
      logits: channelsFirst(output),
      views: { slices, valid: input.valid, teacher: views, student: view, options },
    }
    output?.dispose()
    return { ...update, learningRate: options.learningRate, ...(trace && { trace }) }
  })
}

/** Agreement with the target: its divergence and soft Dice (methods.md M1, step 5). */
export function agreementTerms(
  logits: Tensor,
  { target, weights }: { readonly target: Tensor; readonly weights: Tensor },
  options: Pick<StepOptions, 'divergence' | 'dice'>,
): Record<string, Tensor> {
  const terms: Record<string, Tensor> = {}
  if (options.divergence > 0) {
    terms['divergence'] = tf.mul(weightedMean(divergence(target, logits), weights), options.divergence)
  }
  if (options.dice > 0) terms['dice'] = tf.mul(diceLoss(target, tf.softmax(logits), weights), options.dice)
  return terms
}

/** Agreement with what other series teach, on average over `count` of them. */
function crossTerms(
  logits: Tensor,
  aims: readonly Aim[],
  options: StepOptions,
  count = aims.length,
): Record<string, Tensor> {
  const terms: Record<string, Tensor> = {}
  if (options.cross === 0) return terms
  for (const aim of aims)
    for (const [name, term] of Object.entries(agreementTerms(logits, aim, options))) {
      const weighted = tf.mul(term, options.cross / count)
      const sum = terms[`cross ${name}`]
      terms[`cross ${name}`] = sum ? tf.add(sum, weighted) : weighted
    }
  return terms
}

function withOthers(own: Aim, others: readonly SiblingBatch[], temperature: number): Aim {
  // No other series may show the slices of a batch: the target is still to be sharpened.
  if (others.length === 0) return { ...own, target: sharpen(own.target, temperature) }
  return fusedAim(
    own,
    others.map((other) => other.aim),
    temperature,
  )
}

/** What holds the student back: the source's class proportions, prediction and parameters. */
function anchorTerms(
  logits: Tensor,
  valid: Tensor,
  slices: readonly number[],
  parameters: readonly Parameter[],
  sourceParameters: readonly Parameter[],
  { source, input, sourceProbability, classes, options }: StepWork,
): Record<string, Tensor> {
  const terms: Record<string, Tensor> = {}
  const { proportions } = source.card.source
  if (options.prior > 0 && proportions) {
    terms['prior'] = tf.mul(ratioPrior(tf.softmax(logits), valid, proportions), options.prior)
  }
  if (options.sourceAnchor > 0) {
    const [ni, nj] = input.volume.shape
    const size = ni * nj * classes
    const data = new Float32Array(slices.length * size)
    slices.forEach((k, n) => data.set(sourceProbability.subarray(k * size, (k + 1) * size), n * size))
    const before = tf.tensor4d(data, [slices.length, nj, ni, classes])
    terms['source anchor'] = tf.mul(weightedMean(divergence(before, logits), valid), options.sourceAnchor)
  }
  if (options.weightAnchor > 0) {
    const variables = (of: readonly Parameter[]): Tensor[] => of.map(({ variable }) => variable)
    const distance = halfSquaredDistance(variables(parameters), variables(sourceParameters))
    terms['weight anchor'] = tf.mul(distance, options.weightAnchor)
  }
  return terms
}
