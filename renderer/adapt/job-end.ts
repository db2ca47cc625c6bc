import type { Job } from '../../main/contract/schemas.ts'
import type { Workspace } from '../lib/workspace.svelte.ts'

/** The job as it ended. A job that nobody knows any more is taken for done: what it came to tells. */
export function jobEnd(workspace: Workspace, id: string): Promise<Job | undefined> {
  const now = workspace.jobs.find((job) => job.id === id)
  if (now && hasEnded(now)) return Promise.resolve(now)
  return new Promise((resolve) => {
    const stop = workspace.listen(({ event, payload }) => {
      const isIt = event === 'job' && payload.id === id && hasEnded(payload)
      const isGone = event === 'worker' && payload.state === 'ready'
      if (!isIt && !isGone) return
      stop()
      resolve(isIt ? payload : undefined)
    })
  })
}

function hasEnded({ state }: Job): boolean {
  return state !== 'running' && state !== 'cancelling'
}
