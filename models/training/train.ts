import { mkdirSync, readFileSync, renameSync, writeFileSync, existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { deserialize, serialize } from 'node:v8'
import { tf } from '../../main/engine/tf.ts'
import { startEngine } from '../../main/engine/pick-files.ts'
import type { EngineRequest } from '../../main/engine/engine.ts'
import { UserError } from '../../main/errors.ts'
import { createModel } from '../../main/model/graph.ts'
import type { Model, Moments, ParameterValues } from '../../main/model/model.ts'
import { createRandom } from '../../main/volume/random.ts'
import { AdamW } from './adamw.ts'
import { draftCard } from './card.ts'
import { TrainingConfig } from './config.ts'
import { trainingLoss } from './loss.ts'
import { RenderedScans } from './rendered.ts'
import type { Rendered } from './rendered.ts'
import { unetGraph } from './unet.ts'

export type TrainOptions = {
  /** A training.json. */
  readonly config: string
  /** The model folder to write; its state while training lies in `training-state.bin` there. */
  readonly out: string
  readonly engine?: EngineRequest
  readonly signal?: AbortSignal
  readonly report: (line: string) => void
}

type State = {
  step: number
  seconds: number
  values: ParameterValues
  average: ParameterValues
  optimizer: ReturnType<AdamW['state']>
}

const poolSize = 12
const saveEvery = 250

/**
 * Trains a source model on simulated scans of deformed anatomies and writes its model folder. Stopped at any moment
 * (kill -9 included), the same call goes on from the last saved state to the weights of an undisturbed run.
 */
export async function train(options: TrainOptions): Promise<void> {
  const config = readConfig(options.config)
  if (config.bfloat16) process.env['ONEDNN_DEFAULT_FPMATH_MODE'] = 'BF16'
  const engine = await startEngine(options.engine)
  const random = createRandom(config.seed)
  mkdirSync(options.out, { recursive: true })
  const stateFile = join(options.out, 'training-state.bin')

  const graph = unetGraph({ ...config.network, inputs: 1, classes: config.labels.length + 1 }, random.fork('weights'))
  const model = createModel(graph, draftCard(config))
  const parameters = model.parameters('all')
  const optimizer = new AdamW(parameters, config.weightDecay)
  let state: State | undefined
  if (existsSync(stateFile)) state = deserialize(readFileSync(stateFile)) as State
  else if (config.startFrom) model.load(startingWeights(join(dirname(resolve(options.out)), config.startFrom)))
  if (state) {
    model.load(state.values)
    optimizer.restore(state.optimizer)
    options.report(`goes on from step ${state.step}`)
  }
  const average = new Map(parameters.map(({ name, variable }) => [name, tf.variable(variable, false)] as const))
  if (state) setAverage(model, average, state)

  const scansBy = (step: number): number => poolSize + Math.floor((step * config.batch) / config.slicesPerVolume)
  let step = state?.step ?? 0
  const firstScan = scansBy(step) - poolSize
  const scans = new RenderedScans(config, firstScan)
  const pool: Rendered[] = []
  let nextScan = firstScan
  const names = parameters.map(({ variable }) => variable)
  const started = Date.now() - (state?.seconds ?? 0) * 1000
  let smoothed = Number.NaN
  model.setNorm({ kind: 'batch' })
  try {
    for (; step < config.steps && !options.signal?.aborted; step++) {
      await fillPool(scansBy(step))
      const batch = drawBatch(config, pool, createRandom(config.seed).fork(`step:${step}`))
      const { value, grads } = tf.variableGrads(
        () => trainingLoss(model.logits(batch.images) as tf.Tensor4D, batch.labels),
        names,
      )
      optimizer.apply(grads, learningRate(config, step))
      const keep = Math.min(0.995, (step + 1) / (step + 10))
      tf.tidy(() => {
        for (const { name, variable } of parameters) {
          const mean = average.get(name)!
          mean.assign(tf.add(tf.mul(mean, keep), tf.mul(variable, 1 - keep)))
        }
      })
      const loss = (await value.data())[0]!
      tf.dispose([value, grads, batch.images, batch.labels])
      if (!Number.isFinite(loss)) throw new Error(`training diverged at step ${step}`)
      smoothed = Number.isNaN(smoothed) ? loss : 0.97 * smoothed + 0.03 * loss
      if ((step + 1) % 25 === 0) {
        const seconds = (Date.now() - started) / 1000
        const left = (seconds / (step + 1)) * (config.steps - step - 1)
        options.report(
          `step ${step + 1}/${config.steps}  loss ${smoothed.toFixed(4)}  ${Math.round(seconds)} s, ${Math.round(left)} s left`,
        )
      }
      if ((step + 1) % saveEvery === 0) save(step + 1)
    }
    save(step)
    if (step < config.steps) {
      options.report(`stopped at step ${step}; the same command goes on from there`)
      return
    }
    await fillPool(scansBy(step))
  } finally {
    await scans.close()
  }
  setFromAverage(model, average)
  poolStatistics(model, config, pool)
  model.setNorm({ kind: 'source' })
  const { writeTrainedModel } = await import('./finish.ts')
  await writeTrainedModel({ model, config, out: options.out, engine, report: options.report })
  model.dispose()
  await trainCompanionsOf(options)

  async function fillPool(until: number): Promise<void> {
    for (; nextScan < until; nextScan++) {
      const scan = await scans.next()
      if (scan.index !== nextScan) throw new Error('training scans came out of order')
      pool[nextScan % poolSize] = scan
    }
  }

  function save(at: number): void {
    const current = model.values()
    setFromAverage(model, average)
    const mean = model.values()
    model.load(current)
    const seconds = (Date.now() - started) / 1000
    const bytes = serialize({ step: at, seconds, values: current, average: mean, optimizer: optimizer.state() })
    writeFileSync(`${stateFile}.part`, bytes)
    renameSync(`${stateFile}.part`, stateFile)
  }
}

/** What some methods need beside the trained model in `out` (companions.ts). */
export async function trainCompanionsOf({ config, out, engine, signal, report }: TrainOptions): Promise<void> {
  const { trainCompanions } = await import('./companions.ts')
  await trainCompanions({
    config: readConfig(config),
    folder: out,
    ...(engine && { engine }),
    ...(signal && { signal }),
    report,
  })
}

function readConfig(path: string): TrainingConfig {
  if (!existsSync(path)) throw new UserError('input-not-found', { path })
  const parsed = TrainingConfig.safeParse(JSON.parse(readFileSync(path, 'utf8')))
  if (parsed.success) return parsed.data
  const reason = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new UserError('input-unsupported', { path, reason, remedy: 'Compare it with a shipped training.json.' })
}

function startingWeights(folder: string): ParameterValues {
  const file = join(folder, 'training-state.bin')
  if (existsSync(file)) return (deserialize(readFileSync(file)) as State).average
  throw new UserError('input-not-found', { path: file })
}

/** Warm-up over 50 steps, then half a cosine down to 1e-5. */
function learningRate(config: TrainingConfig, step: number): number {
  const progress = step / config.steps
  return config.learningRate * Math.min(1, (step + 1) / 50) * 0.5 * (1 + Math.cos(Math.PI * progress)) + 1e-5
}

type Batch = { readonly images: tf.Tensor4D; readonly labels: tf.Tensor3D }

/** `batch` slices of the pool, each mirrored left-right with probability one half. */
function drawBatch(config: TrainingConfig, pool: readonly Rendered[], random: ReturnType<typeof createRandom>): Batch {
  const [ni, nj] = config.slice
  const images = new Float32Array(config.batch * ni * nj)
  const labels = new Int32Array(images.length)
  for (let n = 0; n < config.batch; n++) {
    const scan = pool[random.integer(pool.length)]!
    const from = random.integer(config.slicesPerVolume) * ni * nj
    const to = n * ni * nj
    images.set(scan.images.subarray(from, from + ni * nj), to)
    labels.set(scan.labels.subarray(from, from + ni * nj), to)
    if (random.next() < 0.5)
      for (let j = 0; j < nj; j++) {
        images.subarray(to + j * ni, to + (j + 1) * ni).reverse()
        labels.subarray(to + j * ni, to + (j + 1) * ni).reverse()
      }
  }
  return {
    images: tf.tensor4d(images, [config.batch, nj, ni, 1]),
    labels: tf.tensor3d(labels, [config.batch, nj, ni], 'int32'),
  }
}

function setFromAverage(model: Model, average: ReadonlyMap<string, tf.Variable>): void {
  for (const { name, variable } of model.parameters('all')) variable.assign(average.get(name)!)
}

function setAverage(model: Model, average: ReadonlyMap<string, tf.Variable>, state: State): void {
  const current = model.values()
  model.load(state.average)
  for (const { name, variable } of model.parameters('all')) average.get(name)!.assign(variable)
  model.load(current)
}

/** Running statistics of the averaged weights, pooled over the scans at hand (methods.md 1.3, pooling). */
function poolStatistics(model: Model, config: TrainingConfig, pool: readonly Rendered[]): void {
  const [ni, nj] = config.slice
  const sums = new Map<string, { count: number; first: Float64Array; second: Float64Array }>()
  for (const scan of pool) {
    for (let from = 0; from + config.batch <= config.slicesPerVolume; from += config.batch) {
      const images = tf.tensor4d(scan.images.slice(from * ni * nj, (from + config.batch) * ni * nj), [
        config.batch,
        nj,
        ni,
        1,
      ])
      const { logits, moments } = model.logitsAndMoments(images)
      tf.dispose([images, logits])
      for (const [name, { mean, variance, count }] of moments) {
        const sum = sums.get(name) ?? {
          count: 0,
          first: new Float64Array(mean.length),
          second: new Float64Array(mean.length),
        }
        sum.count += count
        mean.forEach((value, c) => {
          sum.first[c]! += value * count
          sum.second[c]! += (variance[c]! + value * value) * count
        })
        sums.set(name, sum)
      }
    }
  }
  const pooled = new Map<string, Moments>()
  for (const [name, { count, first, second }] of sums) {
    const mean = Float32Array.from(first, (value) => value / count)
    pooled.set(name, { count, mean, variance: Float32Array.from(second, (value, c) => value / count - mean[c]! ** 2) })
  }
  model.setStatistics(pooled)
}
