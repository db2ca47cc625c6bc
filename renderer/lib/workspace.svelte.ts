/** What all views share: what is open, what runs, what is selected. Passed by context. */
import { getContext, setContext } from 'svelte'
import type { Event } from '../../main/contract/contract.ts'
import type {
  AppState,
  ErrorShape,
  HostInfo,
  InputSummary,
  Job,
  JournalLine,
  MethodSummary,
  ModelSummary,
  Pick,
  RecentSummary,
  RunDetail,
  RunSummary,
  SeriesSummary,
  Settings,
  VolumeRef,
} from '../../main/contract/schemas.ts'
import { CallError, call, on, pickDropped } from './client.ts'
import { Latest } from './latest.ts'
import { readPlace, writePlace } from './place.ts'
import type { View } from './place.ts'
import { isSameScan, loadMask, loadScan } from './scan.ts'
import type { Mask, MaskOf, Scan } from './scan.ts'
import { masksThatStay, withLines } from './shown-run.ts'

/** Something to tell: shown in a corner, never in the way. */
export type Notice = {
  readonly id: number
  readonly kind: 'error' | 'info' | 'good'
  readonly message: string
  readonly remedy: string
}

/** The parts of the Engine page. */
export type AboutTab = 'engine' | 'models' | 'settings' | 'keys' | 'about'

export type { View } from './place.ts'

const key = Symbol('workspace')

export function useWorkspace(): Workspace {
  return getContext<Workspace>(key)
}

export class Workspace {
  view: View = $state('library')
  host: HostInfo | undefined = $state.raw()
  app: AppState | undefined = $state.raw()
  isConnected = $state(true)
  /** Why the host does not let this window in; nothing but another address helps. */
  refusal: ErrorShape | undefined = $state.raw()
  worker: HostInfo['worker'] = $state('starting')
  /** What a worker that died said at its end. */
  workerMessage = $state('')
  aboutTab: AboutTab = $state('engine')
  /** What the host's own chooser looks for, while it is open. */
  browsing: 'folder' | 'file' | undefined = $state()
  recents: readonly RecentSummary[] | undefined = $state.raw()
  /** Dropped files on their way to the loopback host. */
  upload: { readonly name: string; readonly share: number } | undefined = $state.raw()
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

  /** The host has answered. */
  readonly isReady: boolean = $derived(this.app !== undefined)
  readonly settings: Settings | undefined = $derived(this.app?.settings)
  readonly inputs: readonly InputSummary[] = $derived(this.app?.inputs ?? [])
  readonly jobs: readonly Job[] = $derived(this.app?.jobs ?? [])
  readonly adapting: Job | undefined = $derived(
    this.jobs.find(({ kind, state }) => kind === 'adapt' && (state === 'running' || state === 'cancelling')),
  )
  readonly working: readonly Job[] = $derived(this.jobs.filter(isAtWork))
  readonly input: InputSummary | undefined = $derived(this.inputs.find(({ id }) => id === this.scanRef?.input))
  readonly series: SeriesSummary | undefined = $derived(
    this.input?.series.find(({ uid }) => uid === this.scanRef?.series),
  )

  private titles: Readonly<Record<string, string>> = $state.raw({})
  /** Steps of the run at work since this window listens: a run that is read meanwhile may lack the last of them. */
  private told: { readonly run: string; readonly lines: readonly JournalLine[] } = { run: '', lines: [] }
  private readonly choices = new Latest()
  private readonly scans = new Latest()
  /** The scan on its way. */
  private loading: Promise<void> | undefined
  private noticeCount = 0
  /** This window is where it was before its reload. */
  private isRestored = $state(false)
  private restoring: Promise<void> | undefined
  private waiting: readonly { readonly job: string; readonly then: (job: Job) => void }[] = []

  constructor() {
    setContext(key, this)
    // A reload comes back to its place at once, though the app may take a moment to answer.
    this.view = readPlace()?.view ?? 'library'
  }

  /** Begins to follow the host; returns what ends it. */
  start(): () => void {
    return on(
      (event) => this.receive(event),
      (isConnected, refusal) => {
        this.isConnected = isConnected
        this.refusal = refusal
        if (isConnected) void this.guard(this.refresh())
      },
    )
  }

