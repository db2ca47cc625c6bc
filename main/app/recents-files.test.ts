import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { openRecents } from './recents-files.ts'
import type { RecentStore } from './recents-files.ts'
import { openHome } from './state-files.ts'
import type { Home } from './state-files.ts'

let root: string
let home: Home
let time: number
const open = (): RecentStore => openRecents(home, () => new Date(time++ * 1000))
beforeEach(() => {
  // Not the temporary folder itself: what lay there and is gone counts as a drop of a browser.
  root = mkdtempSync(join(tmpdir(), 'scanbridge-recents-'))
  home = openHome(join(root, 'home'))
  time = 1_700_000_000
})
afterEach(() => rmSync(root, { recursive: true }))

const bytes = new Uint8Array([1, 2, 3, 4, 5, 6])
const picture = { header: { width: 3, height: 2, pixelAspect: 1 }, bytes }
const scanner = { key: 'maker-1', manufacturer: 'Maker', model: 'One', fieldStrength: 3, softwareVersions: '' }
function add(recents: RecentStore, id: string, path = join(root, id), fingerprint = 'same'): void {
  mkdirSync(path, { recursive: true })
  recents.add({ id, path, name: id, description: 'T1', scanner, picture, fingerprint })
}

it('lists what was opened, the last first, and tells no path', async () => {
  const recents = open()
  for (const id of ['a', 'b', 'a']) add(recents, id)
  const list = await open().list()
  expect(list.map(({ id }) => id)).toEqual(['a', 'b'])
  expect(list[0]).toEqual({
    id: 'a',
    name: 'a',
    description: 'T1',
    scanner,
    opened: new Date(1_700_000_002_000).toISOString(),
    pinned: false,
    isMissing: false,
    hasThumbnail: true,
  })
  expect(JSON.stringify(list)).not.toContain(root)
  expect(open().thumbnail('a')).toEqual(picture)
})

it('keeps what is opened while it looks for what is missing', async () => {
  const recents = open()
  add(recents, 'dropped')
  rmSync(join(root, 'dropped'), { recursive: true })
  const listed = recents.list()
  add(recents, 'new')
  await listed
  expect((await recents.list()).map(({ id }) => id)).toEqual(['new'])
})

it('marks what is missing, and forgets only what was dropped into a browser', async () => {
  const recents = open()
  add(recents, 'dropped')
  add(recents, 'pinned')
  recents.add({
    id: 'moved',
    path: '/scanbridge-no-such-disk/scan',
    name: 'moved',
    description: '',
    scanner: null,
    picture: null,
    fingerprint: '',
  })
  recents.pin('pinned', true)
  rmSync(join(root, 'dropped'), { recursive: true })
  rmSync(join(root, 'pinned'), { recursive: true })
  const list = await recents.list()
  expect(list.map(({ id, isMissing, hasThumbnail }) => [id, isMissing, hasThumbnail])).toEqual([
    ['moved', true, false],
    ['pinned', true, true],
  ])
  await expect(recents.checkThere('moved')).rejects.toThrow('What "moved" was opened from is not there any more.')
})

it('keeps forty and all that are pinned', async () => {
  const recents = open()
  add(recents, 'first')
  recents.pin('first', true)
  for (let n = 0; n < 45; n++) add(recents, `scan-${n}`)
  const ids = (await recents.list()).map(({ id }) => id)
  expect(ids).toHaveLength(41)
  expect(ids).toContain('first')
  expect(ids).not.toContain('scan-4')
  expect(readdirSync(home.pictures)).toHaveLength(41)
  recents.pin('first', false)
  expect(await recents.list()).toHaveLength(40)
})

it('finds the scan of a run by its hash, as long as it is not forgotten', () => {
  const recents = open()
  add(recents, 'a')
  recents.addHash({ input: 'a', series: '1.2', volume: 0 }, 'old')
  recents.addHash({ input: 'a', series: '1.2', volume: 0 }, 'new')
  recents.addHash({ input: 'a', series: '1.2', volume: 1 }, 'other')
  add(recents, 'a') // opened again: what is known of it stays
  expect(open().byHash('other')).toEqual({ recent: 'a', scan: { input: 'a', series: '1.2', volume: 1 } })
  expect(recents.byHash('new')?.scan.volume).toBe(0)
  expect(recents.byHash('old')).toBeUndefined()
  recents.check('a', 'same')
  expect(recents.byHash('new')?.recent).toBe('a')
  add(recents, 'a', undefined, 'another')
  expect(recents.byHash('new')).toBeUndefined()
  recents.addHash({ input: 'a', series: '1.2', volume: 0 }, 'newer')
  recents.check('a', 'yet another')
  expect(recents.byHash('newer')).toBeUndefined()
  recents.forget('a')
  expect(readdirSync(home.pictures)).toEqual([])
  expect(() => recents.forget('a')).toThrow('This recent scan is not there any more.')
})

it.each(['..', '../recents.json', '/etc/passwd', ''])(
  'knows no recent scan %j, and touches no file of that name',
  (id) => {
    const recents = open()
    add(recents, 'a')
    expect(() => recents.thumbnail(id)).toThrow('This recent scan is not there any more.')
    expect(() => recents.forget(id)).toThrow('This recent scan is not there any more.')
    expect(() => recents.find(id)).toThrow('This recent scan is not there any more.')
    expect(existsSync(home.recents)).toBe(true)
  },
)

it('takes what is sound of a damaged file, and sets aside what is no list', async () => {
  const note = vi.spyOn(console, 'error').mockImplementation(() => undefined)
  const recents = open()
  add(recents, 'a')
  add(recents, 'b')
  const rows = JSON.parse(readFileSync(home.recents, 'utf8')) as { opened: string }[]
  rows[0]!.opened = 'yesterday'
  writeFileSync(home.recents, JSON.stringify(rows))
  expect((await recents.list()).map(({ id }) => id)).toEqual(['a'])
  for (const damaged of ['{"a": 1}', '[{"id"', '']) {
    writeFileSync(home.recents, damaged)
    expect(await recents.list()).toEqual([])
    expect(readFileSync(`${home.recents}.damaged`, 'utf8')).toBe(damaged)
  }
  expect(note).toHaveBeenCalledTimes(3)
  add(recents, 'c')
  writeFileSync(join(home.pictures, 'c.gray'), 'cut')
  expect(() => recents.thumbnail('c')).toThrow('The picture of this scan is not there any more.')
  note.mockRestore()
})
