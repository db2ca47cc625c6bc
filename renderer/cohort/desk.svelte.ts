/** The cohorts, and the one that is open: its scans, its set-up, what came out. Passed by context; follows the app's events. */
import { getContext, setContext } from 'svelte'
import type {
  CohortChange,
  CohortDetail,
  CohortResult,
  CohortRows,
  CohortSetup,
  CohortSummary,
  CohortTables,
} from '../../main/contract/cohort-schemas.ts'
import type { Event } from '../../main/contract/contract.ts'
import type { Job, Pick } from '../../main/contract/schemas.ts'
import { CallError, call } from '../lib/client.ts'
import { Latest } from '../lib/latest.ts'
import type { Workspace } from '../lib/workspace.svelte.ts'
import { readCohortPlace, writeCohortPlace, type CohortTab } from './cohort-place.ts'
import { ResultView } from './result-view.svelte.ts'
import { withResult } from './results.ts'

const key = Symbol('cohorts')
/** While results arrive, tables are asked for again after so many milliseconds, or after ten times what they took. */
const tablesEveryMs = 8000

export function useCohorts(): CohortDesk {
  return getContext<CohortDesk>(key)
}

export class CohortDesk {
  list: readonly CohortSummary[] | undefined = $state.raw()
  /** The one that is open; null shows the list. */
  id: string | null = $state(null)
  tab: CohortTab = $state('scans')
  cohort: CohortDetail | undefined = $state.raw()
  results: readonly CohortResult[] = $state.raw([])
  tables: CohortTables | undefined = $state.raw()
  /** Why the open one cannot be read. */
  problem: CallError | undefined = $state.raw()
  /** The case that the pointer or the reader is at: marked in every plot and in the table. */
  marked: string | undefined = $state()
  view: ResultView = $state.raw(new ResultView())
  /** The case whose masks are looked at elsewhere: the way back. */
  trail: { readonly cohort: string; readonly result: CohortResult; readonly run: string } | undefined = $state.raw()

  readonly job: Job | undefined = $derived.by(() =>
    this.workspace.jobs.find(({ id }) => id === this.cohort?.job && this.cohort !== undefined),
  )
  readonly isRunning: boolean = $derived(this.cohort?.state === 'running')
  /** Of any cohort. */
  readonly evaluating: Job | undefined = $derived.by(() =>
    this.workspace.working.find(({ kind }) => kind === 'evaluate'),
  )

  private readonly workspace: Workspace
  /** The state of the cohort, once it is read, says which tab to show. */
  private isTabOpen = false
  private readonly choices = new Latest()
  private readonly tableReads = new Latest()
  private timer: ReturnType<typeof setTimeout> | undefined
  private tablesTookMs = 0

  constructor(workspace: Workspace) {
    setContext(key, this)
    this.workspace = workspace
    const place = readCohortPlace()
    this.id = place?.id ?? null
    this.tab = place?.tab ?? 'scans'
  }

  /** Follows the app's events until the returned function is called. */
  start(): () => void {
    const end = this.workspace.listen((event) => this.receive(event))
    return () => {
      end()
      clearTimeout(this.timer)
    }
  }

  /** Everything again: at the start, after a gap in the events, after a restart of the worker. */
  async refresh(): Promise<void> {
    this.list = await call('cohort.list', {})
    if (this.id !== null) await this.read(this.id)
  }

  rememberPlace(): void {
    writeCohortPlace({ id: this.id, tab: this.tab })
  }

  /** Opens one where its state says that there is something to do or to see. */
  async open(id: string, tab?: CohortTab): Promise<void> {
    this.workspace.view = 'cohort'
    if (this.id !== id) this.forget()
    this.id = id
    this.isTabOpen = tab === undefined
    if (tab) this.tab = tab
    await this.read(id)
  }

  close(): void {
    this.choices.next()
    this.id = null
    this.forget()
  }

  private forget(): void {
    this.cohort = undefined
    this.results = []
    this.tables = undefined
    this.problem = undefined
    this.marked = undefined
    this.view = new ResultView()
    clearTimeout(this.timer)
    this.timer = undefined
  }

  private async read(id: string): Promise<void> {
    const isWanted = this.choices.next()
    try {
      const [cohort, results] = await Promise.all([
        call('cohort.read', { cohort: id }),
        call('cohort.results', { cohort: id }),
      ])
      if (!isWanted()) return
      this.problem = undefined
      this.cohort = cohort
      if (this.isTabOpen) this.tab = cohort.state === 'draft' ? 'scans' : 'results'
      this.isTabOpen = false
      // One that was told of while the list was on its way is kept.
      this.results = this.results.reduce(withResult, results)
      if (this.results.length > 0) await this.readTables()
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (isWanted()) this.problem = error
    }
  }

