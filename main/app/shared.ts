/** What the two halves of the service share: inputs, state and settings on one side, runs on the other. */
import type { Event, AppHandlers } from '../contract/contract.ts'
import type { InputSummary, Job, OptionValue, Settings, VolumeRef } from '../contract/schemas.ts'
import type { CohortStore } from './cohort-files.ts'
import type { EngineRoom } from './engine-room.ts'
import type { Work } from './progress.ts'
import type { Home } from './state-files.ts'
import type { LoadedVolume, OpenedStudy } from './study.ts'

/** Makes the built-in sample: fixtures/simulate.ts's, at once or in a thread. `out` is a folder that is not there yet. */
export type Simulate = (options: {
  readonly scanner: string
  readonly subject: number
  readonly out: string
}) => unknown

export type JobRequest = {
  readonly kind: Job['kind']
  readonly title: string
  readonly input?: string
  readonly run?: string
  readonly cohort?: string
}

/** The job as its own work sees it. */
export type JobHandle = {
  readonly id: string
  /** What it came to. */
  setInput(id: string): void
  setRun(id: string): void
  setCohort(id: string): void
}

/**
 * Everything that takes a while. Kinds 'adapt', 'evaluate', 'forecast', 'predict' and 'self-test' need the machine for
 * themselves: `start` throws a UserError 'busy' while another of them runs. 'check' and the rest go on beside.
 */
export type Jobs = {
  /**
   * `work` reports through `onProgress` as often as it likes: events are throttled. It ends done, failed (the error is
   * shown) or, where the signal was aborted, cancelled. `work` begins after this returned.
   */
  start(request: JobRequest, work: (work: Work, job: JobHandle) => Promise<void>): Job
  list(): Job[]
  /** The one of these kinds that is at work. */
  running(...kinds: Job['kind'][]): Job | undefined
  /** When the job has ended, however. */
  ended(id: string): Promise<Job>
  cancel(id: string): void
  dismiss(id: string): void
}

/** A folder, file or archive that is open. */
export type OpenInput = {
  readonly id: string
  readonly name: string
  readonly study: OpenedStudy
  /** PATH of the mask that lies with it, as the sample has one. */
  readonly referencePath: string | undefined
  readonly summary: InputSummary
}

/** A scan by its content. */
export type SoughtScan = { readonly seriesHash: string; readonly shape: readonly number[] }

export type Inputs = {
  list(): InputSummary[]
  /** Throws UserError 'scan-closed'. After the worker died the files' headers are read anew: this waits for them. */
  get(id: string): Promise<OpenInput>
  /** Voxels in modality units; the last used ones stay in memory. Throws UserError. */
  volume(ref: VolumeRef): Promise<LoadedVolume>
  /** The seriesHash of run.json. Told to the recents, so that a run finds its scan again. */
  hash(ref: VolumeRef): Promise<string>
  /** An open scan with this seriesHash, as far as hashes are known. */
  byHash(seriesHash: string): VolumeRef | undefined
  /** The same, computing the hashes of open volumes of this shape where none is known to have it. */
  find(seriesHash: string, shape: readonly number[]): Promise<VolumeRef | undefined>
  /** A job of kind 'open'. `scan`: a volume that is looked for in it before the job ends, so that it is found by its hash. */
  open(path: string, name: string, scan?: SoughtScan): Job
  /** A job of kind 'open'. */
  reopen(recent: string): Job
  /** After an input was opened, with the volume most likely wanted: time to warm up. */
  onOpened(listener: (input: OpenInput) => void): void
}

type KnownScan = { readonly recent: string; readonly scan: VolumeRef }

export type Recents = {
  /** The scan of a run, from earlier. */
  byHash(seriesHash: string): KnownScan | undefined
  /** In each place that it was opened from, the last one first. */
  withHash(seriesHash: string): KnownScan[]
  /** Throws UserError where it is not where it was. */
  checkThere(recent: string): Promise<void>
}

export type Shared = {
  readonly home: Home
  readonly emit: (event: Event) => void
  readonly simulate: Simulate
  readonly now: () => Date
  readonly jobs: Jobs
  readonly inputs: Inputs
  readonly recents: Recents
  readonly cohorts: CohortStore
  /** Made when it is first asked for: heavy to import. */
  readonly room: () => Promise<EngineRoom>
  settings(): Settings
}

/** A run to be started, with the path of its reference; its scan is opened as its work begins. */
export type StartRequest = {
  readonly model: string
  readonly method: string
  readonly options: Readonly<Record<string, OptionValue>>
  readonly seed: number
  readonly guard: boolean
  readonly reference: string | undefined
  readonly open: (work: Work) => Promise<VolumeRef>
}

/** The calls that main/app/run-service.ts answers. */
export type RunCall =
  | 'app.about'
  | 'model.list'
  | 'method.list'
  | Extract<keyof AppHandlers, `adapt.${string}` | `run.${string}` | `export.${string}` | `engine.${string}`>
export type RunHandlers = Pick<AppHandlers, RunCall> & {
  /** An ordinary run on a scan that is yet to be opened. */
  readonly start: (request: StartRequest) => { readonly run: string; readonly job: string }
  /** Work has ended by then: jobs are cancelled and awaited first. */
  close(): Promise<void>
}
