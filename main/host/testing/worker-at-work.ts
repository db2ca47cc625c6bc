/** A worker for supervise.test.ts: says that a run is at step 7, answers app.about, and nothing else. */
import type { Job } from '../../contract/schemas.ts'
import type { FromWorker, ToWorker } from '../messages.ts'

const post = (message: FromWorker): void => void process.send!(message)
const job: Job = {
  ...{ id: 'job-1', kind: 'adapt', title: 'Adapting', stage: 'Training', share: 0.5, elapsedMs: 10, remainingMs: null },
  ...{ memoryBytes: null, state: 'running', error: null, input: null, run: 'run-1' },
}
const line = {
  ...{ step: 7, phase: 'train', elapsedMs: 1, loss: {}, learningRate: null, gradNorm: null, scores: {}, measures: {} },
  ...{ notes: [], isStored: true },
}

process.on('disconnect', () => process.exit())
process.on('message', (message: ToWorker) => {
  if ('end' in message) return process.exit()
  if (message.call === 'app.about') return post({ id: message.id, reply: { ok: true, value: process.pid } })
  // Another call begins the run and is never answered.
  post({ event: 'job', payload: job })
  post({ event: 'run.step', payload: { run: 'run-1', line } })
})
if (process.argv[2] === 'dies') process.exit(3)
post({ ready: true })