  private async readTables(): Promise<void> {
    const { id } = this
    if (id === null) return
    const isWanted = this.tableReads.next()
    const began = performance.now()
    const tables = await call('cohort.tables', { cohort: id })
    this.tablesTookMs = performance.now() - began
    if (isWanted() && this.id === id) this.tables = tables
  }

  /** A cohort of what was picked; it is opened when it is there. */
  async propose(pick: Pick): Promise<void> {
    this.workspace.view = 'cohort'
    this.close()
    const { job } = await call('cohort.open', { pick: pick.pick })
    this.workspace.follow(job, ({ cohort }) => {
      if (cohort && this.id === null) void this.workspace.guard(this.open(cohort))
    })
  }

  async locate(pick: Pick): Promise<void> {
    if (this.id !== null) await call('cohort.locate', { cohort: this.id, pick: pick.pick })
  }

  async rename(name: string): Promise<void> {
    await this.take(call('cohort.rename', { cohort: this.id!, name }))
  }

  async edit(of: CohortRows, change: CohortChange): Promise<void> {
    await this.take(call('cohort.edit', { cohort: this.id!, of, change }))
  }

  async setUp(setup: CohortSetup): Promise<void> {
    await this.take(call('cohort.set-up', { cohort: this.id!, setup }))
  }

  /** The answer to a change is the cohort as it is then. */
  private async take(answer: Promise<CohortDetail>): Promise<void> {
    const cohort = await answer
    if (this.id === cohort.id) this.cohort = cohort
  }

  async forecast(): Promise<void> {
    await call('cohort.forecast', { cohort: this.id! })
  }

  /** Begins, or goes on where it was. */
  async run(id: string): Promise<void> {
    await call('cohort.run', { cohort: id })
    await this.open(id, 'results')
  }

  async copy(): Promise<void> {
    const { cohort } = await call('cohort.copy', { cohort: this.id! })
    await this.open(cohort, 'scans')
  }

  async remove(id: string): Promise<void> {
    await call('cohort.delete', { cohort: id })
    if (this.workspace.run?.cohort?.id === id) this.workspace.closeRun()
    if (this.id === id) this.close()
    this.list = this.list?.filter((one) => one.id !== id)
  }

  /** Its masks before and after, in the views for that; a case whose run was not kept is run once more. */
  async drillIn(result: CohortResult): Promise<void> {
    const { row, method, run } = result
    const cohort = this.id!
    if (run) {
      this.trail = { cohort, result, run }
      return this.workspace.openRun(run)
    }
    const started = await call('cohort.run-again', { cohort, row, method })
    this.trail = { cohort, result, run: started.run }
    if (await this.workspace.selectRun(started.run)) this.workspace.view = 'adapt'
  }

  /** From a case that was looked at to its line in the table. */
  async back(cohort: string, result: CohortResult | undefined): Promise<void> {
    if (result) this.trail = { cohort, result, run: this.workspace.run?.id ?? '' }
    if (this.id === cohort) {
      this.tab = 'results'
      this.workspace.view = 'cohort'
    } else await this.open(cohort, 'results')
  }

  /** The scan of a case that has no masks to look at. */
  async openScan({ row }: CohortResult): Promise<void> {
    this.workspace.show(await call('cohort.open-scan', { cohort: this.id!, row }))
    this.workspace.view = 'library'
  }

  private receive({ event, payload }: Event): void {
    if (event === 'cohort.result' && payload.cohort === this.id) {
      this.results = withResult(this.results, payload.result)
      this.readTablesLater()
    }
    if (event === 'changed' && payload.what.includes('cohorts')) void this.workspace.guard(this.reread(payload.cohort))
  }

  private async reread(changed: string | undefined): Promise<void> {
    this.list = await call('cohort.list', {})
    const { id } = this
    if (id === null || (changed !== undefined && changed !== id)) return
    if (!this.list.some((one) => one.id === id)) return this.close()
    await this.read(id)
  }

  private readTablesLater(): void {
    const delay = Math.max(tablesEveryMs, 10 * this.tablesTookMs)
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      void this.workspace.guard(this.readTables())
    }, delay)
  }
}
