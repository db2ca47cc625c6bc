import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Settings } from '../contract/schemas.ts'
import { openSettings } from './settings-files.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scanbridge-settings-'))
  path = join(folder, 'settings.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

it('begins with the defaults, changes what is named, and finds it again', () => {
  expect(openSettings(path).get()).toEqual(Settings.parse({}))
  expect(existsSync(path)).toBe(false)
  openSettings(path).change({ theme: 'light', keys: { fit: 'f' } })
  expect(openSettings(path).get()).toEqual({ ...Settings.parse({}), theme: 'light', keys: { fit: 'f' } })
  openSettings(path).change({ fill: 0.5, theme: undefined })
  expect(openSettings(path).get()).toMatchObject({ theme: 'light', fill: 0.5 })
})

it.each([
  ['an unknown value', { theme: 'pink', fill: 0.8 }, { fill: 0.8 }],
  ['a wrong type', { fill: 'much', showText: false }, { showText: false }],
  ['out of range', { outlinePx: 1e9, layout: '1x1' }, { layout: '1x1' }],
  ['a setting of another version', { flavour: 'vanilla', wheelUp: 'next' }, { wheelUp: 'next' }],
  ['keys that are no record', { keys: [1], convention: 'neurological' }, { convention: 'neurological' }],
  ['no record at all', 'settings', {}],
  ['null', null, {}],
])('takes the default for %s and leaves the others', (_, stored, kept) => {
  writeFileSync(path, JSON.stringify(stored))
  expect(openSettings(path).get()).toEqual({ ...Settings.parse({}), ...kept })
})

it('sets a damaged file aside, with a note and nothing lost', () => {
  const note = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  writeFileSync(path, '{"theme": "li')
  expect(openSettings(path).get()).toEqual(Settings.parse({}))
  expect(readFileSync(`${path}.damaged`, 'utf8')).toBe('{"theme": "li')
  expect(existsSync(path)).toBe(false)
  expect(note).toHaveBeenCalledWith(expect.stringContaining('settings.json was damaged'))
  note.mockRestore()
})
