/** The app as its windows see it: every call of the contract that is not the host's. */
import type { AppHandlers, Event } from '../contract/contract.ts'
import { UserError } from '../errors.ts'
import { thisBuild } from './build-files.ts'
import { CohortStore } from './cohort-files.ts'
import { createCohortService } from './cohort-service.ts'
import type { EngineRoom } from './engine-room.ts'
import { InputRegistry } from './inputs.ts'
import { createJobs } from './jobs.ts'
import { openLost } from './lost-files.ts'
import { openRecents } from './recents-files.ts'
import { createRunService } from './run-service.ts'
import { openSettings } from './settings-files.ts'
import type { Shared, Simulate } from './shared.ts'
import { openHome } from './state-files.ts'
import { toFrame } from './voxels.ts'

type ServiceRequest = {
  /** The app's own folder, made where it is not there: homeFolder() of state-files.ts says where it usually is. */
  readonly home: string
  readonly emit: (event: Event) => void
  readonly simulate: Simulate
  readonly now?: () => Date
}

/** What answers the windows. What was open when the process died is open again. Throws UserError where `home` cannot be used. */
export function createService(request: ServiceRequest): AppHandlers & { close(): Promise<void> } {
  const { emit, simulate, now = () => new Date() } = request
  const home = openHome(request.home)
  const settings = openSettings(home.settings)
  const lost = openLost(home.atWork, home.runs)
  const jobs = createJobs((job) => {
    lost.follow(job)
    emit({ event: 'job', payload: job })
  })
  const recents = openRecents(home, now)
  const inputs = new InputRegistry({ home, jobs, recents, simulate, emit })
  let madeRoom: Promise<EngineRoom> | undefined
  const room = (): Promise<EngineRoom> =>
    (madeRoom ??= import('./engine-room.ts').then(({ EngineRoom }) => new EngineRoom(() => settings.get())))
  const kept = { home, jobs, inputs, recents, cohorts: new CohortStore(home), settings: () => settings.get() }
  const shared: Shared = { ...kept, emit, simulate, now, room }
  const { start, ...runs } = createRunService(shared)
  const changed = (what: 'state' | 'recents' | 'settings'): void =>
    emit({ event: 'changed', payload: { what: [what] } })
  return {
    ...runs,
    ...createCohortService(shared, start),
    'app.state': atOnce(() => {
      const lists = { inputs: inputs.list(), jobs: jobs.list(), lost: lost.get() }
      return { ...thisBuild(), settings: settings.get(), ...lists }
    }),
    'app.settings': atOnce((change) => {
      const before = settings.get()
      const after = settings.change(change)
      if (JSON.stringify(after) !== JSON.stringify(before)) changed('settings')
      return after
    }),
    'app.dismiss-lost': atOnce(() => {
      lost.dismiss()
      changed('state')
      return {}
    }),
    'job.cancel': atOnce(({ job }) => {
      jobs.cancel(job)
      return {}
    }),
    'job.dismiss': atOnce(({ job }) => {
      jobs.dismiss(job)
      return {}
    }),
    'input.open': atOnce(({ pick }, picked) => {
      const found = Object.hasOwn(picked, pick) ? picked[pick] : undefined
      if (!found) throw new UserError('pick-unknown')
      return { job: inputs.open(found.path, found.name).id }
    }),
    'input.sample': atOnce(() => ({ job: inputs.openSample().id })),
    'input.reopen': atOnce(({ recent }) => ({ job: inputs.reopen(recent).id })),
    'input.close': atOnce(({ input }) => {
      inputs.close(input)
      return {}
    }),
    'input.recents': () => recents.list(),
    'input.pin': atOnce(({ recent, pinned }) => {
      recents.pin(recent, pinned)
      changed('recents')
      return {}
    }),
    'input.forget': atOnce(({ recent }) => {
      recents.forget(recent)
      changed('recents')
      return {}
    }),
    'input.recent-thumbnail': atOnce(({ recent }) => recents.thumbnail(recent)),
    'input.thumbnail': (ref) => inputs.thumbnail(ref),
    async 'input.voxels'(ref) {
      const { loaded, series } = await inputs.loaded(ref)
      inputs.findRuns(ref)
      return toFrame(loaded, series.modality)
    },
    async close() {
      await jobs.close()
      await runs.close()
      await (await madeRoom)?.close()
      inputs.end()
      lost.dismiss()
    },
  }
}

/** An answer that needs no waiting; what it throws is a rejection all the same. */
function atOnce<Given extends unknown[], T>(answer: (...given: Given) => T): (...given: Given) => Promise<T> {
  return (...given) => new Promise((resolve) => resolve(answer(...given)))
}
