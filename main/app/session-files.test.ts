import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { openSession } from './session-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'scanbridge-session-'))
const path = join(folder, 'session.json')
afterAll(() => rmSync(folder, { recursive: true }))

const opened = (id: string) => {
  const summary = { id, name: id, kind: 'nifti' as const, studies: [], series: [], rejected: [], suggested: null }
  return { path: `/${id}`, summary: { ...summary, isSample: false, hasReference: false }, tries: 0 }
}

it('takes over what a dead process had open, and leaves that of a living one alone', async () => {
  const script = `
    const { openSession } = await import(${JSON.stringify(new URL('session-files.ts', import.meta.url).href)})
    openSession(process.argv[1]).write([${JSON.stringify(opened('theirs'))}])
    console.log('open')
    setInterval(() => undefined, 1000)`
  const other = spawn(process.execPath, ['--input-type=module', '-e', script, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => other.stdout.once('data', resolve))
  const session = openSession(path)
  expect(session.left).toEqual([])
  session.write([opened('ours')])
  expect(openSession(path).left.map(({ path }) => path)).toEqual(['/ours'])
  session.end()
  expect(existsSync(path)).toBe(true)
  const gone = new Promise((resolve) => other.once('exit', resolve))
  other.kill('SIGKILL')
  await gone
  expect(openSession(path).left).toMatchObject([{ path: '/theirs' }])
  openSession(path).end()
  expect(existsSync(path)).toBe(false)
})
