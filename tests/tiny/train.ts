/** Makes model.onnx and source.json: node tests/tiny/train.ts (about a minute; not part of any test). */
import { writeFileSync } from 'node:fs'
import { startEngine } from '../../main/engine/pick-files.ts'
import { tf } from '../../main/engine/tf.ts'
import type { Moments } from '../../main/model/model.ts'
import { writeOnnx } from '../../main/model/onnx.ts'
import { sliceBatch } from '../../main/predict/predict.ts'
import { createRandom } from '../../main/volume/random.ts'
import { Adam } from '../../main/adapt/adam.ts'
import { gradientStep } from '../../main/adapt/gradient-step.ts'
import { crossEntropy } from '../../main/adapt/losses.ts'
import { poolMoments } from '../../main/adapt/norm-layers.ts'
import { measureSource } from '../../main/adapt/source-statistics.ts'
import { classes, head, size, sourceScanner, untrainedModel } from './world.ts'

const steps = 400
await startEngine()
const model = untrainedModel()
const random = createRandom(2)
const parameters = model.parameters('all')
const optimizer = new Adam(parameters.map(({ variable }) => variable))
const seen = new Map<string, Moments[]>()
for (let step = 0; step < steps; step++) {
  const { study, labels } = head(sourceScanner, random)
  tf.tidy(() => {
    const batch = sliceBatch(study, study.tissueSlices)
    const truth = tf.oneHot(tf.tensor(labels, [study.tissueSlices.length, size, size], 'int32'), classes)
    model.setNorm({ kind: 'batch' })
    const rate = 1e-2 * Math.cos((Math.PI / 2) * (step / steps))
    const { losses } = gradientStep(parameters, optimizer, rate, () => ({
      loss: tf.mean(crossEntropy(truth, model.logits(batch))),
    }))
    if (step % 50 === 0) console.log(step, losses)
    if (step < steps - 20) return
    for (const [name, moments] of model.logitsAndMoments(batch).moments) {
      seen.set(name, [...(seen.get(name) ?? []), moments])
    }
  })
}
model.setStatistics(new Map(Array.from(seen, ([name, batches]) => [name, poolMoments(batches)])))
model.setNorm({ kind: 'source' })
const cases = Array.from({ length: 10 }, () => head(sourceScanner, random))
const statistics = await measureSource(model, cases, random)
writeFileSync(new URL('model.onnx', import.meta.url), writeOnnx(model.toGraph()))
writeFileSync(new URL('source.json', import.meta.url), `${JSON.stringify(statistics, null, 2)}\n`)
