import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import type { Event } from '../contract/contract.ts'
import { forkNode } from './fork.ts'
import { supervise } from './supervise.ts'
import type { Fork, Supervisor } from './supervise.ts'

const file = fileURLToPath(new URL('./testing/worker-at-work.ts', import.meta.url))
const close: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of close.splice(0)) await end()
})

function begin(fork: Fork = forkNode(file)): { supervisor: Supervisor; events: Event[]; log: string[] } {
  const [events, log]: [Event[], string[]] = [[], []]
  const supervisor = supervise(fork, (text) => void log.push(text))
  supervisor.on((event) => void events.push(event))
  close.push(() => supervisor.close())
  return { supervisor, events, log }
}

async function until(isSo: () => boolean): Promise<void> {
  for (const began = Date.now(); !isSo(); await new Promise((resolve) => setTimeout(resolve, 10)))
    if (Date.now() - began > 20_000) throw new Error('waited for 20 s')
}

async function pid(supervisor: Supervisor): Promise<number> {
  const reply = await supervisor.call('app.about', {}, {})
  if (!reply.ok) throw new Error(reply.error.message)
  return reply.value as number
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0)
  } catch {
    return false
  }
}

test('killed in a call: the call fails with a sentence, the run and its last step are named, the next call works', async () => {
  const { supervisor, events, log } = begin()
  const first = await pid(supervisor)
  const call = supervisor.call('adapt.start', {}, {})
  await until(() => events.some(({ event }) => event === 'run.step'))
  process.kill(first, 'SIGKILL')
  expect(await call).toEqual({
    ok: false,
    error: {
      code: 'worker-lost',
      message: 'The process that computes has ended before it could answer.',
      remedy: 'It starts again by itself. Try again in a moment.',
    },
  })
  const second = await pid(supervisor)
  expect(second).not.toBe(first)
  expect(supervisor.state()).toBe('ready')
  expect(events.slice(2)).toMatchObject([
    { event: 'job', payload: { id: 'job-1', state: 'failed', error: null } },
    {
      event: 'worker',
      payload: {
        state: 'lost',
        run: 'run-1',
        message:
          'The process that computes has ended (signal SIGKILL) and starts again. Lost is only the step that was running: the run is on disk up to step 7.',
      },
    },
    { event: 'worker', payload: { state: 'ready', run: null } },
  ])
  expect(log).toEqual(['The worker has ended (signal SIGKILL).'])
})

test('killed while idle: it is back, and nothing is lost', async () => {
  const { supervisor, events } = begin()
  process.kill(await pid(supervisor), 'SIGKILL')
  await until(() => events.length === 2)
  expect(events).toMatchObject([
    { payload: { state: 'lost', run: null, message: expect.stringContaining('nothing is lost') as string } },
    { payload: { state: 'ready' } },
  ])
})

test('a worker that dies at each start is tried again at growing intervals, and calls are refused meanwhile', async () => {
  let forks = 0
  const { supervisor, events } = begin(() => {
    forks++
    return forks <= 4 ? forkNode(file, ['dies'])() : forkNode(file)()
  })
  const began = Date.now()
  await until(() => events.length >= 3)
  expect(supervisor.state()).toBe('lost')
  expect(await supervisor.call('app.about', {}, {})).toMatchObject({ ok: false, error: { code: 'worker-lost' } })
  await until(() => supervisor.state() === 'ready')
  expect(forks).toBe(5)
  // At once, then after 0.5, 1 and 2 s.
  expect(Date.now() - began).toBeGreaterThan(3400)
  expect(await pid(supervisor)).toBeGreaterThan(0)
})

test('close leaves no worker, also where the worker had no time to say that it is ready', async () => {
  const { supervisor } = begin()
  const id = await pid(supervisor)
  await supervisor.close()
  await until(() => !isRunning(id))
  const quick = begin()
  await quick.supervisor.close()
  expect(quick.log).toEqual([])
})
