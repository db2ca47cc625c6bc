/** What is open, on disk: a worker that was killed leaves it to the next one. */
import { rmSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { z } from 'zod'
import { InputSummary } from '../contract/schemas.ts'
import { isGone, isThisProcess, thisProcess } from '../runs/process-files.ts'
import { RunRecord } from '../runs/run.ts'
import { readState, writeState } from './state-files.ts'

const Opened = z.object({
  path: z.string(),
  summary: InputSummary,
  /** How often it was tried to open it again without coming through. */
  tries: z.number(),
})
type Opened = z.infer<typeof Opened>
/** Whose it is. */
const Row = Opened.extend({ process: RunRecord.shape.process })
type Row = z.infer<typeof Row>

export type Session = {
  /** As the last process left it. */
  readonly left: readonly Opened[]
  write(opened: readonly Opened[]): void
  end(): void
}

/** Something that ends the process each time it is opened must not do so for ever. */
const mostTries = 2

/** Another process over the same folder keeps its own there: what it has open is neither taken over nor deleted. */
export function openSession(path: string): Session {
  const read = (): Row[] => {
    const rows = z.array(z.unknown()).safeParse(readState(path))
    return (rows.data ?? []).flatMap((row) => Row.safeParse(row).data ?? [])
  }
  const others = (): Row[] => read().filter(({ process }) => process && !isThisProcess(process) && !isGone(process))
  return {
    left: read().filter((row) => row.tries < mostTries && !others().some((one) => isDeepStrictEqual(one, row))),
    write(opened) {
      const process = thisProcess()
      writeState(path, [...others(), ...opened.map((one) => ({ ...one, process }))])
    },
    end() {
      const left = others()
      if (left.length > 0) writeState(path, left)
      else rmSync(path, { force: true })
    },
  }
}
