import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { changedFiles, engineFolder, locate } from './files.ts'

let cache: string
const bytes = Buffer.from('a library')

function install(): string {
  const folder = engineFolder('cpu')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'lib.so'), bytes)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const files = { 'lib.so': { bytes: bytes.length, sha256 } }
  writeFileSync(join(folder, 'engine.json'), JSON.stringify({ engine: 'cpu', files }))
  return folder
}

function located() {
  const found = locate('cpu')
  if ('reason' in found) throw new Error(found.reason)
  return found
}

beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'engine-'))
  vi.stubEnv('SCANBRIDGE_CACHE', cache)
})
afterEach(() => {
  vi.unstubAllEnvs()
  rmSync(cache, { recursive: true })
})

it('finds an installed engine in the cache that was asked for', async () => {
  const folder = install()
  expect(folder.startsWith(cache)).toBe(true)
  expect(located().folder).toBe(folder)
  expect(await changedFiles(located())).toEqual([])
})

it('says that nothing is installed', () => {
  expect(locate('cpu')).toEqual({ reason: 'it is not installed' })
})

it('says which file is missing or cut off', () => {
  const folder = install()
  writeFileSync(join(folder, 'lib.so'), 'a lib')
  expect(locate('cpu')).toEqual({ reason: 'its file lib.so is not whole' })
  rmSync(join(folder, 'lib.so'))
  expect(locate('cpu')).toEqual({ reason: 'its file lib.so is missing' })
})

it('tells a changed file of the same length by its hash', async () => {
  writeFileSync(join(install(), 'lib.so'), 'A library')
  expect(await changedFiles(located())).toEqual(['lib.so'])
})
