import { dialog } from 'electron'
import type { BrowserWindow } from 'electron'
import type { Reply } from '../contract/contract.ts'
import type { Job, RunDetail, RunSummary } from '../contract/schemas.ts'
import type { RunningJobs } from './electron-jobs.ts'
import type { Supervisor } from './supervise.ts'

/** Asks before the window closes only where closing would cost something: an adaptation or a cohort at work, a decision of this launch that
 *  nothing exported shows yet. The returned function gives whether to close. */
export function guardClose(window: BrowserWindow, supervisor: Supervisor, jobs: RunningJobs): () => Promise<boolean> {
  // Who left a decision as it was in an earlier launch is not asked again.
  const earlier = undecidedRuns(supervisor)
  return async () => {
    const job = jobs.atWork()
    if (job && !(await mayStop(window, job))) return false
    if (supervisor.state() !== 'ready') return true
    const known = new Set((await earlier).map(({ id }) => id))
    const undecided = (await undecidedRuns(supervisor)).filter(({ id }) => !known.has(id))
    return undecided.length === 0 || (await settle(window, supervisor, undecided))
  }
}

async function mayStop(window: BrowserWindow, { kind }: Job): Promise<boolean> {
  const isCohort = kind === 'evaluate'
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: isCohort ? 'A cohort is still being evaluated.' : 'An adaptation is still going on.',
    detail: isCohort
      ? 'The cases that are done are on disk, and it goes on there the next time.'
      : 'Its run is on disk up to the last step and can be resumed the next time.',
    buttons: ['Stop and close', 'Cancel'],
    defaultId: 1,
    cancelId: 1,
  })
  return response === 0
}

async function undecidedRuns(supervisor: Supervisor): Promise<RunSummary[]> {
  const reply = (await supervisor.call('run.list', {}, {})) as Reply<RunSummary[]>
  return reply.ok ? reply.value.filter(({ isUnsaved }) => isUnsaved) : []
}

/** Decisions are on record the moment they are made: to save them is to leave them. */
async function settle(window: BrowserWindow, supervisor: Supervisor, runs: readonly RunSummary[]): Promise<boolean> {
  const many = runs.length === 1 ? 'One run has' : `${runs.length} runs have`
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: `${many} a decision of yours that nothing exported shows yet.`,
    detail:
      'Save keeps it on record. Discard takes it back: what was exported last, or else the guard’s own choice, stands again.',
    buttons: ['Save', 'Discard', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
  })
  if (response === 1) for (const { id } of runs) await takeBack(supervisor, id)
  return response !== 2
}

/** To what the exported files show, however many decisions and undone ones lie between. */
async function takeBack(supervisor: Supervisor, run: string): Promise<void> {
  const call = (name: string): Promise<Reply<RunDetail>> =>
    supervisor.call(name, { run }, {}) as Promise<Reply<RunDetail>>
  const detail = await call('run.read')
  if (!detail.ok || !detail.value.isUnsaved) return
  const { saved } = detail.value
  if (saved === null || saved === undefined) return void (await call('run.undo'))
  await supervisor.call('run.keep', { run, to: saved }, {})
}
