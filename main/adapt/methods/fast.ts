import { presetOf } from '../method.ts'
import { consistency } from './consistency.ts'

/**
 * The recommended preset without its training: what the network sees is corrected, what it says is re-weighted, no gradient is
 * taken. models.md section 4, "Ws". Fails where the network cannot read even a corrected scan.
 */
export const fast = presetOf(consistency, {
  title: 'Input correction only (fast)',
  summary:
    'Corrects the scan towards the training scans and re-weights the result by intensity, without training the model. Faster than the recommended preset; falls short where noise or artefacts confuse the model.',
  defaults: { steps: 0 },
})
