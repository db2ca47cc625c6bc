/** What takes a while: one registry in this process, so that a window that reloads finds its jobs again. */
import type { ErrorShape, Job } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import type { Work } from './progress.ts'
import type { JobHandle, JobRequest, Jobs } from './shared.ts'

/** These need the machine for themselves: there is no queue. */
export const alone: readonly Job['kind'][] = ['adapt', 'predict', 'self-test', 'forecast', 'evaluate']
/** At most five events a second and job. */
const quietMs = 200
/** Jobs that ended stay until they are dismissed, but no more than this. */
const maxEnded = 50

type Entry = {
  job: Job
  readonly controller: AbortController
  readonly started: number
  readonly ended: Promise<void>
  shownAt: number
  timer: ReturnType<typeof setTimeout> | undefined
}

export type JobRegistry = Jobs & {
  /** Cancels all and waits until they ended. */
  close(): Promise<void>
}

/** `show` is told of every job as it begins, goes on and ends; the last word of each is always told. */
export function createJobs(show: (job: Job) => void): JobRegistry {
  const entries = new Map<string, Entry>()
  // Ids of another launch must not be taken for ours: windows outlive the worker.
  const launch = crypto.randomUUID().slice(0, 8)
  let count = 0
  let isClosing = false

  function find(id: string): Entry {
    const entry = entries.get(id)
    if (!entry) throw new UserError('not-there', { what: 'This job', remedy: 'Reload the window.' })
    return entry
  }

  function tell(entry: Entry): void {
    clearTimeout(entry.timer)
    entry.timer = undefined
    entry.shownAt = performance.now()
    show(current(entry))
  }

  function tellSoon(entry: Entry): void {
    if (entry.timer) return
    const wait = entry.shownAt + quietMs - performance.now()
    if (wait <= 0) tell(entry)
    else entry.timer = setTimeout(() => tell(entry), wait)
  }

  function isAtWork({ job }: Entry): boolean {
    return job.state === 'running' || job.state === 'cancelling'
  }

  function current(entry: Entry): Job {
    if (!isAtWork(entry)) return entry.job
    return { ...entry.job, elapsedMs: elapsed(entry), memoryBytes: process.memoryUsage.rss() }
  }

  async function go(entry: Entry, work: (work: Work, job: JobHandle) => Promise<void>): Promise<void> {
    const { signal } = entry.controller
    const change = (change: Partial<Job>): void => {
      entry.job = { ...entry.job, ...change }
    }
    const handle: JobHandle = {
      id: entry.job.id,
      setInput: (input) => change({ input }),
      setRun: (run) => change({ run }),
      setCohort: (cohort) => change({ cohort }),
    }
    const onProgress: Work['onProgress'] = (stage, share, remainingMs) => {
      change({ stage, share: held(share), remainingMs: signal.aborted ? null : rounded(remainingMs) })
      tellSoon(entry)
    }
    let end: Partial<Job> = { state: 'done', share: 1 }
    try {
      signal.throwIfAborted()
      await work({ signal, onProgress }, handle)
    } catch (error) {
      end = signal.aborted ? { state: 'cancelled' } : { state: 'failed', error: shown(error) }
    }
    change({ ...end, remainingMs: null, memoryBytes: process.memoryUsage.rss(), elapsedMs: elapsed(entry) })
    tell(entry)
    const over = [...entries.values()].filter((one) => !isAtWork(one))
    for (const { job } of over.slice(0, -maxEnded)) entries.delete(job.id)
  }

  const jobs: JobRegistry = {
    start(request, work) {
      if (isClosing) throw new UserError('busy', { doing: 'Closing Scanbridge' })
      const busy = alone.includes(request.kind) && jobs.running(...alone)
      if (busy) throw new UserError('busy', { doing: busy.title })
      const begin = Promise.withResolvers<void>()
      const entry: Entry = {
        job: newJob(`job-${launch}-${++count}`, request),
        controller: new AbortController(),
        started: performance.now(),
        ended: begin.promise.then(() => go(entry, work)),
        shownAt: 0,
        timer: undefined,
      }
      entries.set(entry.job.id, entry)
      tell(entry)
      setImmediate(begin.resolve) // after the caller has its reply, so that a window knows the job that it hears of
      return current(entry)
    },
    list: () => [...entries.values()].map(current),
    running(...kinds) {
      const entry = [...entries.values()].find((one) => isAtWork(one) && kinds.includes(one.job.kind))
      return entry && current(entry)
    },
    async ended(id) {
      const entry = find(id)
      await entry.ended
      return entry.job
    },
    cancel(id) {
      const entry = find(id)
      if (entry.job.state !== 'running') return
      entry.job = { ...entry.job, state: 'cancelling', remainingMs: null }
      entry.controller.abort(new DOMException('The job was cancelled.', 'AbortError'))
      tell(entry)
    },
    dismiss(id) {
      const entry = entries.get(id)
      if (entry && !isAtWork(entry)) entries.delete(id)
    },
    async close() {
      isClosing = true
      for (const { job } of entries.values()) jobs.cancel(job.id)
      await Promise.all([...entries.values()].map(({ ended }) => ended))
    },
  }
  return jobs
}

function newJob(id: string, { kind, title, input, run, cohort }: JobRequest): Job {
  return {
    id,
    kind,
    title,
    stage: '',
    share: null,
    elapsedMs: 0,
    remainingMs: null,
    memoryBytes: null,
    state: 'running',
    error: null,
    input: input ?? null,
    run: run ?? null,
    cohort: cohort ?? null,
  }
}

const elapsed = ({ started }: Entry): number => Math.round(performance.now() - started)
/** NaN: it cannot be told. */
const held = (share: number): number | null => (Number.isNaN(share) ? null : Math.min(1, Math.max(0, share)))
const rounded = (ms: number | undefined): number | null => (ms !== undefined && ms >= 0 ? Math.round(ms) : null)

/** What a job that failed shows. A bug's stack goes to the log. */
function shown(error: unknown): ErrorShape {
  if (error instanceof UserError) return { code: error.code, message: error.sentence, remedy: error.remedy }
  console.error(error)
  return {
    code: 'internal',
    message: 'Scanbridge failed at this, by a mistake of its own.',
    remedy: 'Try again; if it comes back, send us the log of this session.',
  }
}
