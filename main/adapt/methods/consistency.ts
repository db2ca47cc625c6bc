import type { Model, Parameter } from '../../model/model.ts'
import { Adam } from '../adam.ts'
import { consistencyStep } from '../consistency-step.ts'
import { gatherForeground } from '../foreground.ts'
import { normalisingPasses } from '../input-phase.ts'
import { defineMethod } from '../method.ts'
import type { Extent, Work } from '../method.ts'
import { adoptStatistics, normDistance, observe } from '../norm-layers.ts'
import type { OptionValues } from '../options.ts'
import { intensityConsistency, labelsOf } from '../scores.ts'
import { interleavedBatches } from '../slices.ts'
import { expectedProportions, intensityStatistics } from '../proportions.ts'
import { followStudent } from '../teacher.ts'

const options = {
  gate: {
    value: 0,
    min: 0,
    max: 1,
    help: "Agreement with itself on an augmented copy from which little is done. 0: .92, or the model's own scans' where its norm statistics fit too; 1: never.",
  },
  inDomain: {
    value: 'light',
    choices: ['light', 'nothing'],
    help: 'In domain: undo bias and re-weight only, or nothing.',
  },
  slices: { value: 20, min: 1, max: 1000, integer: true, help: 'Slices to estimate and train on, evenly spread.' },
  batch: { value: 8, min: 1, max: 64, integer: true, help: 'Slices in an update, spread over the scan.' },
  denoise: {
    value: 0.5,
    min: 0,
    max: 5,
    help: 'Take out noise and keep edges: weight per standard deviation of the noise (0: leave it).',
  },
  spectrum: { value: true, help: "Bring the scan's sharpness and noise to those of the training scans." },
  alpha: { value: 0.2, min: 0, max: 1, help: "Share of the scan's own norm statistics." },
  passes: {
    value: 5,
    min: 0,
    max: 20,
    integer: true,
    help: 'Normalisation passes: predict, undo bias, map intensities.',
  },
  bias: { value: true, help: 'Undo the bias field (MR only).' },
  balance: {
    value: 1,
    min: 0,
    max: 10,
    help: "Hold the classes to the training scans' proportions, within so many of their standard deviations (0: do not).",
  },
  anchor: { value: true, help: 'Map air and class intensities onto those of the training scans.' },
  steps: { value: 5, min: 0, max: 1000, integer: true, help: 'Training updates.' },
  learningRate: { value: 2e-3, min: 1e-7, max: 1e-1, help: 'Step size of Adam.' },
  scope: {
    value: 'norm-affine',
    choices: ['norm-affine', 'head', 'first-block', 'encoder', 'decoder', 'all'],
    help: 'Parameters to train.',
  },
  views: { value: 2, min: 1, max: 16, integer: true, help: "Views that the teacher's target is the mean of." },
  symmetries: {
    value: 'mirror',
    choices: ['none', 'mirror', 'flips', 'all'],
    help: 'mirror: left-right; flips: upside down too; all: quarter turns too, where slices are square.',
  },
  strength: {
    value: 1,
    min: 0,
    max: 4,
    help: "Strength of the student's view; the teacher's random ones have .7 of it.",
  },
  blur: { value: 0, min: 0, max: 3, help: 'Strongest blur of a view, in pixels.' },
  teacher: { value: 0.9, min: 0, max: 1, help: 'Momentum of the teacher.' },
  temperature: { value: 0.5, min: 0.1, max: 2, help: 'Below 1 the target is surer than the teacher.' },
  likelihood: { value: true, help: 'Re-weight the target by intensity.' },
  confidence: { value: false, help: 'Weigh pixels by how sure the views are together.' },
  disagreement: { value: 2, min: 0, max: 2, help: 'Pixels where views disagree by more (nats) are left out.' },
  divergence: { value: 1, min: 0, max: 10, help: 'Weight of the divergence from the target.' },
  dice: { value: 1, min: 0, max: 10, help: 'Weight of soft Dice with the target.' },
  prior: { value: 0.5, min: 0, max: 10, help: "Weight of the training scans' class proportions." },
  sourceAnchor: { value: 0, min: 0, max: 10, help: "Weight of the divergence from the source model's prediction." },
  weightAnchor: { value: 0, min: 0, max: 100, help: "Weight of the squared distance from the source's parameters." },
  cross: { value: 1, min: 0, max: 10, help: 'Other series that adapt together: weight of agreement between them.' },
  fuse: { value: true, help: "Other series that adapt together: the target is the teacher's mean over all of them." },
  predictWith: { value: 'student', choices: ['student', 'teacher'], help: 'Which of the two predicts in the end.' },
  final: { value: 0.5, min: 0, max: 1, help: 'Exponent of the last re-weighting by intensity (0: none).' },
} as const

/** From here on a model is steady enough to want little, whatever the scanner (models.md, sections 1 and 4; docs/decisions/0006). */
const steadyAgreement = 0.92

const gateSentence: Readonly<Record<Extent, string>> = {
  none: 'The model is steady on this scan, so nothing is changed',
  light: 'The model is steady on this scan, so little is changed',
  full: 'The scan looks unlike the training scans to the model, so all corrections run',
}

