import { Notification, powerSaveBlocker } from 'electron'
import type { BrowserWindow } from 'electron'
import type { Event } from '../contract/contract.ts'
import type { Job } from '../contract/schemas.ts'

/** Adaptations and cohorts that are going on, by the events seen so far. */
export type RunningJobs = { readonly see: (event: Event) => void; readonly atWork: () => Job | undefined }

const isOver = ({ state }: Job): boolean => state !== 'running' && state !== 'cancelling'

/** While one goes on the machine does not fall asleep and the taskbar shows how far it is; its end is told to whoever
 *  looks at another window. */
export function followJobs(window: BrowserWindow): RunningJobs {
  const atWork = new Map<string, Job>()
  let blocker: number | undefined
  return {
    atWork: () => atWork.values().next().value,
    see(event) {
      if (event.event !== 'job' || !(event.payload.kind in ends)) return
      const job = event.payload
      if (isOver(job)) {
        if (atWork.delete(job.id)) tellEnd(window, job)
      } else atWork.set(job.id, job)
      if (window.isDestroyed()) return
      window.setProgressBar(atWork.size === 0 ? -1 : (job.share ?? 2))
      if (atWork.size > 0) blocker ??= powerSaveBlocker.start('prevent-app-suspension')
      else if (blocker !== undefined) {
        powerSaveBlocker.stop(blocker)
        blocker = undefined
      }
    },
  }
}

const ends: Partial<Record<Job['kind'], Partial<Record<Job['state'], string>>>> = {
  adapt: { done: 'The adaptation is done', failed: 'The adaptation has failed' },
  evaluate: { done: 'The cohort is done', failed: 'The cohort has failed' },
}

/** No names of scans: a notification may stand on a locked screen. */
function tellEnd(window: BrowserWindow, { kind, state }: Job): void {
  const title = ends[kind]?.[state]
  if (title === undefined || window.isDestroyed() || window.isFocused() || !Notification.isSupported()) return
  const notification = new Notification({ title, body: 'Open Scanbridge to see what came out.' })
  notification.on('click', () => window.show())
  notification.show()
}
