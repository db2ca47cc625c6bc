import { parentPort, workerData } from 'node:worker_threads'
import type { Phantom } from '../../fixtures/phantom.ts'
import { makeSubject } from '../../fixtures/phantom.ts'
import { scanRandomised, scanSource } from '../../fixtures/scanner.ts'
import { foreground, standardize } from '../../main/volume/intensity.ts'
import { createRandom } from '../../main/volume/random.ts'
import { buildAnatomies } from './anatomy.ts'
import type { TrainingConfig } from './config.ts'
import type { Rendered } from './rendered.ts'
import { trainingSubject } from './subjects.ts'

const { config, first } = workerData as { config: TrainingConfig; first: number }
const port = parentPort!
const ahead = 4
const subjects = new Map<number, Phantom>()
const anatomies = (await buildAnatomies()).filter(({ name }) => config.anatomies.includes(name))
let next = first
let credit = ahead

function render(index: number): Rendered {
  const random = createRandom(config.seed).fork(`scan:${index}`)
  const number = random.integer(config.subjects)
  let subject = subjects.get(number)
  if (!subject) {
    const { anatomy, seed, options } = trainingSubject(config, anatomies, number)
    subject = makeSubject(anatomy, seed, options)
    subjects.set(number, subject)
  }
  const scan =
    random.next() < config.sourceShare
      ? scanSource(subject, random, { augment: true })
      : scanRandomised(subject, random)
  const { mean, sd } = foreground(scan.data, 0.1)
  return { index, images: standardize(scan.data, mean, sd, -4, 6), labels: subject.labels.slice() }
}

function fill(): void {
  while (credit > 0) {
    const scan = render(next++)
    credit--
    port.postMessage(scan, [scan.images.buffer as ArrayBuffer, scan.labels.buffer as ArrayBuffer])
  }
}

port.on('message', () => {
  credit++
  fill()
})
fill()
