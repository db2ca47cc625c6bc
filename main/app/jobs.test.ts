import { expect, it } from 'vitest'
import type { Job } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { createJobs } from './jobs.ts'

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
/** Work that goes on until it is cancelled. */
const untilCancelled = ({ signal }: { signal: AbortSignal }): Promise<void> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

function registry(): { jobs: ReturnType<typeof createJobs>; told: Job[] } {
  const told: Job[] = []
  return { jobs: createJobs((job) => told.push(job)), told }
}

it('tells of a busy job at most five times a second, and always how it ended', async () => {
  const { jobs, told } = registry()
  const { id } = jobs.start({ kind: 'open', title: 'Opening' }, async ({ onProgress }) => {
    for (let n = 0; n <= 100; n++) {
      onProgress('reading', n / 100, 100 - n)
      await wait(5)
    }
  })
  const last = await jobs.ended(id)
  expect(last).toMatchObject({ state: 'done', share: 1, stage: 'reading', remainingMs: null, error: null })
  expect(last.elapsedMs).toBeGreaterThan(400)
  expect(told.at(-1)).toEqual(last)
  expect(told.length).toBeGreaterThanOrEqual(3)
  expect(told.length).toBeLessThanOrEqual(2 + Math.ceil(last.elapsedMs / 200) + 1)
  expect(told[1]!.memoryBytes).toBeGreaterThan(1e7)
  expect(told.slice(1, -1).every(({ remainingMs }) => remainingMs !== null)).toBe(true)
})

it('begins work only after the caller knows the job', async () => {
  const { jobs } = registry()
  const order: string[] = []
  const { id } = jobs.start({ kind: 'open', title: 'Opening' }, () => Promise.resolve(void order.push('work')))
  order.push('reply')
  await Promise.resolve().then(() => order.push('after'))
  await jobs.ended(id)
  expect(order).toEqual(['reply', 'after', 'work'])
})

it('cancels: cancelling at once, cancelled when the work let go', async () => {
  const { jobs, told } = registry()
  const { id } = jobs.start({ kind: 'adapt', title: 'Adapting' }, async (work) => {
    await untilCancelled(work).catch(() => wait(30))
    work.signal.throwIfAborted()
  })
  await wait(10)
  jobs.cancel(id)
  expect(jobs.list()[0]!.state).toBe('cancelling')
  jobs.cancel(id)
  expect((await jobs.ended(id)).state).toBe('cancelled')
  expect(told.map(({ state }) => state)).toEqual(['running', 'cancelling', 'cancelled'])
  jobs.cancel(id)
  expect(jobs.list()[0]!.state).toBe('cancelled')
})

it('is done where the work ended well before it saw that it was cancelled', async () => {
  const { jobs } = registry()
  const { id } = jobs.start({ kind: 'export', title: 'Exporting' }, () => wait(20))
  await wait(5)
  jobs.cancel(id)
  expect((await jobs.ended(id)).state).toBe('done')
})

it('refuses a second adaptation in a sentence, but lets a scan be opened beside it', async () => {
  const { jobs } = registry()
  const first = jobs.start({ kind: 'adapt', title: 'Adapting to "Head"' }, untilCancelled)
  expect(() => jobs.start({ kind: 'adapt', title: 'Another' }, () => Promise.resolve())).toThrow(
    'Adapting to "Head" is still going on, and this machine does one such thing at a time. Wait until it ends, or cancel it.',
  )
  expect(() => jobs.start({ kind: 'predict', title: 'Mask' }, () => Promise.resolve())).toThrow(UserError)
  const other = jobs.start({ kind: 'open', title: 'Opening' }, () => Promise.resolve())
  expect((await jobs.ended(other.id)).state).toBe('done')
  jobs.cancel(first.id)
  await jobs.ended(first.id)
  const next = jobs.start({ kind: 'adapt', title: 'Another' }, () => Promise.resolve())
  expect((await jobs.ended(next.id)).state).toBe('done')
})

it("shows a user's error as it is, and a bug without its text", async () => {
  const { jobs } = registry()
  const log = console.error
  const logged: unknown[] = []
  console.error = (...given) => logged.push(...(given as unknown[]))
  try {
    const missing = new UserError('input-not-found', { path: 'scan' })
    const one = jobs.start({ kind: 'open', title: 'Opening' }, () => Promise.reject(missing))
    const error = { code: 'input-not-found', message: 'There is nothing to read at scan.', remedy: 'Check the path.' }
    expect(await jobs.ended(one.id)).toMatchObject({ state: 'failed', error })
    const bug = new Error('undefined is not Doe^John')
    const two = jobs.start({ kind: 'open', title: 'Opening' }, () => Promise.reject(bug))
    const failed = await jobs.ended(two.id)
    expect(failed).toMatchObject({ state: 'failed', error: { code: 'internal' } })
    expect(JSON.stringify(failed)).not.toContain('Doe')
    expect(logged).toEqual([bug])
  } finally {
    console.error = log
  }
})

it('keeps what ended until it is dismissed, and never drops what is at work', async () => {
  const { jobs } = registry()
  const ended = jobs.start({ kind: 'open', title: 'Opening' }, (_, job) => {
    job.setInput('scan-1')
    return Promise.resolve()
  })
  const going = jobs.start({ kind: 'open', title: 'Opening' }, untilCancelled)
  await jobs.ended(ended.id)
  expect(jobs.list().map(({ state, input }) => [state, input])).toEqual([
    ['done', 'scan-1'],
    ['running', null],
  ])
  jobs.dismiss(ended.id)
  jobs.dismiss(going.id)
  jobs.dismiss('job-of-yesterday')
  expect(jobs.list().map(({ id }) => id)).toEqual([going.id])
  expect(() => jobs.cancel('job-of-yesterday')).toThrow('This job is not there any more.')
  await jobs.close()
  expect(jobs.list()[0]!.state).toBe('cancelled')
  expect(() => jobs.start({ kind: 'open', title: 'Opening' }, () => Promise.resolve())).toThrow(UserError)
})
