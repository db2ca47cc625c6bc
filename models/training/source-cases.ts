import type { Anatomy } from '../../fixtures/anatomy.ts'
import { makeSubject } from '../../fixtures/phantom.ts'
import { scanSource } from '../../fixtures/scanner.ts'
import type { SourceCase } from '../../main/adapt/source-statistics.ts'
import type { Model } from '../../main/model/model.ts'
import { toModelGrid } from '../../main/predict/preprocess.ts'
import { createRandom } from '../../main/volume/random.ts'
import { resampleLabels } from '../../main/volume/resample.ts'

/** Seeds of tuning and source statistics: fixtures/README.md. */
const firstSeed = 3000
const studies = 8

/** Whole heads, scalps as people have them, on the source scanner; not trained on; with their truth on the model's grid. */
export function sourceCases(model: Model, anatomies: readonly Anatomy[]): SourceCase[] {
  return Array.from({ length: studies }, (_, n) => {
    const phantom = makeSubject(anatomies[n % anatomies.length]!, firstSeed + n, {
      shape: [192, 224, 60],
      spacing: [1, 1, 3],
    })
    const study = toModelGrid(scanSource(phantom, createRandom(firstSeed + n)), model.card, model.stride)
    return { study, labels: resampleLabels({ ...phantom, data: phantom.labels }, study.volume).data }
  })
}
