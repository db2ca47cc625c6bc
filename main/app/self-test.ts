/** Whether what runs here computes right, trains, and does so the same each time: shown on this very machine. */
import { runEpisode } from '../adapt/episode.ts'
import type { EpisodeResult } from '../adapt/episode.ts'
import { methods } from '../adapt/methods/index.ts'
import type { SelfTest } from '../contract/schemas.ts'
import { tf } from '../engine/tf.ts'
import { createModel } from '../model/graph.ts'
import type { Model } from '../model/model.ts'
import { sliceBatch } from '../predict/predict.ts'
import type { RunRecord } from '../runs/run.ts'
import { checkDisk, checkModels } from './doctor-files.ts'
import type { Check } from './doctor-files.ts'
import type { Work } from './progress.ts'
import { logitsByHand, selfTestCard, selfTestGraph, selfTestStudy, side } from './self-test-network.ts'

/** What single precision leaves of some dozen products and sums of about 1. */
const tolerance = 1e-4

/** Throws the signal's reason, and UserError where no engine starts. `home`: where runs are written. */
export async function selfTest(engine: RunRecord['engine'], home: string, work: Work): Promise<SelfTest> {
  const { signal, onProgress } = work
  const checks: SelfTest['checks'] = []
  const add = (name: string, passed: boolean, detail: string): void => void checks.push({ name, passed, detail })
  const model = createModel(selfTestGraph(), selfTestCard)
  try {
    onProgress('computing', 0)
    const off = worstDifference(model)
    add(
      'Computes right',
      off < tolerance,
      `A small network, computed by the engine and by hand: they differ by ${off.toExponential(1)} at most.`,
    )
    onProgress('training', 0.2)
    const before = weightsOf(model)
    const first = await episode(model, signal)
    signal.throwIfAborted()
    onProgress('training again', 0.4)
    const second = await episode(model, signal)
    const isLearning = first.losses.at(-1)! < first.losses[0]!
    add(
      'Trains',
      isLearning,
      `Its loss went from ${first.losses[0]!.toFixed(4)} to ${first.losses.at(-1)!.toFixed(4)}.`,
    )
    const isSame = bytesOf(first.result) === bytesOf(second.result)
    add('Is the same each time', isSame, `The same scan and seed twice gave ${isSame ? 'the same' : 'other'} bytes.`)
    const isUntouched = weightsOf(model) === before
    add('Leaves the source alone', isUntouched, `The source weights are ${isUntouched ? 'what they were' : 'changed'}.`)
    onProgress('models', 0.7)
    for (const check of [...(await checkModels()), await checkDisk(home)]) add(...shown(check))
    onProgress('models', 1)
    const { name, tensorflow, device, threads } = engine
    const facts = `${name} ${tensorflow} on ${device}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
    return { passed: checks.every(({ passed }) => passed), engine: facts, checks }
  } finally {
    model.dispose()
  }
}

function shown({ name, state, finding, remedy }: Check): [string, boolean, string] {
  return [name[0]!.toUpperCase() + name.slice(1), state !== 'bad', [finding, remedy].filter(Boolean).join('. ')]
}

function worstDifference(model: Model): number {
  const study = selfTestStudy()
  const expected = logitsByHand(study)
  const own = tf.tidy(() => tf.transpose(model.logits(sliceBatch(study, [0])), [0, 3, 1, 2]).dataSync())
  if (own.length !== expected.length) throw new Error(`logits of ${own.length} values for ${side} x ${side} pixels`)
  return expected.reduce((worst, value, n) => Math.max(worst, Math.abs(value - own[n]!)), 0)
}

async function episode(model: Model, signal: AbortSignal): Promise<{ result: EpisodeResult; losses: number[] }> {
  const options = { steps: 8, learningRate: 0.02, batch: 3, entropy: 'plain' }
  const events = runEpisode({
    model,
    study: selfTestStudy(),
    method: methods.tent,
    options,
    seed: 1,
    guard: false,
    signal,
  })
  const losses: number[] = []
  for (;;) {
    const { done, value } = await events.next()
    if (done) return { result: value, losses }
    if (value.kind === 'step' && value.losses?.['total'] !== undefined) losses.push(value.losses['total'])
  }
}

const text = (values: Float32Array): string => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64') // prettier-ignore
const weightsOf = (model: Model): string => [...model.values().values()].map(({ data }) => text(data)).join()
const bytesOf = ({ after, checkpoint }: EpisodeResult): string =>
  [text(after.data), ...[...checkpoint!.values()].map(({ data }) => text(data))].join()
