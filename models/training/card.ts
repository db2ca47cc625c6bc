import type { ModelCard } from '../../main/model/card.ts'
import type { TrainingConfig } from './config.ts'

/** The card before the weights and the source statistics are known. */
export function draftCard(config: TrainingConfig): ModelCard {
  return {
    schema: 1,
    name: config.name,
    version: config.version,
    title: config.title,
    licence: config.licence,
    modality: 'MR',
    bodyPart: 'BRAIN',
    sequence: 'T1w',
    input: {
      dimensions: 2,
      orientation: 'LPS',
      spacing: [1, 1, 0],
      // The head without the neck: what the training scans show is about as tall.
      extent: 190,
      patch: [config.slice[0], config.slice[1]],
      normalization: { kind: 'foreground-z-score', threshold: 0.1, clamp: [-4, 6] },
    },
    output: { labels: config.labels, largestComponent: true },
    training: {
      data: config.data,
      notice: config.notice,
      command: 'npm run -s scanbridge -- train --shipped',
      seed: config.seed,
      steps: config.steps,
    },
    source: {},
    limits: config.limits,
    sha256: '',
  }
}
