import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Job } from '../contract/schemas.ts'
import { openLost } from './lost-files.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scanbridge-lost-'))
  path = join(folder, 'at-work.json')
  mkdirSync(join(folder, 'run-7'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const job = (state: Job['state'], changes: Partial<Job> = {}): Job => ({
  id: 'job-1',
  kind: 'adapt',
  title: 'Adaptation',
  stage: '',
  share: null,
  elapsedMs: 0,
  remainingMs: null,
  memoryBytes: null,
  state,
  error: null,
  input: null,
  run: 'run-7',
  ...changes,
})

/** Another process in the middle of a run. */
async function atWork(): Promise<{ kill: () => Promise<void> }> {
  const script = `
    const { openLost } = await import(${JSON.stringify(new URL('lost-files.ts', import.meta.url).href)})
    openLost(process.argv[1], '.').follow(${JSON.stringify(job('running'))})
    console.log('at work')
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => child.stdout.once('data', resolve))
  return {
    kill: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      }),
  }
}

it('tells of a run whose process was killed, until somebody dismisses it', async () => {
  const other = await atWork()
  expect(openLost(path, folder).get()).toBeNull() // it is at work, not lost
  await other.kill()
  const message = expect.stringContaining('in the middle of "Adaptation"') as string
  expect(openLost(path, folder).get()).toEqual({ run: 'run-7', message })
  const lost = openLost(path, folder)
  expect(lost.get()).toEqual({ run: 'run-7', message })
  lost.dismiss()
  expect(lost.get()).toBeNull()
  expect(openLost(path, folder).get()).toBeNull()
})

it('keeps the notice while the next run is at work, and that one is noted too', async () => {
  await (await atWork()).kill()
  const lost = openLost(path, folder)
  lost.follow(job('running', { id: 'job-2', run: 'run-8' }))
  expect(lost.get()?.run).toBe('run-7')
  lost.dismiss()
  expect(existsSync(path)).toBe(true)
  lost.follow(job('cancelling', { id: 'job-2', run: 'run-8' }))
  lost.follow(job('cancelled', { id: 'job-2', run: 'run-8' }))
  expect(existsSync(path)).toBe(false)
})

it('is silent on what is no run, and on a run that ended', () => {
  const lost = openLost(path, folder)
  lost.follow(job('running', { kind: 'open' }))
  expect(existsSync(path)).toBe(false)
  lost.follow(job('running'))
  lost.follow(job('done'))
  expect(openLost(path, folder).get()).toBeNull()
})

it('names no run that left nothing on disk', async () => {
  await (await atWork()).kill()
  rmSync(join(folder, 'run-7'), { recursive: true })
  const message = expect.stringContaining('before "Adaptation" had left anything on disk') as string
  expect(openLost(path, folder).get()).toEqual({ run: null, message })
})

it('leaves the note of another process at work as it is', async () => {
  const other = await atWork()
  const lost = openLost(path, folder)
  lost.follow(job('running', { run: 'run-8' }))
  lost.follow(job('done', { run: 'run-8' }))
  lost.dismiss()
  await other.kill()
  expect(openLost(path, folder).get()?.run).toBe('run-7')
})
