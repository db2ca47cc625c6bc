import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model } from '../../model/model.ts'
import type { Random } from '../../volume/random.ts'
import { Adam } from '../adam.ts'
import { agreementTerms } from '../consistency-step.ts'
import { drawView, drawViews, seenIn } from '../consistency-target.ts'
import { gradientStep, variablesOf } from '../gradient-step.ts'
import { classLogits, consensus, diversity } from '../losses.ts'
import {
  batchOption,
  learningRateOption,
  scopeOption,
  slicesOption,
  statisticsOptions,
  stepsOption,
  symmetriesOption,
  teacherOption,
} from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { beginStatistics, settleStatistics } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import { chooseAnchors, contrast, Prototypes } from '../prototypes.ts'
import { scoped } from '../scope.ts'
import { sliceBatch } from '../../predict/predict.ts'
import { drawBatch } from '../slices.ts'
import { traceOf } from '../step-trace.ts'
import { followStudent } from '../teacher.ts'
import { validPixels } from '../valid.ts'
import { allowedSymmetries, identity, mirroredClasses, undoSymmetry } from '../views.ts'

type State = {
  readonly teacher: Model
  readonly optimizer: Adam
  readonly prototypes: Prototypes
  readonly random: Random
}

/**
 * Contrastive: pixels' features are drawn to the prototype of their class and away from the others', beside agreement with a
 * teacher's mean over views. The pixel form of AdaContrast (Chen et al., CVPR 2022, arXiv:2204.10377) in M21 of methods.md,
 * with prototypes of the scan itself, or of the source domain, which tie features to the source's classes. Fails for classes of few pixels; borders are left out.
 */
export const contrastive = defineMethod({
  title: 'Contrastive (class prototypes)',
  summary:
    "Pulls the features of sure pixels towards their class's prototype and away from the others', beside agreement of views. Small structures gain little.",
  reference: 'Chen et al., CVPR 2022, arXiv:2204.10377',
  options: {
    learningRate: learningRateOption(1e-3),
    steps: stepsOption(6),
    batch: batchOption(4),
    slices: slicesOption(24),
    scope: scopeOption('norm-affine'),
    teacher: teacherOption(0.9),
    views: { value: 2, min: 1, max: 16, integer: true, help: "Views that the teacher's target is the mean of." },
    symmetries: symmetriesOption('mirror'),
    strength: { value: 1, min: 0, max: 4, help: "Strength of the student's change of intensity." },
    contrast: { value: 0.1, min: 0, max: 10, help: 'Weight of the contrast between prototypes.' },
    prototypes: {
      value: 'scan',
      choices: ['scan', 'source'],
      help: "scan: those of the scan, followed from step to step; source: those of the model's training scans, which stay.",
    },
    temperature: { value: 0.1, min: 0.01, max: 10, help: 'Of the cosines with the prototypes.' },
    anchors: { value: 256, min: 1, max: 10000, integer: true, help: 'Pixels of each class in an update.' },
    divergence: { value: 1, min: 0, max: 10, help: 'Weight of the divergence from the target.' },
    dice: { value: 1, min: 0, max: 10, help: 'Weight of soft Dice with the target.' },
    diversity: { value: 0, min: 0, max: 10, help: 'Weight of equal class proportions; wrong where one class rules.' },
    ...statisticsOptions('volume'),
  },
  obstacle: (model, { scope, prototypes }) =>
    nothingToTrain(model, scope) ??
    (prototypes === 'source' && !model.card.source.prototypes
      ? "its card holds no prototypes of its classes' features"
      : undefined),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ batch, views }) => (views + 4) * batch,
  async configure(work): Promise<State> {
    await beginStatistics(work)
    const { source, student, options, classes, random } = work
    const optimizer = new Adam(variablesOf(student.parameters(options.scope)))
    const first = options.prototypes === 'source' ? source.card.source.prototypes : undefined
    const prototypes = new Prototypes(classes, first)
    return { teacher: student.clone(), optimizer, prototypes, random: random.fork('anchors') }
  },
  collect: (model, { scope }) => model.parameters(scope),
  step({ source, student, input, options, random, traced, advance }, state) {
    const { teacher, optimizer, prototypes } = state
    const slices = drawBatch(input.tissueSlices, options.batch, random)
    const allowed = allowedSymmetries(source, options.symmetries, input.volume.shape)
    const views = drawViews(options.views, slices.length, allowed, 0.7 * options.strength, 0, random)
    const view = drawView(slices.length, [identity], options.strength, 0, random)
    const exchange = mirroredClasses(source.card)
    const trained = student.parameters(options.scope)
    const { beforeHead } = student.places
    const report = scoped(() => {
      const looks = views.map((each) => seenIn(each, input, slices, random))
      const changed = seenIn(view, input, slices, random)
      const valid = validPixels(input, slices.length)
      const maps = looks.map((batch, n) =>
        undoSymmetry(tf.softmax(classLogits(teacher.logits(batch))), views[n]!.symmetry, exchange),
      )
      const { mean: target } = consensus(maps)
      const anchors = chooseAnchors(target, valid, options.anchors, state.random)
      const plain = teacher.activations(sliceBatch(input, slices), [beforeHead]).values.get(beforeHead)!
      if (options.prototypes === 'scan') prototypes.follow(plain, anchors)
      let logits: Tensor | undefined
      const update = gradientStep(trained, optimizer, options.learningRate, () => {
        const seen = student.activations(changed, [beforeHead])
        if (traced) logits = tf.keep(tf.clone(seen.logits))
        const z = classLogits(seen.logits)
        const spread = options.diversity > 0 && tf.mul(diversity(tf.softmax(z), valid), options.diversity)
        const terms = {
          ...agreementTerms(z, { target, weights: valid }, options),
          ...(spread && { diversity: spread }),
        }
        if (anchors.index.length === 0 || options.contrast === 0) return terms
        const pull = contrast(seen.values.get(beforeHead)!, anchors, prototypes, options.temperature)
        return { ...terms, contrast: tf.mul(pull, options.contrast) }
      })
      followStudent(teacher.parameters(options.scope), trained, options.teacher)
      const told = logits && { slices, valid: input.valid, views, view, anchors: plainAnchors(anchors), options }
      const trace = logits && { trace: traceOf([...looks, changed], logits, told) }
      logits?.dispose()
      return { ...update, measures: { anchors: anchors.index.length }, learningRate: options.learningRate, ...trace }
    })
    advance((views.length + 4) * slices.length)
    return Promise.resolve(report)
  },
  settle: settleStatistics,
  dispose({ teacher, optimizer }) {
    teacher.dispose()
    optimizer.dispose()
  },
})

const plainAnchors = ({ index, label }: { index: Int32Array; label: Int32Array }) => ({
  index: Array.from(index),
  label: Array.from(label),
})
