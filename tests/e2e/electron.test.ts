/** The desktop shell itself, where Electron's binary and a display are there: everything behind it is tested through the
 *  loopback host. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '../..')
const app = join(root, 'out/app')
const home = mkdtempSync(join(tmpdir(), 'scanbridge-electron-'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

/** Why it cannot be tried here. */
function obstacle(): string | undefined {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env
  const name = join(root, 'node_modules/electron/path.txt')
  if (!existsSync(name) || !existsSync(join(root, 'node_modules/electron/dist', readFileSync(name, 'utf8'))))
    return "Electron's binary is not installed"
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) return 'there is no display'
  return existsSync(join(app, 'main/host/electron.js')) ? undefined : 'npm run build:app has not been run'
}

const reason = obstacle()
if (reason) console.warn(`The Electron shell is not tried here: ${reason}.`)

test.skipIf(reason !== undefined)(
  'the window shows the app, reaches nothing but it, and ends with its worker',
  async () => {
    const env = { ...process.env, SCANBRIDGE_HOME: home } as Record<string, string>
    const shell = await _electron.launch({ args: [app, `--user-data-dir=${join(home, 'electron')}`], cwd: root, env })
    const page = await shell.firstWindow()
    expect(page.url()).toBe('app://scanbridge/index.html')
    expect(await page.title()).toContain('Scanbridge')
    const [bridge, node, state] = await page.evaluate(async () => {
      const { scanbridge } = globalThis as unknown as { scanbridge: Record<string, (...words: unknown[]) => unknown> }
      return [Object.keys(scanbridge).sort(), 'process' in globalThis, await scanbridge['call']!('app.state', {})]
    })
    expect(bridge).toEqual(['call', 'on', 'pickDropped'])
    expect(node).toBe(false)
    expect(state).toMatchObject({ ok: true, value: { inputs: [] } })
    const leaves = page.evaluate(() => fetch('http://127.0.0.1:9/').then(String, (error: Error) => error.name))
    expect(await leaves).toBe('TypeError')
    await page.evaluate(() => void (globalThis as unknown as { open(url: string): void }).open('https://example.com'))
    expect(shell.windows()).toHaveLength(1)
    await shell.close()
  },
)