  /** Everything from the host again: after a reload, a gap in the events, a restart of the worker. */
  async refresh(): Promise<void> {
    const shown = this.run?.id
    this.host = await call('host.info', {})
    this.worker = this.host.worker
    const [app, models, runs] = await Promise.all([call('app.state', {}), call('model.list', {}), call('run.list', {})])
    this.app = app
    this.models = models
    this.runs = runs
    this.worker = 'ready'
    void this.guard(this.readRecents())
    void this.guard(this.readMethodTitles(app.settings.model))
    for (const job of app.jobs) this.settle(job)
    if (this.run?.id === shown) await this.followRuns(runs)
    if (this.scanError) await this.showScan(this.scanRef)
    if (this.isRestored) return
    this.restoring ??= this.restore().finally(() => (this.restoring = undefined))
    await this.restoring
  }

  /** A window that was reloaded is where it was; a new one begins with what the host was started for. */
  private async restore(): Promise<void> {
    const place = readPlace()
    if (!place) {
      this.isRestored = true
      if (this.host?.open) await this.open(this.host.open)
      else if (this.host?.opensSample && !this.inputs.some(({ isSample }) => isSample)) await this.openSample()
      return
    }
    // A run that has only just begun may not be in the place yet.
    const run = place.run ?? (place.view === 'adapt' ? (this.adapting?.run ?? null) : null)
    const isListed = this.runs?.some(({ id }) => id === run)
    // The runs of cohorts are in no list.
    const hasRun = run !== null && (isListed || (await call('run.read', { run }).then(Boolean, () => false)))
    const hasScan = this.inputs.some(({ id }) => id === place.scan?.input)
    if (hasScan) this.scanRef = place.scan
    if (hasRun) await this.selectRun(run)
    if (hasScan) await this.selectScan(place.scan)
    else if (!hasRun && !isPage(this.view)) this.view = 'library'
    this.isRestored = true
  }

  /** Where this window is, kept for its reload. Reads what it stores, so that an effect can follow it. */
  rememberPlace(): void {
    const place = { view: this.view, scan: this.scanRef, run: this.run?.id ?? null }
    if (this.isRestored) writePlace(place)
  }

  private async readMethodTitles(model: string): Promise<void> {
    const methods = await this.methods(model)
    this.titles = Object.fromEntries(methods.map(({ name, title }) => [name, title]))
  }

  /** As people call a method. */
  methodTitle(name: string): string {
    return name === 'source' ? 'Segmentation' : (this.titles[name] ?? name).replace(' (recommended)', '')
  }

  async readRecents(): Promise<void> {
    this.recents = await call('input.recents', {})
  }

  /** By the system's dialog where there is one, by the chooser of the Library otherwise. */
  async choose(kind: 'folder' | 'file'): Promise<void> {
    if (this.host?.picker === 'browser') {
      this.view = 'library'
      this.browsing = kind
      return
    }
    const pick = await call('pick.dialog', { kind })
    if (pick) await this.open(pick)
  }

  /** Opens what was picked; the window shows it once it is read. */
  async open(pick: Pick): Promise<void> {
    this.show(await call('input.open', { pick: pick.pick }))
  }

  async openSample(): Promise<void> {
    this.show(await call('input.sample', {}))
  }

  async reopen(recent: string): Promise<void> {
    this.show(await call('input.reopen', { recent }))
  }

  /** What was dropped, as a pick: the loopback host gets the files first. */
  async takeDropped(files: Parameters<typeof pickDropped>[0], name: string): Promise<Pick> {
    try {
      this.upload = { name, share: 0 }
      return await pickDropped(files, name, (share) => (this.upload = { name, share }))
    } finally {
      this.upload = undefined
    }
  }

  /** The run with its scan, which is opened where it is not open yet. */
  async openRun(id: string): Promise<void> {
    const run = await this.selectRun(id)
    if (!run) return
    this.view = run.state === 'done' && run.method !== 'source' ? 'compare' : 'adapt'
    if (run.scan) return
    await this.showScan(null)
    if (!run.canOpenScan) return
    const { job } = await call('run.open', { run: id })
    this.follow(job, () => {
      if (this.run?.id === id) void this.guard(this.selectRun(id))
    })
  }

  /** The run again, with its own settings; its scan is opened for it where that is not open. Whether it has begun. */
  async resumeRun(id: string): Promise<boolean> {
    const run = await call('run.read', { run: id })
    if (!run.scan && run.canOpenScan) {
      const { state } = await this.ended((await call('run.open', { run: id })).job)
      if (state !== 'done') return false
    }
    const started = await call('run.resume', { run: id })
    if (await this.selectRun(started.run)) this.view = 'adapt'
    return true
  }

