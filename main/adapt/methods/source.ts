import { defineMethod } from '../method.ts'

/** The baseline: the model as it is. */
export const source = defineMethod({
  title: 'Source model, unchanged',
  summary: 'Predicts without adapting. The bar that every method has to clear.',
  reference: 'None.',
  options: {},
  slices: () => 8,
  gate: () => Promise.resolve({ extent: 'none', scores: {}, reason: 'The method source adapts nothing.' }),
})
