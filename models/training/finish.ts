import { measureSource } from '../../main/adapt/source-statistics.ts'
import type { EngineInfo } from '../../main/engine/engine.ts'
import { saveModel } from '../../main/model/files.ts'
import type { Model } from '../../main/model/model.ts'
import { createRandom } from '../../main/volume/random.ts'
import { buildAnatomies } from './anatomy.ts'
import { draftCard } from './card.ts'
import type { TrainingConfig } from './config.ts'
import { sourceCases } from './source-cases.ts'

/** Measures the source domain with the trained weights and writes model.onnx and model.json into `out`. */
export async function writeTrainedModel(trained: {
  readonly model: Model
  readonly config: TrainingConfig
  readonly out: string
  readonly engine: EngineInfo
  readonly report: (line: string) => void
}): Promise<void> {
  const { model, config, out, engine, report } = trained
  report('measures the source domain')
  await buildAnatomies()
  const source = await measureSource(model, sourceCases(model), createRandom(config.seed).fork('source'))
  const card = draftCard(config)
  const training = { ...card.training, engine: `${engine.name} ${engine.version}`, bfloat16: config.bfloat16 }
  await saveModel(out, { graph: model.toGraph(), card: { ...card, source, training } }, { half: true })
  report(`wrote ${out}`)
}
