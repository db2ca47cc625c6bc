import type { EngineInfo } from '../../main/engine/engine.ts'
import { saveModel } from '../../main/model/files.ts'
import type { Model } from '../../main/model/model.ts'
import { buildAnatomies } from './anatomy.ts'
import { draftCard } from './card.ts'
import type { TrainingConfig } from './config.ts'
import { measureSource } from './source-statistics.ts'

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
  const anatomies = (await buildAnatomies()).filter(({ name }) => config.anatomies.includes(name))
  const { statistics, dice } = await measureSource(model, anatomies)
  const card = draftCard(config)
  await saveModel(
    out,
    {
      graph: model.toGraph(),
      card: {
        ...card,
        source: statistics,
        training: { ...card.training, engine: `${engine.name} ${engine.version}`, bfloat16: config.bfloat16 },
      },
    },
    { half: true },
  )
  report(`wrote ${out}; Dice on source scans not trained on: ${dice.map((value) => value.toFixed(3)).join(' ')}`)
}
