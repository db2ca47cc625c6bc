import type { ModelCard } from '../model/card.ts'
import { compactBody } from '../volume/compact.ts'
import { resampleProbabilities } from '../volume/resample.ts'
import type { LabelMap, ProbabilityMap } from '../volume/volume.ts'
import type { ModelStudy } from './study.ts'

/** Half the width of the bridges (vessels, nerves, mistakes in the neck) that do not make something part of the organ. */
const bridgeMm = 2

/**
 * The mask on the scan's own grid: probabilities interpolated linearly through both affines, the most probable class, and
 * where the card says so only the largest compact body of the whole foreground. Outside the part of the model's grid that
 * holds scan: background.
 */
export function restoreGrid(probabilities: ProbabilityMap, study: ModelStudy, card: ModelCard): LabelMap {
  const labels = resampleProbabilities(probabilities, study.native, study.valid)
  const values = valuesOfClasses(card)
  const keep = card.output.largestComponent ? compactBody(labels.data, labels, bridgeMm) : labels.data
  return { ...labels, data: labels.data.map((label, n) => (keep[n] ? values[label]! : 0)) }
}

/** The label value of each of the network's classes: background, then the card's labels in their order. */
function valuesOfClasses(card: ModelCard): Uint8Array {
  return Uint8Array.from([0, ...card.output.labels.map((label) => label.value)])
}