  /** Shows what a job opens, once it is read. */
  show({ job }: { readonly job: string }): void {
    this.follow(job, ({ input }) => {
      if (input) void this.guard(this.showInput(input))
    })
  }

  /** Its first volume is on screen at once where there is no doubt which that is; otherwise the reader chooses. */
  private async showInput(id: string): Promise<void> {
    this.app = await call('app.state', {})
    const input = this.inputs.find((one) => one.id === id)
    if (this.scanRef?.input === id) await this.rereadScan()
    if (!input?.suggested) return
    if (input.isSample || input.series.length === 1) this.view = 'reader'
    await this.selectScan(input.suggested)
  }

  /** What is on screen was opened anew: other voxels may lie there now, of which the run on screen knows nothing. */
  private async rereadScan(): Promise<void> {
    this.scan = undefined
    this.loading = undefined
    // Another object, so that views that follow the scan look at it anew.
    const scan = this.showScan(this.scanRef && { ...this.scanRef })
    await this.rereadRun()
    if (this.run && !isSameScan(this.run.scan, this.scanRef)) this.dropRun()
    await scan
  }

  /** Calls back once the job has ended well, be that before or after this call. */
  follow(job: string, then: (job: Job) => void): void {
    void this.ended(job).then((ended) => {
      if (ended.state === 'done') then(ended)
    })
  }

  /** The job as it ended, however it ended. */
  private ended(job: string): Promise<Job> {
    const known = this.jobs.find(({ id }) => id === job)
    if (known && !isAtWork(known)) return Promise.resolve(known)
    return new Promise((then) => (this.waiting = [...this.waiting, { job, then }]))
  }

  /** Whether somebody waited for its end. */
  private settle(job: Job): boolean {
    if (isAtWork(job)) return false
    const its = this.waiting.filter((one) => one.job === job.id)
    this.waiting = this.waiting.filter((one) => one.job !== job.id)
    for (const { then } of its) then(job)
    return its.length > 0
  }

  async closeInput(id: string): Promise<void> {
    if (this.scanRef?.input === id) {
      await this.selectScan(null)
      this.closeRun()
    }
    await call('input.close', { input: id })
  }

  /** The volume before (-1) or after (1) the one on screen, over all that is open. */
  async stepVolume(step: -1 | 1): Promise<void> {
    const all = this.inputs.flatMap(volumesOf)
    const at = all.findIndex((ref) => isSameScan(ref, this.scanRef))
    const next = all[at === -1 ? 0 : at + step]
    if (next) await this.selectScan(next)
  }

  /** What a reader chose; a run that is still being read does not take its place. */
  async selectScan(ref: VolumeRef | null): Promise<void> {
    this.choices.next()
    await this.showScan(ref)
  }

  private async showScan(ref: VolumeRef | null): Promise<void> {
    const isShown = isSameScan(ref, this.scanRef)
    if (isShown && this.scan) return
    if (isShown && this.loading) return this.loading
    const isWanted = this.scans.next()
    this.scanRef = ref
    this.scan = undefined
    this.scanError = undefined
    this.loading = ref ? this.readScan(ref, isWanted) : undefined
    await this.loading
  }

  private async readScan(ref: VolumeRef, isWanted: () => boolean): Promise<void> {
    try {
      const scan = await loadScan(ref)
      if (isWanted()) this.scan = scan
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (isWanted()) this.scanError = error
    } finally {
      if (isWanted()) this.loading = undefined
    }
    // The masks on screen belong to another scan now.
    if (isWanted() && this.run && !isSameScan(this.run.scan, ref)) this.dropRun()
  }

  /** Shows a run with its scan, where that is open; undefined where the reader chose something else meanwhile. */
  async selectRun(id: string): Promise<RunDetail | undefined> {
    const isWanted = this.choices.next()
    const run = await call('run.read', { run: id })
    if (!isWanted()) return undefined
    this.showRun(run)
    if (run.scan) await this.showScan(run.scan)
    return this.run?.id === id ? this.run : undefined
  }

  /** The run on screen again; the scan on screen stays. */
  async rereadRun(): Promise<void> {
    const id = this.run?.id
    if (id === undefined) return
    const run = await call('run.read', { run: id })
    if (this.run?.id !== id) return
    this.showRun(run)
    if (run.scan && !this.scanRef) await this.showScan(run.scan)
  }

  private showRun(run: RunDetail): void {
    this.masks = masksThatStay(this.masks, this.run, run)
    this.run = withLines(run, this.told.run === run.id ? this.told.lines : [])
  }