type Options = OptionValues<typeof options>
type State = { readonly teacher: Model; readonly optimizer: Adam }

const trained = (model: Model, { scope }: Options): Parameter[] => model.parameters(scope)

/** Of a scan from elsewhere the preset corrects what the network sees; where the model is steady, only its bias. */
const isFull = ({ extent }: Pick<Work, 'extent'>): boolean => extent === 'full'

/**
 * The recommended preset: corrects what the network sees (spectrum, bias field, intensities), then trains it to give the same
 * mask under augmented views (mean teacher, Tarvainen & Valpola, NeurIPS 2017, arXiv:1703.01780; M1 of methods.md), then
 * re-weights the result by intensity; a scan on which the model is steady is left nearly alone (models.md, sections 1 and 4).
 * Fails where all views agree on a wrong mask, and on contrasts whose order of brightness the model has never seen.
 */
export const consistency = defineMethod<typeof options, State>({
  title: 'Augmentation consistency (recommended)',
  summary:
    'Corrects the scan towards the training scans, then trains the model to give one answer under many views. Scans on which the model is already steady are only corrected lightly. Cannot bring back what the model misses in every view.',
  reference: 'Tarvainen & Valpola, NeurIPS 2017, arXiv:1703.01780',
  options,
  slices: ({ slices }) => slices,

  async gate({ source, study, sourceProbability, classes, options, random, signal, advance }) {
    const labels = labelsOf(sourceProbability, classes)
    const agreement = await intensityConsistency(source, study, labels, classes, random.fork('gate'), signal)
    advance(study.volume.shape[2])
    const { consistency, normDistanceP95 } = source.card.source
    const scores: Record<string, number> = { 'gate consistency': agreement }
    const steady = options.gate || steadyAgreement
    let inDomain = agreement >= steady && options.gate < 1
    let found = `agreement with itself on an altered copy ${agreement.toFixed(3)}, steady from ${steady.toFixed(3)}`
    if (!inDomain && options.gate === 0 && consistency && normDistanceP95 && source.normLayers.length) {
      const { moments } = await observe(source, study, interleavedBatches(study.tissueSlices, options.batch), {
        signal,
      })
      const distance = normDistance(source.normLayers, moments)
      advance(study.volume.shape[2])
      scores['S11 norm distance'] = distance
      inDomain = agreement >= consistency.p05 && distance <= normDistanceP95
      found += `, on training scans from ${consistency.p05.toFixed(3)}; distance of its norm statistics from theirs ${distance.toFixed(3)}, limit ${normDistanceP95.toFixed(3)}`
    }
    const extent = !inDomain ? 'full' : options.inDomain === 'light' ? 'light' : 'none'
    return { extent, scores, reason: `${gateSentence[extent]} (${found}).` }
  },

  passes: (work) => (isFull(work) ? work.options.passes : work.options.bias ? 1 : 0),
  async *correct(work) {
    const { options, source } = work
    const bias = options.bias && source.card.modality === 'MR'
    if (options.final > 0) work.reweighting = { means: [], sds: [], exponent: options.final }
    if (isFull(work)) yield* normalisingPasses(work, { ...options, bias })
    else
      yield* normalisingPasses(work, {
        ...options,
        bias,
        denoise: 0,
        spectrum: false,
        anchor: false,
        alpha: 0,
        balance: 0,
        passes: bias ? 1 : 0,
      })
    if (isFull(work)) await adoptStatistics(work, options.alpha, options.batch)
  },
  correctSibling: (work) =>
    normalisingPasses(work, { ...work.options, bias: work.options.bias && work.source.card.modality === 'MR' }),

  steps: (work) => (isFull(work) && trained(work.student, work.options).length ? work.options.steps : 0),
  stepCost: ({ batch, views }) => batch * (views + 3),
  configure(work) {
    const variables = trained(work.student, work.options).map(({ variable }) => variable)
    return Promise.resolve({ teacher: work.student.clone(), optimizer: new Adam(variables) })
  },
  collect: trained,
  step(work, { teacher, optimizer }) {
    const parameters = trained(work.student, work.options)
    const report = consistencyStep(work, {
      teacher,
      optimizer,
      parameters,
      sourceParameters: trained(work.source, work.options),
    })
    followStudent(trained(teacher, work.options), parameters, work.options.teacher)
    work.advance(work.options.batch * (work.options.views + 3) * (1 + work.siblings.length))
    return Promise.resolve(report)
  },
  settle({ student, options }, { teacher }) {
    const names = trained(student, options).map(({ name }) => name)
    if (options.predictWith === 'teacher') student.load(teacher.values(names))
    return Promise.resolve()
  },
  dispose({ teacher, optimizer }) {
    teacher.dispose()
    optimizer.dispose()
  },

  reweighting({ source, study, restored, classes, options, extent }, map) {
    if (options.final === 0) return undefined
    const { index, probability } = gatherForeground(map, classes, study, study.tissueSlices)
    const intensity = Float32Array.from(index, (n) => restored[n]!)
    const proportions = isFull({ extent }) ? expectedProportions(source.card.source, options.balance) : undefined
    const statistics = intensityStatistics(intensity, probability, classes, options.final, proportions)
    return { ...statistics, exponent: options.final }
  },
})
