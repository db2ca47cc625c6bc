import type { ModelCard } from '../model/card.ts'
import { largestComponent } from '../volume/components.ts'
import { resampleProbabilities } from '../volume/resample.ts'
import type { LabelMap, ProbabilityMap } from '../volume/volume.ts'
import type { ModelStudy } from './study.ts'

/**
 * The mask on the scan's own grid: probabilities interpolated linearly through both affines, the most probable class, and
 * where the card says so only the largest connected part (by faces) of the whole foreground. Outside the part of the model's grid that
 * holds scan: background.
 */
export function restoreGrid(probabilities: ProbabilityMap, study: ModelStudy, card: ModelCard): LabelMap {
  const labels = resampleProbabilities(probabilities, study.native, study.valid)
  const values = valuesOfClasses(card)
  const keep = card.output.largestComponent ? largestComponent(labels.data, labels.shape) : labels.data
  return { ...labels, data: labels.data.map((label, n) => (keep[n] ? values[label]! : 0)) }
}

/** The label value of each of the network's classes: background, then the card's labels in their order. */
function valuesOfClasses(card: ModelCard): Uint8Array {
  return Uint8Array.from([0, ...card.output.labels.map((label) => label.value)])
}
