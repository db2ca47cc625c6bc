import type { Method } from '../adapt/method.ts'
import type { OptionValues } from '../adapt/options.ts'
import type { Evaluation } from '../evaluate/evaluation.ts'
import type { Model } from '../model/model.ts'
import { sliceBatch } from '../predict/predict.ts'
import type { ModelStudy } from '../predict/study.ts'
import { voxelCount } from '../volume/volume.ts'
import { findMethod } from './methods.ts'

/** What an evaluation will take if all its cases are like the first one. */
export type Forecast = { readonly episodes: number; readonly seconds: number; readonly bytes: number }

/** A line of cases.jsonl and timing.jsonl. */
const rowBytes = 4000
/** Of a run folder beside its checkpoints: four label maps at about 0.02 bytes a voxel each, and the reports. */
const [maskBytes, reportBytes] = [0.08, 4e6]
const slicesInProbe = 4

/**
 * Times the network on a few slices of the first case and counts the slices that each method puts through it: the source
 * prediction, the last one and the kept one, the guard's views, passes over the input, training steps.
 */
export async function forecast(
  first: { readonly model: Model; readonly study: ModelStudy },
  methods: Evaluation['methods'],
  episodes: readonly { readonly method: string; readonly count: number }[],
  keepRuns: boolean,
): Promise<Forecast> {
  const { model, study } = first
  const msPerSlice = await timeSlices(model, study)
  let total: Forecast = { episodes: 0, seconds: 0, bytes: 0 }
  for (const { name, parameters } of methods) {
    const count = episodes.find(({ method }) => method === name)?.count ?? 0
    const method = findMethod(name)
    const slices = slicesOf(method, parameters, study)
    const run = keepRuns ? runBytes(method, parameters, model, study) : 0
    total = {
      episodes: total.episodes + count,
      seconds: total.seconds + (count * slices * msPerSlice) / 1000,
      bytes: total.bytes + count * (rowBytes + run),
    }
  }
  return total
}

/** ms of a forward pass, the first of which is left out: it allocates. */
async function timeSlices(model: Model, study: ModelStudy): Promise<number> {
  const batch = sliceBatch(study, study.tissueSlices.slice(0, slicesInProbe))
  const pass = async (): Promise<void> => {
    const logits = model.logits(batch)
    await logits.data()
    logits.dispose()
  }
  await pass()
  const started = performance.now()
  await pass()
  const slices = batch.shape[0]
  batch.dispose()
  return (performance.now() - started) / slices
}

function slicesOf(method: Method, options: OptionValues, study: ModelStudy): number {
  const estimate = Math.min(method.slices(options), study.tissueSlices.length)
  const passes = method.correct ? 4 : 0
  const training = Number(options['steps'] ?? 0) * (method.stepCost?.(options) ?? 0)
  return 3 * study.volume.shape[2] + estimate * (8 + passes) + training
}

function runBytes(method: Method, options: OptionValues, model: Model, study: ModelStudy): number {
  const parameters = method.collect?.(model, options) ?? []
  const changed = parameters.reduce((sum, { onnxDims }) => sum + onnxDims.reduce((product, dim) => product * dim, 4), 0)
  const steps = Number(options['steps'] ?? 0) + (method.correct ? 4 : 0)
  return maskBytes * voxelCount(study.native.shape) + reportBytes + steps * changed
}