  closeRun(): void {
    this.choices.next()
    this.dropRun()
  }

  private dropRun(): void {
    this.run = undefined
    this.masks = []
  }

  /** A mask of the run on screen; the same object when it was asked for before. */
  async mask(of: MaskOf): Promise<Mask> {
    const { id, kept } = this.run!
    const known = this.masks.find((mask) => mask.of === of && mask.run === id)
    if (known) return known
    const mask = await loadMask(id, of)
    // What is kept may have become another while the mask was on its way.
    const isStill = this.run?.id === id && (of !== 'kept' || this.run.kept === kept)
    if (isStill) this.masks = [...this.masks.filter((other) => other.of !== of), mask]
    return mask
  }

  /** A decision changed the run. */
  async replaceRun(run: RunDetail): Promise<void> {
    if (this.run?.id === run.id) this.showRun(run)
    this.runs = await call('run.list', {})
  }

  async methods(model: string): Promise<readonly MethodSummary[]> {
    return call('method.list', { model })
  }

  async change(settings: Partial<Settings>): Promise<void> {
    if (this.app) this.app = { ...this.app, settings: { ...this.app.settings, ...settings } }
    await this.guard(call('app.settings', settings))
  }

  /** A job that was dismissed; no event tells of it. */
  forgetJob(id: string): void {
    if (this.app) this.app = { ...this.app, jobs: this.app.jobs.filter((job) => job.id !== id) }
  }

  tell(kind: Notice['kind'], message: string, remedy = ''): void {
    // The same again takes the place of the first: nobody needs to read it twice.
    const others = this.notices.filter((notice) => notice.message !== message)
    this.notices = [...others, { id: ++this.noticeCount, kind, message, remedy }]
  }

  private tellError({ code, message, remedy }: ErrorShape): void {
    // The banner about the worker says this already.
    if (code !== 'worker-lost') this.tell('error', message, remedy)
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
      this.tellError(error)
      return undefined
    }
  }

  private receive({ event, payload }: Event): void {
    switch (event) {
      case 'job':
        this.receiveJob(payload)
        break
      case 'run.step':
        this.receiveStep(payload.run, payload.line)
        break
      case 'changed':
        void this.guard(this.reread(payload.what, payload.run))
        break
      case 'worker':
        this.worker = payload.state
        this.workerMessage = payload.message
        if (payload.state === 'ready') void this.guard(this.refresh())
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
    const isFollowed = this.settle(job)
    // Another window opened anew what is on screen here.
    const isOpened = job.state === 'done' && (job.kind === 'open' || job.kind === 'sample')
    if (isOpened && !isFollowed && job.input && job.input === this.scanRef?.input) void this.guard(this.rereadScan())
    if (job.state === 'failed' && job.error) this.tellError(job.error)
  }

  private receiveStep(run: string, line: JournalLine): void {
    const before = this.told.run === run ? this.told.lines : []
    this.told = { run, lines: [...before, line] }
    if (this.run?.id === run) this.run = withLines(this.run, [line])
  }

  /** The run on screen may be another by now, its scan may be open now, or somebody deleted it. */
  private async followRuns(runs: readonly RunSummary[]): Promise<void> {
    if (!this.run) return
    if (this.run.cohort || runs.some(({ id }) => id === this.run?.id)) await this.rereadRun()
    else this.dropRun()
  }

  private async reread(what: readonly string[], run: string | undefined): Promise<void> {
    if (what.some((one) => one === 'state' || one === 'inputs' || one === 'settings'))
      this.app = await call('app.state', {})
    if (what.includes('recents')) await this.readRecents()
    if (what.includes('runs')) {
      const shown = this.run?.id
      this.runs = await call('run.list', {})
      // A run that began while the list was on its way is not in it.
      if (this.run?.id === shown && (!run || run === shown)) await this.followRuns(this.runs)
    }
  }
}

function isAtWork({ state }: Job): boolean {
  return state === 'running' || state === 'cancelling'
}

/** Library, Cohort, Runs and Engine have no viewer. */
export function isPage(view: View): boolean {
  return view === 'library' || view === 'cohort' || view === 'runs' || view === 'about'
}

export function volumesOf(input: InputSummary): readonly VolumeRef[] {
  return input.series.flatMap(({ uid, volumes }) =>
    volumes.map((_, volume) => ({ input: input.id, series: uid, volume })),
  )
}
