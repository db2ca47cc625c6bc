/**
 * Makes network.json and expected.json: node tests/parity/record.ts [--network] PYTHON (one that has torch). Run it again when
 * the order of a method's random draws changes; what PyTorch says to the new ones is then stored.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEngine } from '../../main/engine/pick-files.ts'
import { tf } from '../../main/engine/tf.ts'
import type { Moments } from '../../main/model/model.ts'
import { createModel } from '../../main/model/graph.ts'
import { sliceBatch } from '../../main/predict/predict.ts'
import { createRandom } from '../../main/volume/random.ts'
import { Adam } from '../../main/adapt/adam.ts'
import { gradientStep, variablesOf } from '../../main/adapt/gradient-step.ts'
import { crossEntropy } from '../../main/adapt/losses.ts'
import { poolMoments } from '../../main/adapt/norm-layers.ts'
import { unetGraph } from '../../models/training/unet.ts'
import { tinyCard } from '../tiny/world.ts'
import { cases, classes, record, scan, shape, size, surroundings } from './method-steps.ts'

const python = process.argv.at(-1)!
await startEngine({ name: 'cpu' })
if (process.argv.includes('--network')) trainNetwork()

const folder = mkdtempSync(join(tmpdir(), 'scanbridge-parity-'))
const recorded = { ...((await surroundings()) as object), cases: {} as Record<string, unknown> }
for (const name of Object.keys(cases)) recorded.cases[name] = await record(name)
writeFileSync(join(folder, 'recorded.json'), JSON.stringify(recorded))
const script = join(import.meta.dirname, 'check_methods.py')
const { stdout, stderr, status } = spawnSync(python, [script, join(folder, 'recorded.json')], {
  encoding: 'utf8',
  maxBuffer: 1 << 28,
})
rmSync(folder, { recursive: true })
process.stderr.write(stderr)
if (status !== 0) process.exit(1)
writeFileSync(new URL('expected.json', import.meta.url), stdout)

/** A network that tells the two discs from the ground, though not too surely. */
function trainNetwork(): void {
  const model = createModel(unetGraph(shape, createRandom(4)), tinyCard)
  const parameters = model.parameters('all')
  const optimizer = new Adam(variablesOf(parameters))
  const seen = new Map<string, Moments[]>()
  model.setNorm({ kind: 'batch' })
  const steps = 200
  for (let step = 0; step < steps; step++) {
    const { study, labels } = scan(100 + step)
    tf.tidy(() => {
      const batch = sliceBatch(study, study.tissueSlices)
      const truth = tf.oneHot(tf.tensor(labels, [study.tissueSlices.length, size, size], 'int32'), classes)
      const loss = () => ({ loss: tf.mean(crossEntropy(truth, model.logits(batch))) })
      const { losses } = gradientStep(parameters, optimizer, 1e-2, loss)
      if (step % 40 === 39) console.error(step, losses)
      if (step < steps - 10) return
      for (const [name, moments] of model.logitsAndMoments(batch).moments)
        seen.set(name, [...(seen.get(name) ?? []), moments])
    })
  }
  model.setStatistics(new Map(Array.from(seen, ([name, batches]) => [name, poolMoments(batches)])))
  const rounded = Array.from(model.toGraph().initializers, ([name, { data }]) => [
    name,
    Array.from(data as Float32Array, (value) => Number(value.toPrecision(5))),
  ])
  writeFileSync(new URL('network.json', import.meta.url), `${JSON.stringify(Object.fromEntries(rounded))}\n`)
}
