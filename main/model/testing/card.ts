import type { ModelCard } from '../card.ts'

/** A card for graphs made by tests. */
export function testCard(changes: Partial<ModelCard> = {}): ModelCard {
  return {
    schema: 1,
    name: 'test-model',
    version: '1',
    title: 'A model made by a test',
    licence: 'Apache-2.0',
    modality: 'MR',
    bodyPart: 'Head',
    input: {
      dimensions: 2,
      orientation: 'LPS',
      spacing: [1, 1, 0],
      patch: [16, 16],
      normalization: { kind: 'foreground-z-score', threshold: 0.1, clamp: [-5, 5] },
    },
    output: { labels: [], largestComponent: false },
    training: { data: '', notice: '', command: '', seed: 0, steps: 0 },
    source: {},
    limits: [],
    sha256: '',
    ...changes,
  }
}
