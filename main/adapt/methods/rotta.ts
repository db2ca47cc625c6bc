import { tf } from '../../engine/tf.ts'
import type { Tensor } from '../../engine/tf.ts'
import type { Model, Parameter } from '../../model/model.ts'
import { probabilitiesOf, sliceBatch } from '../../predict/predict.ts'
import { Adam } from '../adam.ts'
import { drawView, seenIn } from '../consistency-target.ts'
import { gradientStep, variablesOf } from '../gradient-step.ts'
import { classLogits, crossEntropy } from '../losses.ts'
import { learningRateOption, slicesOption, stepsOption, symmetriesOption, teacherOption } from '../method-options.ts'
import { defineMethod } from '../method.ts'
import { moveMoments, storedMoments } from '../norm-layers.ts'
import { nothingToTrain } from '../obstacles.ts'
import { scoped } from '../scope.ts'
import { SliceMemory } from '../slice-memory.ts'
import { traceOf } from '../step-trace.ts'
import { followStudent } from '../teacher.ts'
import { validPixels } from '../valid.ts'
import { allowedSymmetries, mirroredClasses, undoSymmetry } from '../views.ts'

type State = {
  readonly teacher: Model
  readonly optimizer: Adam
  readonly memory: SliceMemory
  /** The stream of slices: a random order, over and over. */
  stream: number[]
}

const affine = (model: Model): Parameter[] => model.parameters('norm-affine')

/**
 * RoTTA: running norm statistics, a memory of slices balanced over what they show, and a teacher that the student follows on
 * strongly augmented slices, the older ones counting less. Yuan et al., CVPR 2023, arXiv:2303.13899; M8 of methods.md, with
 * the scan's slices as the stream and their dominant structure as the class. The teacher predicts.
 */
export const rotta = defineMethod({
  title: 'RoTTA (memory of slices, teacher)',
  summary:
    'Keeps a memory of slices balanced over what they show and follows a slow teacher on them, under running norm statistics. Made for long streams; in one scan its changes are small.',
  reference: 'Yuan et al., CVPR 2023, arXiv:2303.13899',
  options: {
    learningRate: learningRateOption(1e-3),
    steps: stepsOption(5),
    every: { value: 8, min: 1, max: 64, integer: true, help: 'Slices that come in between two updates.' },
    memory: { value: 8, min: 1, max: 64, integer: true, help: 'Slices that the memory holds.' },
    slices: slicesOption(24),
    alpha: { value: 0.05, min: 0, max: 1, help: 'Share of each batch in the running norm statistics.' },
    teacher: teacherOption(0.95),
    symmetries: symmetriesOption('mirror'),
    strength: { value: 1, min: 0, max: 4, help: "Strength of the student's view." },
  },
  obstacle: (model) => nothingToTrain(model, 'norm-affine'),
  slices: ({ slices }) => slices,
  steps: ({ options }) => options.steps,
  stepCost: ({ every, memory }) => every + 4 * memory,
  configure({ student, classes, options }): Promise<State> {
    student.setNorm({ kind: 'blend', alpha: options.alpha })
    const memory = new SliceMemory(options.memory, classes)
    return Promise.resolve({
      teacher: student.clone(),
      optimizer: new Adam(variablesOf(affine(student))),
      memory,
      stream: [],
    })
  },
  collect: affine,
  step({ source, student, input, options, random, traced, advance }, state) {
    const { teacher, optimizer, memory } = state
    const offered: number[] = []
    for (let n = 0; n < options.every; n++) {
      if (state.stream.length === 0) state.stream = random.permutation(input.tissueSlices.length)
      const k = input.tissueSlices[state.stream.pop()!]!
      const probability = scoped(() =>
        Float32Array.from(probabilitiesOf(running(teacher, sliceBatch(input, [k]), options.alpha)).dataSync()),
      )
      memory.offer(k, probability)
      offered.push(k)
    }
    const items = memory.items()
    const slices = items.map(({ slice }) => slice)
    const weights = items.map(({ age }) => ageWeight(age / options.memory))
    const allowed = allowedSymmetries(source, options.symmetries, input.volume.shape)
    const view = drawView(slices.length, allowed, options.strength, 0, random)
    const exchange = mirroredClasses(source.card)
    const report = scoped(() => {
      const [plain, seen] = [sliceBatch(input, slices), seenIn(view, input, slices, random)]
      const target = probabilitiesOf(running(teacher, plain, options.alpha))
      const valid = validPixels(input, slices.length)
      const pixels = tf.sum(valid, [1, 2])
      let logits: Tensor | undefined
      const update = gradientStep(affine(student), optimizer, options.learningRate, () => {
        const output = running(student, seen, options.alpha)
        if (traced) logits = tf.keep(tf.clone(output))
        const z = undoSymmetry(classLogits(output), view.symmetry, exchange)
        const bySlice = tf.div(tf.sum(tf.mul(crossEntropy(target, z), valid), [1, 2]), pixels)
        return { 'cross-entropy': tf.mean(tf.mul(bySlice, tf.tensor1d(weights))) }
      })
      followStudent(affine(teacher), affine(student), options.teacher)
      teacher.setStatistics(moveMoments(storedMoments(teacher), storedMoments(student), 1 - options.teacher))
      const views = { offered, slices, weights, valid: input.valid, student: view, options }
      const trace = logits && { trace: traceOf([plain, seen], logits, views) }
      logits?.dispose()
      return { ...update, measures: { memory: slices.length }, learningRate: options.learningRate, ...trace }
    })
    advance(options.every + 4 * slices.length)
    return Promise.resolve(report)
  },
  settle({ student }, { teacher }) {
    student.load(teacher.values(affine(student).map(({ name }) => name)))
    student.setStatistics(storedMoments(teacher))
    student.setNorm({ kind: 'source' })
    return Promise.resolve()
  },
  dispose({ teacher, optimizer }) {
    teacher.dispose()
    optimizer.dispose()
  },
})

/** Robust batch norm: a forward pass under running statistics that have just taken in this batch; the model keeps them. */
function running(model: Model, batch: Tensor, alpha: number): Tensor {
  const { logits, moments } = model.logitsAndMoments(batch)
  model.setStatistics(moveMoments(storedMoments(model), moments, alpha))
  return logits
}

/** Of an item's age in memories' worth of slices. */
const ageWeight = (age: number): number => Math.exp(-age) / (1 + Math.exp(-age))
