import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { installEngine } from './install-files.ts'
import { setUpEngine } from './set-up-files.ts'

let cache: string
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'engine-'))
  vi.stubEnv('SCANBRIDGE_CACHE', cache)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true })
})

it('goes on without a compiler, says so in one line, and remembers it', async () => {
  vi.stubEnv('PATH', cache)
  vi.stubEnv('CXX', '')
  const said: string[] = []
  await setUpEngine((line) => said.push(line))
  expect(said).toEqual([expect.stringMatching(/^The cpu engine does not run here: there is no C\+\+ compiler.*wasm/)])
  vi.unstubAllEnvs()
  vi.stubEnv('SCANBRIDGE_CACHE', cache)
  await setUpEngine((line) => said.push(line))
  expect(said[1]).toBe(said[0])
})

it('leaves neither a lock nor a part of an engine behind when an install fails', async () => {
  vi.stubEnv('CXX', process.execPath)
  vi.stubEnv('PATH', cache)
  const install = installEngine('cpu', { say: () => {} })
  await expect(install).rejects.toThrow('The cpu engine does not run here: python3 is missing.')
  expect(readdirSync(join(cache, 'engine'))).toEqual([])
})
