import { scan } from '../../fixtures/presets.ts'
import { simulatedSubject } from '../../fixtures/simulate.ts'
import type { SourceCase } from '../../main/adapt/source-statistics.ts'
import type { Model } from '../../main/model/model.ts'
import { toModelGrid } from '../../main/predict/preprocess.ts'
import { createRandom } from '../../main/volume/random.ts'
import { resampleLabels } from '../../main/volume/resample.ts'

/** Seeds of tuning and source statistics: fixtures/README.md. */
const firstSeed = 3000
const studies = 8

/** Whole heads on the source scanner that were not trained on, with their truth on the model's grid. */
export function sourceCases(model: Model): SourceCase[] {
  return Array.from({ length: studies }, (_, n) => {
    const phantom = simulatedSubject(firstSeed + n, 'axial-3mm', { full: true })
    const study = toModelGrid(scan(phantom, 'source', createRandom(firstSeed + n)), model.card, model.stride)
    return { study, labels: resampleLabels({ ...phantom, data: phantom.labels }, study.volume).data }
  })
}
