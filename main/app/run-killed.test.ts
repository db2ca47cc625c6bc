import { fork } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDesk } from '../../tests/app-desk.ts'
import { freshFolder } from '../../tests/command-line.ts'
import { ballNifti, saveThresholdModel } from '../../tests/threshold-model.ts'
import type { Event } from '../contract/contract.ts'
import type { InputSummary, Job } from '../contract/schemas.ts'
import type { FromWorker } from '../host/messages.ts'

const place = freshFolder()
const home = join(place, 'home')
const picked = { scan: { path: join(place, 'scan.nii.gz'), name: 'scan.nii.gz' } }
process.env['SCANBRIDGE_MODELS'] = join(place, 'models')
process.env['SCANBRIDGE_HOME'] = home

/** The worker as a host forks it. */
function startWorker() {
  const child = fork(join(import.meta.dirname, '../host/worker.ts'), { serialization: 'advanced' })
  const listeners = new Set<(message: FromWorker) => void>()
  child.on('message', (message) => listeners.forEach((listener) => listener(message as FromWorker)))
  const wait = <T>(of: (message: FromWorker) => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const listener = (message: FromWorker): void => {
        const found = of(message)
        if (found === undefined) return
        listeners.delete(listener)
        resolve(found)
      }
      listeners.add(listener)
    })
  let last = 0
  return {
    child,
    event: (isSo: (event: Event) => boolean) =>
      wait((message) => ('event' in message && isSo(message) ? message : undefined)),
    call<T>(call: string, input: unknown): Promise<T> {
      const id = ++last
      child.send({ id, call, input, picked })
      return wait((message) =>
        'id' in message && message.id === id && message.reply.ok ? (message.reply.value as T) : undefined,
      )
    },
  }
}

test('a worker that is killed in a run leaves it to be seen, looked at, and run again to the same end', async () => {
  await saveThresholdModel(join(place, 'models', 'threshold'))
  writeFileSync(picked.scan.path, ballNifti().scan)
  const worker = startWorker()
  await worker.call('app.settings', { engine: 'cpu', model: 'threshold' })
  const opened = worker.event((event) => event.event === 'job' && event.payload.state === 'done')
  await worker.call<{ job: string }>('input.open', { pick: 'scan' })
  await opened
  const { inputs } = await worker.call<{ inputs: InputSummary[]; jobs: Job[] }>('app.state', {})
  const request = { model: 'threshold', method: 'tent', options: { steps: 200 }, seed: 5, guard: false }
  const scan = inputs[0]!.suggested
  const third = worker.event((event) => event.event === 'run.step' && event.payload.line.step === 3)
  const { run } = await worker.call<{ run: string }>('adapt.start', { scan, ...request, reference: null })
  await third
  const gone = new Promise((resolve) => worker.child.once('exit', resolve))
  worker.child.kill('SIGKILL')
  await gone

  const desk = openDesk(home, picked)
  const listed = (await desk.call('run.list', {})).find(({ id }) => id === run)!
  expect(listed).toMatchObject({ state: 'interrupted', kept: 'source', verdict: 'off' })
  expect(listed.sentence).toMatch(/^Interrupted after step \d+\. It can be resumed/)
  const detail = await desk.call('run.read', { run })
  expect(detail.steps).toBeGreaterThanOrEqual(3)
  expect(detail.journal.filter(({ isStored }) => isStored).length).toBeGreaterThanOrEqual(3)
  expect((await desk.call('run.mask', { run, of: 'before' })).header.volumes['core']).toBeGreaterThan(100)

  // What was open is open again, so that it can be run again without looking for the scan.
  const again = await desk.call('run.resume', { run })
  await desk.until('run.step', (one) => one.run === again.run && one.line.step === detail.steps)
  await desk.call('job.cancel', { job: again.job })
  await desk.ended(again.job)
  const losses = (id: string): unknown[] =>
    readFileSync(join(home, 'runs', id, 'steps.jsonl'), 'utf8')
      .split('\n', detail.steps + 1)
      .map((line) => (JSON.parse(line) as { loss: unknown }).loss)
  expect(losses(again.run)).toEqual(losses(run))
  expect((await desk.call('run.read', { run })).history.map(({ event }) => event)).toEqual([
    'created',
    'interrupted',
    'resumed',
  ])
  await desk.close()
})
