/** What this process works on, told to the process after it: a note on disk that a killed worker leaves behind. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { AppState, Job } from '../contract/schemas.ts'
import { readState, writeState } from './state-files.ts'

const Note = z.object({
  run: z.string().nullable(),
  cohort: z.string().nullable().optional(),
  title: z.string(),
  pid: z.number(),
})

type Lost = AppState['lost']

export type LostNotice = {
  get(): Lost
  /** Told of every job, so that the note is there as long as a run or a cohort is at work. */
  follow(job: Job): void
  dismiss(): void
}

/** `runs`: the folder of run folders. */
export function openLost(path: string, runs: string): LostNotice {
  const note = Note.safeParse(readState(path)).data
  let lost = note && !isRunning(note.pid) ? note : null
  /** Another process over the same folder may have its own note there. */
  const isTaken = (): boolean => {
    const pid = Note.safeParse(readState(path)).data?.pid
    return pid !== undefined && isRunning(pid)
  }
  let noted = ''
  return {
    get: () => lost && noticeOf(lost, runs),
    follow({ kind, id, run, cohort, title, state }) {
      if (kind !== 'adapt' && kind !== 'evaluate') return
      const isOver = state !== 'running' && state !== 'cancelling'
      const key = isOver ? '' : `${id} ${run}`
      if (key === noted) return
      noted = key
      try {
        if (isTaken()) return
        if (isOver) rmSync(path, { force: true })
        else writeState(path, { run, cohort: cohort ?? null, title, pid: process.pid })
      } catch (error) {
        // A run must not end because of this note: without it, only the notice of its loss would be missing.
        console.error(error)
      }
    },
    dismiss() {
      lost = null
      if (!noted && !isTaken()) rmSync(path, { force: true })
    },
  }
}

function noticeOf({ run, cohort, title }: z.output<typeof Note>, runs: string): Lost {
  if (cohort)
    return {
      run: null,
      cohort,
      message:
        'Scanbridge stopped in the middle of a cohort. The cases that were done are on disk, and it can go on there.',
    }
  if (run !== null && existsSync(join(runs, run)))
    return {
      run,
      message: `Scanbridge stopped in the middle of "${title}". Its finished steps are on disk; the step at work was lost.`,
    }
  return { run: null, message: `Scanbridge stopped before "${title}" had left anything on disk. Start it again.` }
}

/** Another window's worker over the same folder is not lost. */
function isRunning(pid: number): boolean {
  if (pid === process.pid) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
