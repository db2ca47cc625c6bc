import type { Model, Moments, NormMode, ParameterValues } from '../model/model.ts'
import { predictStudy } from '../predict/predict.ts'
import type { PredictOptions } from '../predict/predict.ts'
import type { ModelStudy } from '../predict/study.ts'
import type { ProbabilityMap } from '../volume/volume.ts'
import type { ClassStatistics } from './class-statistics.ts'
import { reweight } from './class-statistics.ts'
import { applyCorrection } from './correction.ts'
import type { Correction } from './correction.ts'

/** The last step after the network: posteriors re-weighted by intensity (class-statistics.ts). */
export type Reweighting = ClassStatistics & { readonly exponent: number }

/** What an adapted state has besides the network: what comes before it and after it. */
export type Surroundings = {
  readonly correction?: Correction | undefined
  readonly reweighting?: Reweighting | undefined
}

/**
 * Everything that differs from the source: changed parameters and norm statistics under their ONNX names, a mixture of norm
 * statistics under `mixture/...`, the correction of the input under `input/...`, the re-weighting under `final/...`. Numbers
 * only, so that a file can hold it.
 */
export type Checkpoint = ParameterValues

type Arrays = Map<string, { dims: readonly number[]; data: Float32Array }>

function put(into: Arrays, name: string, values: ArrayLike<number> | undefined): void {
  if (values) into.set(name, { dims: [values.length], data: Float32Array.from(values) })
}

function surroundingsToArrays({ correction, reweighting }: Surroundings): Arrays {
  const out: Arrays = new Map()
  if (correction) {
    put(out, 'input/denoise', correction.denoise === undefined ? undefined : [correction.denoise])
    put(out, 'input/spectrum-gain', correction.spectrumGain)
    put(out, 'input/air', [correction.air])
    put(out, 'input/log-bias', correction.bias)
    put(out, 'input/map-from', correction.map?.from)
    put(out, 'input/map-to', correction.map?.to)
    put(out, 'input/target-air', [correction.targetAir])
    put(out, 'input/prompt', correction.prompt)
    for (const [name, array] of Object.entries(correction.adapter ?? {})) out.set(`input/adapter/${name}`, array)
  }
  if (reweighting) {
    put(out, 'final/means', reweighting.means)
    put(out, 'final/sds', reweighting.sds)
    put(out, 'final/weights', reweighting.weights)
    put(out, 'final/exponent', [reweighting.exponent])
  }
  return out
}

function surroundingsFromArrays(arrays: ParameterValues): Surroundings {
  const numbers = (name: string): number[] | undefined => {
    const array = arrays.get(name)
    return array && Array.from(array.data)
  }
  const denoise = numbers('input/denoise')
  const gain = numbers('input/spectrum-gain')
  const air = numbers('input/air')
  const bias = numbers('input/log-bias')
  const from = numbers('input/map-from')
  const to = numbers('input/map-to')
  const prompt = numbers('input/prompt')
  const prefix = 'input/adapter/'
  const adapter = [...arrays].filter(([name]) => name.startsWith(prefix))
  const means = numbers('final/means')
  const weights = numbers('final/weights')
  return {
    correction: air && {
      ...(denoise && { denoise: denoise[0]! }),
      ...(gain && { spectrumGain: Float64Array.from(gain) }),
      air: air[0]!,
      ...(bias && { bias: Float64Array.from(bias) }),
      ...(from && to && { map: { from, to } }),
      targetAir: numbers('input/target-air')![0]!,
      ...(prompt && { prompt }),
      ...(adapter.length && {
        adapter: Object.fromEntries(adapter.map(([name, array]) => [name.slice(prefix.length), array])),
      }),
    },
    reweighting: means && {
      means,
      sds: numbers('final/sds')!,
      ...(weights && { weights }),
      exponent: numbers('final/exponent')![0]!,
    },
  }
}

/** In the precision of a file, so that what an episode shows is what its checkpoint brings back, to the bit. */
export function storable(surroundings: Surroundings): Surroundings {
  return surroundingsFromArrays(surroundingsToArrays(surroundings))
}

/** names: the parameters that the method may change. All norm statistics go along where one of them was changed. */
export function takeCheckpoint(
  student: Model,
  source: Model,
  names: readonly string[],
  around: Surroundings,
): Checkpoint {
  const statistics = student.parameters('norm-stats').map(({ name }) => name)
  const [now, before] = [student.values(statistics), source.values(statistics)]
  const moved = statistics.some((name) => now.get(name)!.data.some((value, n) => value !== before.get(name)!.data[n]))
  return new Map([
    ...student.values(names),
    ...(moved ? now : []),
    ...mixtureToArrays(student.norm),
    ...surroundingsToArrays(around),
  ])
}

function mixtureToArrays(mode: NormMode): Arrays {
  const out: Arrays = new Map()
  if (mode.kind !== 'mixture') return out
  put(
    out,
    'mixture/weights',
    mode.parts.map(({ weight }) => weight),
  )
  mode.parts.forEach(({ moments }, n) => {
    for (const [layer, { mean, variance }] of moments) {
      put(out, `mixture/${n}/mean/${layer}`, mean)
      put(out, `mixture/${n}/variance/${layer}`, variance)
    }
  })
  return out
}

function mixtureFromArrays(arrays: ParameterValues): NormMode | undefined {
  const weights = arrays.get('mixture/weights')
  if (!weights) return undefined
  const parts = Array.from(weights.data, (weight, n) => {
    const moments = new Map<string, Moments>()
    const prefix = `mixture/${n}/mean/`
    for (const [name, { data: mean }] of arrays) {
      if (!name.startsWith(prefix)) continue
      const layer = name.slice(prefix.length)
      moments.set(layer, { mean, variance: arrays.get(`mixture/${n}/variance/${layer}`)!.data, count: 0 })
    }
    return { weight, moments }
  })
  return { kind: 'mixture', parts }
}

/** Puts a checkpoint's parameters and statistics into a model, which must hold the source's otherwise. */
export function loadCheckpoint(model: Model, checkpoint: Checkpoint): Surroundings {
  const isNetwork = (name: string): boolean => !/^(input|final|mixture)\//.test(name)
  model.load(new Map([...checkpoint].filter(([name]) => isNetwork(name))))
  const mixture = mixtureFromArrays(checkpoint)
  if (mixture) model.setNorm(mixture)
  return surroundingsFromArrays(checkpoint)
}

/** Probabilities of all slices by a student within its surroundings; the student's norm mode must be settled. */
export async function predictAdapted(
  student: Model,
  study: ModelStudy,
  { correction, reweighting }: Surroundings,
  options: PredictOptions = {},
): Promise<ProbabilityMap> {
  const { clamp } = student.card.input.normalization
  const corrected = correction && applyCorrection(study, correction, clamp)
  const map = await predictStudy(student, corrected?.study ?? study, options)
  if (!reweighting) return map
  const intensity = corrected?.restored ?? study.volume.data
  return { ...map, data: reweight(intensity, map.data, map.classes, reweighting, reweighting.exponent) }
}

/** What the model predicts in the state of a checkpoint. The model itself is not changed. */
export async function predictCheckpoint(
  model: Model,
  study: ModelStudy,
  checkpoint: Checkpoint,
  options: PredictOptions = {},
): Promise<ProbabilityMap> {
  const student = model.clone()
  try {
    return await predictAdapted(student, study, loadCheckpoint(student, checkpoint), options)
  } finally {
    student.dispose()
  }
}
