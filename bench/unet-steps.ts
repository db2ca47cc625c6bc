/** Forward, norm-only step and full step of the reference U-Net on one engine: `node bench/unet-steps.ts ENGINE THREADS`.
 *  Prints JSON: the medians in ms. Runs in a process of its own, because a process has one engine. */
import { unetGraph } from '../models/training/unet.ts'
import { draftCard } from '../models/training/card.ts'
import { readFileSync } from 'node:fs'
import { TrainingConfig } from '../models/training/config.ts'
import type { EngineName } from '../main/engine/engine.ts'
import { startEngine } from '../main/engine/pick-files.ts'
import { tf } from '../main/engine/tf.ts'
import { createModel } from '../main/model/graph.ts'
import type { ParameterGroup } from '../main/model/model.ts'
import { createRandom } from '../main/volume/random.ts'

const [name, threads] = [process.argv[2] as EngineName, Number(process.argv[3] ?? 0)]
const repeats = name === 'wasm' ? 3 : 12

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!

function time(work: () => tf.Tensor): number {
  const times: number[] = []
  for (let n = 0; n < repeats + 1; n++) {
    const started = performance.now()
    const result = work()
    result.dataSync()
    result.dispose()
    // The first one compiles and allocates.
    if (n > 0) times.push(performance.now() - started)
  }
  return median(times)
}

const engine = await startEngine({ name, threads })
const config = TrainingConfig.parse(
  JSON.parse(readFileSync(new URL('../models/brain-t1w/training.json', import.meta.url), 'utf8')),
)
const model = createModel(unetGraph({ base: 16, depth: 4, inputs: 1, classes: 4 }, createRandom(0)), draftCard(config))
const batch = tf.randomNormal([2, 256, 256, 1])
const loss = (): tf.Scalar => tf.mean(tf.square(model.logits(batch)))

function step(group: ParameterGroup): tf.Tensor {
  const variables = model.parameters(group).map(({ variable }) => variable)
  const { value, grads } = tf.variableGrads(loss, variables)
  tf.dispose(grads)
  return value
}

model.setNorm({ kind: 'source' })
const forward = time(() => tf.tidy(() => tf.mean(model.logits(batch))))
model.setNorm({ kind: 'batch' })
const figures = { engine, forward, normOnlyStep: time(() => step('norm-affine')), fullStep: time(() => step('all')) }
console.log(JSON.stringify(figures))
