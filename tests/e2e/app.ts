import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { buildPage } from '../../build/page.mjs'
import type { Settings } from '../../main/contract/schemas.ts'
import { browser } from './browser.ts'

const main = join(import.meta.dirname, '../../main/cli/main.ts')
const screenshots = join(import.meta.dirname, 'screenshots')

export type Window = {
  readonly page: Page
  /** A picture of the window among tests/e2e/screenshots. */
  readonly shot: (name: string) => Promise<void>
  /** What no window may ever have: errors of scripts, refusals of the content policy, requests to elsewhere. */
  readonly faults: string[]
  readonly close: () => Promise<void>
}

export type App = {
  /** The app's own folder, with its runs. */
  readonly home: string
  readonly address: string
  readonly open: (options?: WindowOptions) => Promise<Window>
  readonly killWorker: () => void
  readonly stderr: () => string
  /** Ctrl-C. */
  readonly close: () => Promise<void>
}

type AppOptions = {
  /** A folder of models beside the shipped ones. */
  readonly models?: string
  readonly settings?: Partial<Settings>
}
type WindowOptions = { readonly width?: number; readonly height?: number; readonly scheme?: 'light' | 'dark' }

/** `scanbridge serve` as a user starts it, over a home of its own that is deleted at the end. */
export async function startApp(args: readonly string[] = [], { models, settings }: AppOptions = {}): Promise<App> {
  await buildPage()
  const home = mkdtempSync(join(tmpdir(), 'scanbridge-e2e-'))
  if (settings) writeFileSync(join(home, 'settings.json'), JSON.stringify(settings))
  const env = { ...process.env, ...(models && { SCANBRIDGE_MODELS: models }), SCANBRIDGE_HOME: home }
  const child = spawn(process.execPath, [main, 'serve', '--no-open', '--json', ...args], { env, cwd: tmpdir() })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  // Nothing outlives a test that failed half-way.
  const end = (): boolean => child.kill('SIGINT')
  process.once('exit', end)
  await until(() => stdout.includes('\n') || child.exitCode !== null, 'the address')
  if (child.exitCode !== null) throw new Error(stderr)
  const { address } = JSON.parse(stdout) as { address: string }
  return {
    home,
    address,
    open: (options) => openWindow(address, options),
    killWorker() {
      for (const pid of children(child.pid!))
        if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('host/worker')) process.kill(pid, 'SIGKILL')
    },
    stderr: () => stderr,
    async close() {
      process.off('exit', end)
      end()
      await ended
      rmSync(home, { recursive: true, force: true })
    },
  }
}

async function openWindow(address: string, options: WindowOptions = {}): Promise<Window> {
  const { width = 1440, height = 900, scheme = 'dark' } = options
  const context = await browser!.newContext({
    viewport: { width, height },
    colorScheme: scheme,
    acceptDownloads: true,
    // A headless Chromium without one reports a locale that no Intl knows, and charts fall back to tables.
    locale: 'en-US',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(30_000)
  const faults: string[] = []
  page.on('pageerror', (error) => faults.push(error.stack ?? error.message))
  page.on('console', (message) => {
    const isAnswer = message.text().startsWith('Failed to load resource')
    if (!isAnswer && (message.type() === 'error' || message.type() === 'warning'))
      faults.push(`${message.type()}: ${message.text()}`)
  })
  page.on('response', (response) => {
    if (response.status() < 400) return
    const request = `${response.url()} ${response.request().postData() ?? ''}`
    void response.text().then(
      (text) => faults.push(`${response.status()} ${request}: ${text}`),
      () => {},
    )
  })
  const { origin } = new URL(address)
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(`${origin}/`) && !/^(blob|data):/.test(url)) faults.push(`request to ${url}`)
  })
  await page.goto(address)
  return {
    page,
    faults,
    async shot(name) {
      mkdirSync(screenshots, { recursive: true })
      await page.screenshot({ path: join(screenshots, `${name}.png`) })
    },
    async close() {
      await context.close()
      expect(faults).toEqual([])
    },
  }
}

/** What a test file opened, also where its window has had faults; `place`: the folder of its files. */
export async function closeAll(window: Window, app: App, place: string): Promise<void> {
  try {
    await window.close()
  } finally {
    await app.close()
    await browser!.close()
    rmSync(place, { recursive: true, force: true })
  }
}

/** The folders of the app's runs, oldest first. */
export function runFolders(home: string): string[] {
  const runs = join(home, 'runs')
  return readdirSync(runs)
    .sort()
    .map((name) => join(runs, name))
}

/** What a user would wait for. */
export function eventually<T>(value: () => T, ms = 30_000): ReturnType<typeof expect.poll<T>> {
  return expect.poll(value, { timeout: ms })
}

export async function until(isSo: () => boolean | Promise<boolean>, what: string, ms = 60_000): Promise<void> {
  for (const began = Date.now(); !(await isSo()); await new Promise((resolve) => setTimeout(resolve, 50)))
    if (Date.now() - began > ms) throw new Error(`waited ${ms / 1000} s for ${what}`)
}

/** The processes that a process has forked. */
function children(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
}
