/** What is open, on disk: a worker that was killed leaves it to the next one. */
import { rmSync } from 'node:fs'
import { z } from 'zod'
import { InputSummary } from '../contract/schemas.ts'
import { readState, writeState } from './state-files.ts'

const Opened = z.object({
  path: z.string(),
  summary: InputSummary,
  /** How often it was tried to open it again without coming through. */
  tries: z.number(),
})
type Opened = z.infer<typeof Opened>

export type Session = {
  /** As the last process left it. */
  readonly left: readonly Opened[]
  write(opened: readonly Opened[]): void
  end(): void
}

/** Something that ends the process each time it is opened must not do so for ever. */
const mostTries = 2

export function openSession(path: string): Session {
  const rows = z.array(z.unknown()).safeParse(readState(path))
  const all = (rows.data ?? []).flatMap((row) => Opened.safeParse(row).data ?? [])
  return {
    left: all.filter(({ tries }) => tries < mostTries),
    write: (opened) => writeState(path, opened),
    end: () => rmSync(path, { force: true }),
  }
}
