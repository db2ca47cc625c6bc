/** What the app knows of its runs beside their folders: they may be shared, and this is nobody else's business. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { readState, writeState } from './state-files.ts'
import type { Home } from './state-files.ts'

const Note = z.object({
  /** When its result last left the app. */
  exported: z.iso.datetime().optional(),
  /** PATH of the mask that it was compared with, to resume it. */
  reference: z.string().optional(),
})
type Note = z.infer<typeof Note>

export type RunNotes = {
  exported(run: string): string | undefined
  /** Only where the file is there still. */
  reference(run: string): string | undefined
  change(run: string, change: Partial<Note>): void
  forget(run: string): void
}

export function openRunNotes(home: Home): RunNotes {
  const path = join(home.folder, 'run-notes.json')
  let notes = new Map(Object.entries(z.record(z.string(), Note).safeParse(readState(path)).data ?? {}))
  const write = (changed: Map<string, Note>): void => {
    notes = changed
    writeState(path, Object.fromEntries(notes))
  }
  return {
    exported: (run) => notes.get(run)?.exported,
    reference(run) {
      const path = notes.get(run)?.reference
      return path !== undefined && existsSync(path) ? path : undefined
    },
    change: (run, change) => write(new Map(notes).set(run, { ...notes.get(run), ...change })),
    forget: (run) => write(new Map([...notes].filter(([id]) => id !== run))),
  }
}
