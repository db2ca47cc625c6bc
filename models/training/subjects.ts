import type { Anatomy } from '../../fixtures/anatomy.ts'
import type { SubjectOptions } from '../../fixtures/phantom.ts'
import { createRandom } from '../../main/volume/random.ts'
import type { TrainingConfig } from './config.ts'

/** Seeds of fixtures/README.md: training 1000-1999; tuning and source statistics 3000-3999; held-out tests from 5000. */
const firstSeed = 1000

export type TrainingSubject = { readonly anatomy: Anatomy; readonly seed: number; readonly options: SubjectOptions }

/** Which head training subject `number` is, and on which slices it is seen: over the whole head, 1 to 4 mm thick. */
export function trainingSubject(
  config: TrainingConfig,
  anatomies: readonly Anatomy[],
  number: number,
): TrainingSubject {
  const seed = firstSeed + number
  const random = createRandom(seed).fork('slices')
  const gap = 168 / config.slicesPerVolume
  return {
    anatomy: anatomies[number % anatomies.length]!,
    seed,
    options: {
      shape: [config.slice[0], config.slice[1], config.slicesPerVolume],
      spacing: [1, 1, gap],
      centre: [random.uniform(-6, 6), random.uniform(-6, 6), random.uniform(-gap / 2, gap / 2)],
      thickness: random.uniform(1, 4),
      scalp: 'any',
    },
  }
}
