import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { UserError } from '../errors.ts'
import { engineFolder, locate } from './files.ts'
import { installEngine } from './install-files.ts'

const oneDayMs = 86_400_000

/** Part of every start of a checkout: installs the CPU engine where it is not there yet. Never throws for what the machine
 *  lacks: it says so in one line, and the wasm engine does the work. A failure is remembered for a day, since pip takes its
 *  time to find out that there is no network. */
export async function setUpEngine(say: (message: string) => void): Promise<void> {
  if ('folder' in locate('cpu')) return
  const memory = `${engineFolder('cpu')}.failed.json`
  const failed = recall(memory)
  if (failed) return say(failed)
  try {
    await installEngine('cpu', { say })
    rmSync(memory, { force: true })
  } catch (error) {
    const message = error instanceof UserError ? error.message : `The cpu engine could not be set up: ${String(error)}`
    remember(memory, message)
    say(message)
  }
}

function recall(path: string): string | undefined {
  try {
    const { when, message } = JSON.parse(readFileSync(path, 'utf8')) as { when: number; message: string }
    return Date.now() - when < oneDayMs ? message : undefined
  } catch {
    // No failure on record, or one that was cut off: try.
    return undefined
  }
}

function remember(path: string, message: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, JSON.stringify({ when: Date.now(), message }))
  } catch {
    // A cache that cannot be written is itself the failure that was just reported.
  }
}
