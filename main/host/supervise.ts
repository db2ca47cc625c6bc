import type { Event, Picked, Reply } from '../contract/contract.ts'
import type { Job } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import { toErrorShape } from './answer.ts'
import type { FromWorker, ToWorker } from './messages.ts'

/** A forked worker: Node's child process or Electron's utility process, as forkNode and the Electron host make them. */
export type Child = {
  readonly send: (message: ToWorker) => void
  readonly onMessage: (listener: (message: FromWorker) => void) => void
  /** `how`: 'signal SIGKILL', 'exit code 1'. Called once. */
  readonly onExit: (listener: (how: string) => void) => void
  readonly kill: () => void
}
export type Fork = () => Child

export type Supervisor = {
  call(name: string, input: unknown, picked: Picked): Promise<Reply<unknown>>
  on(listener: (event: Event) => void): () => void
  state(): 'starting' | 'ready' | 'lost'
  /** Lets the worker put everything in order; kills it where that takes too long. No worker is left afterwards. */
  close(): Promise<void>
}

/** A worker that dies within this time of its start failed to start: waits grow. */
const soonMs = 5000
const firstWaitMs = 500
const longestWaitMs = 30_000
/** A step may have to come to its end first. */
const closeMs = 10_000

/** Keeps one worker alive: forks it, forwards calls and events, forks it again when it dies, and says what was lost. */
export function supervise(fork: Fork, log: (text: string) => void): Supervisor {
  const listeners = new Set<(event: Event) => void>()
  const emit = (event: Event): void => listeners.forEach((listener) => listener(event))
  const work = followWork()
  const pending = new Map<number, (reply: Reply<unknown>) => void>()
  let state: 'starting' | 'ready' | 'lost' = 'starting'
  let lastId = 0
  let failedStarts = 0
  let retry: NodeJS.Timeout | undefined
  let child: Child | undefined
  let onClosed: (() => void) | undefined

  const receive = (message: FromWorker): void => {
    if ('event' in message) {
      work.see(message)
      return emit(message)
    }
    if ('id' in message) {
      pending.get(message.id)?.(message.reply)
      return void pending.delete(message.id)
    }
    const wasLost = state === 'lost'
    state = 'ready'
    if (wasLost) emit({ event: 'worker', payload: { state, run: null, message: 'The process that computes is back.' } })
  }

  const start = (): void => {
    const started = Date.now()
    child = fork()
    child.onMessage(receive)
    child.onExit((how) => {
      child = undefined
      const remedy = 'It starts again by itself. Try again in a moment.'
      const error = toErrorShape(new UserError('worker-lost', { remedy }), 'worker', log)
      pending.forEach((resolve) => resolve({ ok: false, error }))
      pending.clear()
      if (onClosed) return onClosed()
      log(`The worker has ended (${how}).`)
      const lost = work.lose(how)
      for (const job of lost.jobs) {
        // What became of the run is told once, below.
        const isTold = lost.run !== null && job.run === lost.run
        emit({ event: 'job', payload: { ...job, state: 'failed', error: isTold ? null : error } })
      }
      state = 'lost'
      emit({ event: 'worker', payload: { state, run: lost.run, message: lost.message } })
      failedStarts = Date.now() - started < soonMs ? failedStarts + 1 : 0
      // The first time at once: what killed it was most likely outside.
      if (failedStarts <= 1) return start()
      retry = setTimeout(start, Math.min(longestWaitMs, firstWaitMs * 2 ** (failedStarts - 2)))
    })
  }
  start()

  return {
    call(name, input, picked) {
      if (!child) {
        const remedy = 'It starts again by itself. Try again in half a minute.'
        return Promise.resolve({ ok: false, error: toErrorShape(new UserError('worker-lost', { remedy }), name, log) })
      }
      const id = ++lastId
      child.send({ id, call: name, input, picked })
      return new Promise((resolve) => pending.set(id, resolve))
    },
    on(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    state: () => state,
    async close() {
      clearTimeout(retry)
      const last = child
      if (!last || onClosed) return
      const closed = new Promise<void>((resolve) => (onClosed = resolve))
      last.send({ end: true })
      const impatience = setTimeout(last.kill, closeMs)
      await closed
      clearTimeout(impatience)
    },
  }
}

/** Knows from the events what the worker is doing, and so what goes down with it. */
function followWork(): {
  see(event: Event): void
  lose(how: string): { readonly jobs: readonly Job[]; readonly run: string | null; readonly message: string }
} {
  const jobs = new Map<string, Job>()
  const steps = new Map<string, number>()
  return {
    see({ event, payload }) {
      if (event === 'run.step') steps.set(payload.run, payload.line.step)
      if (event !== 'job') return
      if (payload.state === 'running' || payload.state === 'cancelling') return void jobs.set(payload.id, payload)
      jobs.delete(payload.id)
      if (payload.run) steps.delete(payload.run)
    },
    lose(how) {
      const lost = [...jobs.values()]
      const adapting = lost.find(({ kind, run }) => kind === 'adapt' && run)
      const message = `The process that computes has ended (${how}) and starts again. ${whatIsLost(lost, adapting, steps)}`
      jobs.clear()
      steps.clear()
      return { jobs: lost, run: adapting?.run ?? null, message }
    },
  }
}

function whatIsLost(jobs: readonly Job[], adapting: Job | undefined, steps: ReadonlyMap<string, number>): string {
  if (adapting?.run) {
    const step = steps.get(adapting.run)
    const onDisk = step === undefined ? 'no step was done yet' : `the run is on disk up to step ${step}`
    return `Lost is only the step that was running: ${onDisk}.`
  }
  if (jobs.some(({ kind }) => kind === 'evaluate'))
    return 'Lost is only the case that was at work: the cohort goes on after those that are done.'
  if (jobs.length === 0) return 'Nothing was running and nothing is lost.'
  return `What was under way can be started again: ${jobs.map(({ title }) => title).join(', ')}.`
}
