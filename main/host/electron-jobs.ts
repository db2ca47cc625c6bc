import { Notification, powerSaveBlocker } from 'electron'
import type { BrowserWindow } from 'electron'
import type { Event } from '../contract/contract.ts'
import type { Job } from '../contract/schemas.ts'

/** Adaptations that are going on, by the events seen so far. */
export type RunningJobs = { readonly see: (event: Event) => void; readonly adapting: () => Job | undefined }

const isOver = ({ state }: Job): boolean => state !== 'running' && state !== 'cancelling'

/** While an adaptation goes on the machine does not fall asleep and the taskbar shows how far it is; its end is told to whoever
 *  looks at another window. */
export function followJobs(window: BrowserWindow): RunningJobs {
  const adapting = new Map<string, Job>()
  let blocker: number | undefined
  return {
    adapting: () => adapting.values().next().value,
    see(event) {
      if (event.event !== 'job' || event.payload.kind !== 'adapt') return
      const job = event.payload
      if (isOver(job)) {
        if (adapting.delete(job.id)) tellEnd(window, job)
      } else adapting.set(job.id, job)
      if (window.isDestroyed()) return
      window.setProgressBar(adapting.size === 0 ? -1 : (job.share ?? 2))
      if (adapting.size > 0) blocker ??= powerSaveBlocker.start('prevent-app-suspension')
      else if (blocker !== undefined) {
        powerSaveBlocker.stop(blocker)
        blocker = undefined
      }
    },
  }
}

const ends: Partial<Record<Job['state'], string>> = {
  done: 'The adaptation is done',
  failed: 'The adaptation has failed',
}

/** No names of scans: a notification may stand on a locked screen. */
function tellEnd(window: BrowserWindow, { state }: Job): void {
  const title = ends[state]
  if (title === undefined || window.isDestroyed() || window.isFocused() || !Notification.isSupported()) return
  const notification = new Notification({ title, body: 'Open Scanbridge to see what came out.' })
  notification.on('click', () => window.show())
  notification.show()
}
