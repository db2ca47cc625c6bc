import { readFileSync } from 'node:fs'
import { unetGraph } from '../../models/training/unet.ts'
import { SourceStatistics } from '../../main/model/card.ts'
import type { Calibration } from '../../main/model/calibration.ts'
import type { ModelCard } from '../../main/model/card.ts'
import { createModel } from '../../main/model/graph.ts'
import type { Companions, Model } from '../../main/model/model.ts'
import { readOnnx } from '../../main/model/onnx.ts'
import type { ModelStudy } from '../../main/predict/study.ts'
import { createRandom } from '../../main/volume/random.ts'
import type { Random } from '../../main/volume/random.ts'
import statistics from './source.json' with { type: 'json' }

/** A small world in which all of an episode takes seconds: heads of discs, and a network that learned them on one scanner. */
export const size = 48
export const classes = 4

const label = (value: number, name: string) => ({
  value,
  name,
  color: '#888888',
  code: { value: '1', scheme: 'SCT', meaning: name },
  category: { value: '1', scheme: 'SCT', meaning: 'Tissue' },
})

export const tinyCard: ModelCard = {
  schema: 1,
  name: 'tiny',
  version: '1',
  title: 'Discs',
  licence: 'Apache-2.0',
  modality: 'MR',
  bodyPart: 'head',
  input: {
    dimensions: 2,
    orientation: 'LPS',
    spacing: [1, 1, 0],
    patch: [size, size],
    normalization: { kind: 'foreground-z-score', threshold: 0.1, clamp: [-4, 6] },
  },
  output: { labels: [label(1, 'CSF'), label(2, 'grey matter'), label(3, 'white matter')], largestComponent: false },
  training: { data: 'discs', notice: '', command: '', seed: 0, steps: 0 },
  source: {},
  limits: [],
  sha256: '',
}

/** Brightness of air, CSF, grey and white matter. */
export type Scanner = { readonly levels: readonly number[]; readonly coil: number; readonly noise: number }
export const sourceScanner: Scanner = { levels: [0, 0.3, 0.65, 1], coil: 0.05, noise: 0.03 }
/** Flatter contrast, a surface coil, more noise. */
export const otherScanner: Scanner = { levels: [0, 0.5, 0.72, 1], coil: 0.8, noise: 0.05 }

export type Head = { readonly study: ModelStudy; readonly labels: Uint8Array }

/** Nested discs that shrink towards the last slice, somewhere near the middle; intensities z-scored over the foreground. */
export function head(scanner: Scanner, random: Random, depth = 6): Head {
  const data = new Float32Array(depth * size * size)
  const labels = new Uint8Array(data.length)
  const [ci, cj] = [size / 2 + random.uniform(-3, 3), size / 2 + random.uniform(-3, 3)]
  const radius = random.uniform(0.36, 0.42) * size
  const wave = random.uniform(0, 6)
  for (let n = 0; n < data.length; n++) {
    const [i, j, k] = [n % size, Math.floor(n / size) % size, Math.floor(n / size ** 2)]
    const angle = Math.atan2(j - cj, i - ci)
    const r = Math.hypot(i - ci, j - cj) / (radius * (1 - 0.04 * k))
    const folded = r + 0.05 * Math.sin(5 * angle + wave)
    const tissue = r > 1 ? 0 : r > 0.85 ? 1 : folded > 0.6 ? 2 : 3
    const coil = Math.exp(scanner.coil * ((2 * i) / size - 1))
    labels[n] = tissue
    data[n] = Math.hypot(
      scanner.levels[tissue]! * coil + scanner.noise * random.normal(),
      scanner.noise * random.normal(),
    )
  }
  const top = data.toSorted()[Math.floor(0.99 * data.length)]!
  const inside = data.filter((value) => value > 0.1 * top)
  const mean = inside.reduce((a, b) => a + b) / inside.length
  const sd = Math.sqrt(inside.reduce((sum, value) => sum + (value - mean) ** 2, 0) / inside.length)
  const shape = [size, size, depth] as const
  const affine = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 3, 0, 0, 0, 0, 1]
  const valid = [[0, size], [0, size], [0, depth]] as const // prettier-ignore
  const volume = { shape, affine, data: data.map((value) => Math.min(Math.max((value - mean) / sd, -4), 6)) }
  const tissueSlices = Array.from({ length: depth }, (_, k) => k)
  return { study: { volume, valid, tissueSlices, native: { shape, affine }, normalization: { mean, sd } }, labels }
}

/** A network with random weights. */
export function untrainedModel(card: ModelCard = tinyCard, seed = 1): Model {
  return createModel(unetGraph({ base: 4, depth: 2, inputs: 1, classes }, createRandom(seed)), card)
}

/** A network that has learned heads of the source scanner (train.ts made it), with what its card says of them. */
export function trainedModel(
  card: Partial<ModelCard> = {},
  companions: Companions = {},
  calibration?: Calibration,
): Model {
  const graph = readOnnx(readFileSync(new URL('model.onnx', import.meta.url)))
  return createModel(
    graph,
    { ...tinyCard, source: SourceStatistics.parse(statistics), ...card },
    companions,
    calibration,
  )
}

/** One that goes by the change of steadiness alone. `change`: labelled states, each by how many sd steadier it was, and what that did
 *  to the logarithm of what is missing to a Dice of 1. */
export function simpleCalibration(changes: {
  readonly harm?: Partial<Calibration['harm']>
  readonly change?: readonly (readonly [steadier: number, change: number])[]
}): Calibration {
  const states = changes.change ?? [
    [-1, 0.1],
    [-0.1, -0.1],
    [0.1, -0.3],
    [1, -0.5],
  ]
  return {
    schema: 2,
    model: { name: 'tiny', sha256: '' },
    data: 'nothing',
    scores: [{ name: 'S4 change', mean: 0, sd: 0.5 }],
    harm: { intercept: -2, slope: 5, threshold: 0.5, ...changes.harm },
    change: {
      ...{ trees: 50, tried: 1, leastSamples: 1, seed: 1 },
      states: states.map(([steadier, change]) => ({ scores: [steadier], change })),
    },
    source: { scores: [{ name: 'S4 before', mean: 2, sd: 1 }], intercept: 1.4, weights: [0.5] },
    errors: { source: { low: -0.1, high: 0.05 }, state: { low: -0.04, high: 0.02 } },
    figures: {
      ...{
        states: 100,
        cases: 20,
        shifts: 5,
        subjects: 4,
        harmed: 30,
        helped: 50,
        auc: 0.9,
        aucAgainstHelp: 0.95,
        brier: 0.1,
        calibrationError: 0.05,
      },
      shiftAlone: { auc: 0.9, aucAgainstHelp: 0.95 },
      ...{ reliability: [], caught: 0.95, lost: 0.1, sourceError: 0.03, stateError: 0.02 },
    },
    cases: [],
  }
}
