import { tf } from '../engine/tf.ts'
import type { Tensor } from '../engine/tf.ts'
import type { Model, Parameter } from '../model/model.ts'
import { sliceBatch } from '../predict/predict.ts'
import type { ModelStudy } from '../predict/study.ts'
import { gradientsOf, variablesOf } from './gradient-step.ts'
import { classLogits, crossEntropy, hardLabels, weightedMean } from './losses.ts'
import { scoped } from './scope.ts'
import { validPixels } from './valid.ts'

/** Diagonal of the Fisher information, by parameter name. */
type Fisher = Readonly<Record<string, readonly number[]>>

/** Mean over the batches of the squared gradient of CE(argmax p, p) in the scales and shifts of the norm layers, under the
 *  stored statistics: how much each matters on scans of the source domain. EATA, eq. 8; squared by batch, as in its code. */
export function fisherOf(
  model: Model,
  batches: readonly { study: ModelStudy; slices: readonly number[] }[],
): Record<string, number[]> {
  const parameters = model.parameters('norm-affine')
  const sums = parameters.map(({ variable }) => new Float64Array(variable.size))
  for (const { study, slices } of batches) {
    scoped(() => {
      const batch = sliceBatch(study, slices)
      const valid = validPixels(study, slices.length)
      const { gradients } = gradientsOf(variablesOf(parameters), () => {
        const logits = classLogits(model.logits(batch))
        return { 'cross-entropy': weightedMean(crossEntropy(hardLabels(logits), logits), valid) }
      })
      parameters.forEach(({ variable }, n) => {
        gradients[variable.name]!.dataSync().forEach((value, at) => (sums[n]![at]! += value ** 2 / batches.length))
      })
    })
  }
  const rounded = (sum: Float64Array): number[] => Array.from(sum, (value) => Number(value.toPrecision(4)))
  return Object.fromEntries(parameters.map(({ name }, n) => [name, rounded(sums[n]!)]))
}

/** sum F (w - w0)^2 over the parameters that the Fisher information knows. */
export function fisherDistance(parameters: readonly Parameter[], source: readonly Parameter[], fisher: Fisher): Tensor {
  return tf.tidy(() => {
    const terms = parameters.flatMap(({ name, variable }, n) => {
      const weights = fisher[name]
      if (weights?.length !== variable.size) return []
      return [
        tf.sum(tf.mul(tf.tensor([...weights], variable.shape), tf.squaredDifference(variable, source[n]!.variable))),
      ]
    })
    return terms.length ? tf.addN(terms) : tf.scalar(0)
  })
}
