import chromium from '@sparticuz/chromium'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium as playwright } from 'playwright-core'
import type { Browser } from 'playwright-core'
import { withLock } from '../../build/lock.mjs'

/** A browser of the test's own, without a window; undefined where it does not start on this machine. */
async function launch(): Promise<Browser | string> {
  try {
    // Unpacked once for the machine, by one process at a time.
    const executablePath = await withLock(
      join(tmpdir(), 'scanbridge-chromium.lock'),
      () => {},
      () => chromium.executablePath(),
    )
    // The package's own list of flags turns the web's security off, which is among what is tested here. In a container there is
    // no sandbox and little shared memory.
    const args = ['--no-sandbox', '--disable-dev-shm-usage', '--font-render-hinting=none', '--force-color-profile=srgb']
    return await playwright.launch({ executablePath, args })
  } catch (error) {
    return error instanceof Error ? error.message.split('\n', 1)[0]! : String(error)
  }
}

const launched = await launch()
export const browser = typeof launched === 'string' ? undefined : launched

/** Why tests that need it are skipped, for their names. */
export const withoutBrowser = typeof launched === 'string' ? ` (skipped: no Chromium: ${launched})` : ''
