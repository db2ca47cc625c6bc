import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { engineFolder, locate } from './files.ts'
import { InstallError } from './install-error.ts'
import { installEngine } from './install-files.ts'

const oneDayMs = 86_400_000

/** Part of every start of a checkout: installs the CPU engine where it is not there yet. Never throws for what the machine
 *  lacks: it says so in one line, and the wasm engine does the work. A failure is remembered for a day, since pip takes its
 *  time to find out that there is no network. */
export async function setUpEngine(say: (message: string) => void): Promise<void> {
  if ('folder' in locate('cpu')) return
  const memory = `${engineFolder('cpu')}.failed.json`
  const failed = recall(memory)
  if (failed) return say(fallback(failed))
  try {
    await installEngine('cpu', { say })
  } catch (error) {
    const reason = error instanceof InstallError ? error.message : `its set-up failed (${String(error)})`
    remember(memory, reason)
    say(fallback(reason))
  }
}

/** After an install that was asked for and worked. */
export function forgetFailure(): void {
  rmSync(`${engineFolder('cpu')}.failed.json`, { force: true })
}

const fallback = (reason: string): string =>
  `The fast CPU engine is not set up: ${reason}. The slower wasm engine is used; ` +
  'once that is remedied, run: npm run -s scanbridge -- engine install'

function recall(path: string): string | undefined {
  try {
    const { when, reason } = JSON.parse(readFileSync(path, 'utf8')) as { when: number; reason: string }
    return Date.now() - when < oneDayMs ? reason : undefined
  } catch {
    // No failure on record, or one that was cut off: try.
    return undefined
  }
}

function remember(path: string, reason: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, JSON.stringify({ when: Date.now(), reason }))
  } catch {
    // A cache that cannot be written is itself the failure that was just reported.
  }
}
