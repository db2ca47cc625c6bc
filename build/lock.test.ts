import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { withLock } from './lock.mjs'

const run = promisify(execFile)
let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'lock-'))))
afterEach(() => rmSync(folder, { recursive: true }))

/** A process that writes "in", waits, and writes "out", under the lock. */
function worker(): Promise<unknown> {
  const script = `
    import { appendFileSync } from 'node:fs'
    import { withLock } from ${JSON.stringify(new URL('./lock.mjs', import.meta.url).href)}
    await withLock('lock', () => {}, async () => {
      appendFileSync('log', 'in ')
      await new Promise((resolve) => setTimeout(resolve, 50))
      appendFileSync('log', 'out ')
    })`
  return run(process.execPath, ['--input-type=module', '-e', script], { cwd: folder })
}

/** The lock of a process that is no more. */
async function leaveStaleLock(): Promise<void> {
  const { stdout } = await run(process.execPath, ['-e', 'console.log(process.pid)'])
  const holder = { pid: Number(stdout), began: '1', host: hostname(), taken: Date.now() }
  writeFileSync(join(folder, 'lock'), JSON.stringify(holder))
}

it('lets one process at a time in, also when they find the lock of a dead one', async () => {
  await leaveStaleLock()
  await Promise.all(Array.from({ length: 4 }, worker))
  expect(readFileSync(join(folder, 'log'), 'utf8')).toBe('in out '.repeat(4))
  expect(readdirSync(folder)).toEqual(['log'])
})

it('does not take a later process with the same number for the holder', async () => {
  const holder = { pid: process.pid, began: '1', host: hostname(), taken: Date.now() }
  writeFileSync(join(folder, 'lock'), JSON.stringify(holder))
  expect(
    await withLock(
      join(folder, 'lock'),
      () => {},
      () => 'done',
    ),
  ).toBe('done')
})

it('gives the lock back when the work fails, and passes the failure on', async () => {
  const lock = join(folder, 'lock')
  const failing = withLock(
    lock,
    () => {},
    () => Promise.reject(new Error('no')),
  )
  await expect(failing).rejects.toThrow('no')
  expect(
    await withLock(
      lock,
      () => {},
      () => 'done',
    ),
  ).toBe('done')
})
