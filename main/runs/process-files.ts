import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { RunRecord } from './run.ts'

type Writer = NonNullable<RunRecord['process']>

export function thisProcess(): Writer {
  return { machine: thisMachine(), pid: process.pid, started: processStart(process.pid) }
}

export function isThisProcess(writer: Writer | undefined): boolean {
  const own = thisProcess()
  return writer?.machine === own.machine && writer.pid === own.pid && writer.started === own.started
}

/** Whether the process that wrote a run has ended. On another machine (a shared disk) nobody can tell: false. */
export function isGone(writer: Writer | undefined): boolean {
  if (writer?.machine !== thisMachine()) return false
  return !isAlive(writer.pid) || processStart(writer.pid) !== writer.started
}

/** Hashed: a host's name tells where a scan was made. */
function thisMachine(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 12)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Start time of a process in clock ticks since boot (proc(5), field 22), so that a number used again is told apart. */
function processStart(pid: number): string | null {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return null
  const stat = readFileSync(file, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
}
