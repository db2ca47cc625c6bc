/** What all views share: what is open, what runs, what is selected. Passed by context. */
import { getContext, setContext } from 'svelte'
import type { Event } from '../../main/contract/contract.ts'
import type {
  AppState,
  HostInfo,
  InputSummary,
  Job,
  MethodSummary,
  ModelSummary,
  RunDetail,
  RunSummary,
  SeriesSummary,
  Settings,
  VolumeRef,
} from '../../main/contract/schemas.ts'
import { CallError, call, on } from './client.ts'
import { isSameScan, loadMask, loadScan } from './scan.ts'
import type { Mask, MaskOf, Scan } from './scan.ts'

/** library, runs, about are pages; the others are modes of the workbench around the same viewer. */
export type View = 'library' | 'reader' | 'adapt' | 'compare' | 'export' | 'runs' | 'about'

/** Something to tell: shown in a corner, never in the way. */
export type Notice = {
  readonly id: number
  readonly kind: 'error' | 'info' | 'good'
  readonly message: string
  readonly remedy: string
}

const key = Symbol('workspace')

export function useWorkspace(): Workspace {
  return getContext<Workspace>(key)
}

export class Workspace {
  view: View = $state('library')
  host: HostInfo | undefined = $state.raw()
  app: AppState | undefined = $state.raw()
  isConnected = $state(true)
  models: readonly ModelSummary[] = $state.raw([])
  runs: readonly RunSummary[] | undefined = $state.raw()
  notices: readonly Notice[] = $state.raw([])

  /** The scan on screen: what is selected, and its voxels once they are here. */
  scanRef: VolumeRef | null = $state.raw(null)
  scan: Scan | undefined = $state.raw()
  /** Why the selected scan's voxels are not here. */
  scanError: CallError | undefined = $state.raw()

  /** The run that the workbench shows, read whole; it grows while the run is at work. */
  run: RunDetail | undefined = $state.raw()
  /** Masks of that run that were asked for. */
  masks: readonly Mask[] = $state.raw([])

  readonly settings: Settings | undefined = $derived(this.app?.settings)
  readonly inputs: readonly InputSummary[] = $derived(this.app?.inputs ?? [])
  readonly jobs: readonly Job[] = $derived(this.app?.jobs ?? [])
  readonly adapting: Job | undefined = $derived(
    this.jobs.find(({ kind, state }) => kind === 'adapt' && (state === 'running' || state === 'cancelling')),
  )
  readonly series: SeriesSummary | undefined = $derived.by(() => {
    const { scanRef } = this
    return this.inputs.find(({ id }) => id === scanRef?.input)?.series.find(({ uid }) => uid === scanRef?.series)
  })

  private noticeCount = 0

  constructor() {
    setContext(key, this)
  }

  /** Begins to follow the host; returns what ends it. */
  start(): () => void {
    return on(
      (event) => this.receive(event),
      (isConnected) => {
        this.isConnected = isConnected
        if (isConnected) void this.guard(this.refresh())
      },
    )
  }

  /** Everything from the host again: after a reload, a gap in the events, a restart of the worker. */
  async refresh(): Promise<void> {
    this.host = await call('host.info', {})
    const [app, models, runs] = await Promise.all([call('app.state', {}), call('model.list', {}), call('run.list', {})])
    this.app = app
    this.models = models
    this.runs = runs
    if (this.run) await this.selectRun(this.run.id)
  }

  async selectScan(ref: VolumeRef | null): Promise<void> {
    if (isSameScan(ref, this.scanRef) && this.scan) return
    this.scanRef = ref
    this.scan = undefined
    this.scanError = undefined
    if (!ref) return
    try {
      const scan = await loadScan(ref)
      if (isSameScan(ref, this.scanRef)) this.scan = scan
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (isSameScan(ref, this.scanRef)) this.scanError = error
    }
    // The masks on screen belong to another scan now.
    if (this.run && !isSameScan(this.run.scan, ref)) this.closeRun()
  }

  /** Shows a run with its scan, where that is open. */
  async selectRun(id: string): Promise<void> {
    const run = await call('run.read', { run: id })
    if (this.run?.id !== id) this.masks = []
    this.run = run
    if (run.scan) await this.selectScan(run.scan)
  }

  closeRun(): void {
    this.run = undefined
    this.masks = []
  }

  /** A mask of the run on screen; the same object when it was asked for before. */
  async mask(of: MaskOf): Promise<Mask> {
    const run = this.run!.id
    const known = this.masks.find((mask) => mask.of === of && mask.run === run)
    if (known) return known
    const mask = await loadMask(run, of)
    if (this.run?.id === run) this.masks = [...this.masks.filter((other) => other.of !== of), mask]
    return mask
  }

  /** A decision changed the run: what was kept is another mask now. */
  async replaceRun(run: RunDetail): Promise<void> {
    this.masks = this.masks.filter(({ of }) => of !== 'kept')
    this.run = run
    this.runs = await call('run.list', {})
  }

  async methods(model: string): Promise<readonly MethodSummary[]> {
    return call('method.list', { model })
  }

  async change(settings: Partial<Settings>): Promise<void> {
    if (this.app) this.app = { ...this.app, settings: { ...this.app.settings, ...settings } }
    await this.guard(call('app.settings', settings))
  }

  tell(kind: Notice['kind'], message: string, remedy = ''): void {
    this.notices = [...this.notices, { id: ++this.noticeCount, kind, message, remedy }]
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id)
  }

  /** What a view starts without waiting for it: a refusal becomes a notice, a bug stays one. */
  async guard<T>(promise: Promise<T>): Promise<T | undefined> {
    try {
      return await promise
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      this.tell('error', error.message, error.remedy)
      return undefined
    }
  }

  private receive({ event, payload }: Event): void {
    switch (event) {
      case 'job':
        this.receiveJob(payload)
        break
      case 'run.step':
        if (this.run?.id === payload.run && !this.run.journal.some((line) => isSameLine(line, payload.line)))
          this.run = { ...this.run, journal: [...this.run.journal, payload.line], steps: payload.line.step }
        break
      case 'changed':
        void this.guard(this.reread(payload.what, payload.run))
        break
      case 'worker':
        if (payload.state === 'ready') void this.guard(this.refresh())
        else this.tell('error', payload.message)
        break
      case 'run.mask':
      case 'run.preview':
        break
    }
    for (const listener of this.listeners) listener({ event, payload } as Event)
  }

  private listeners: readonly ((event: Event) => void)[] = []

  /** For views that want the events themselves (previews, masks that appear). */
  listen(listener: (event: Event) => void): () => void {
    this.listeners = [...this.listeners, listener]
    return () => {
      this.listeners = this.listeners.filter((other) => other !== listener)
    }
  }

  private receiveJob(job: Job): void {
    if (!this.app) return
    const others = this.app.jobs.filter(({ id }) => id !== job.id)
    this.app = { ...this.app, jobs: [...others, job] }
    if (job.state === 'failed' && job.error) this.tell('error', job.error.message, job.error.remedy)
  }

  private async reread(what: readonly string[], run: string | undefined): Promise<void> {
    if (what.some((one) => one === 'state' || one === 'inputs' || one === 'settings'))
      this.app = await call('app.state', {})
    if (what.includes('runs')) {
      this.runs = await call('run.list', {})
      if (run && this.run?.id === run) await this.selectRun(run)
    }
  }
}

function isSameLine(a: { step: number; phase: string }, b: { step: number; phase: string }): boolean {
  return a.step === b.step && a.phase === b.phase
}
