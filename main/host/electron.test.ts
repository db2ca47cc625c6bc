import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readLaunch } from './electron-arguments.ts'
import { createDrops } from './electron-drops.ts'
import { openCrashLog, withoutIdentity } from './electron-log.ts'
import { onScreen, readWindowState, writeWindowState } from './electron-window-state.ts'
import { createPicks } from './picks.ts'

const place = realpathSync(mkdtempSync(join(tmpdir(), 'scanbridge-shell-')))
const at = (...names: string[]): string => join(place, ...names)
beforeAll(() => {
  for (const name of ['a scan.dcm', 'b.dcm']) writeFileSync(at(name), name)
})
afterAll(() => rmSync(place, { recursive: true }))

const packed = { isPackaged: true, folder: '/opt/Scanbridge/resources/app.asar' }

test('a launch opens the files it is given, or runs a command, or the one file of the app that it names', () => {
  const files = readLaunch(['scanbridge', '--no-sandbox', 'a scan.dcm', 'missing.dcm', at('b.dcm')], place, packed)
  expect(files).toMatchObject({ command: undefined, paths: [at('a scan.dcm'), at('b.dcm')], opensSample: false })
  expect(readLaunch(['electron', '/out/app', '--sample'], place, { ...packed, isPackaged: false })).toMatchObject({
    paths: [],
    opensSample: true,
  })
  for (const command of [['adapt', 'a scan.dcm', '--out', 'run'], ['adpat'], ['--help'], ['engine', 'list']])
    expect(readLaunch(['scanbridge', ...command], place, packed)).toMatchObject({ command, paths: [] })
  mkdirSync(at('adapt'))
  expect(readLaunch(['scanbridge', 'adapt'], place, packed)).toMatchObject({ command: undefined, paths: [at('adapt')] })
  const entry = join(packed.folder, 'main/engine/probe-files.js')
  expect(readLaunch(['scanbridge', entry, 'cpu'], place, packed).entry).toBe(entry)
  // Any other script is a file to open at most.
  expect(readLaunch(['scanbridge', at('b.dcm')], place, packed).entry).toBeUndefined()
})

test('a window comes up where it was, and in the middle where nobody could take hold of it', () => {
  const screens = [
    { x: 0, y: 24, width: 1920, height: 1056 },
    { x: 1920, y: 0, width: 1280, height: 1024 },
  ]
  const size = { width: 1400, height: 900, isMaximized: false }
  const second = { ...size, x: 2000, y: 100 }
  expect(onScreen(second, screens)).toEqual(second)
  expect(onScreen(second, screens.slice(0, 1))).toEqual(size)
  expect(onScreen({ ...size, x: 100, y: -500 }, screens)).toEqual(size)
  expect(onScreen({ ...size, x: -1390, y: 50 }, screens)).toEqual(size)
  expect(onScreen({ ...size, width: 4000, height: 3000, x: 9000, y: 0 }, screens)).toEqual({
    ...size,
    width: 1920,
    height: 1056,
  })

  writeWindowState(at('window.json'), second)
  expect(readWindowState(at('window.json'))).toEqual(second)
  for (const damaged of ['', '{', '{"width":"wide"}', '{"width":1,"height":1,"isMaximized":false}']) {
    writeFileSync(at('window.json'), damaged)
    expect(readWindowState(at('window.json'))).toEqual({ width: 1440, height: 900, isMaximized: false })
  }
})

test('the crash log holds what went wrong and where in the app, and no name of a file, a folder or a person', () => {
  const app = '/home/anna/Scan Bridge/app.asar'
  const text = [
    "Error: ENOENT: no such file or directory, open '/data/Doe John/IM 1.dcm'",
    'Cannot read /data/Doe John/IM 1.dcm today',
    'Cannot read C:\\Scans\\Doe John\\IM1.dcm',
    `    at open (file://${app}/main/app/study.js:12:3)`,
    `    at read (${app}/main/dicom/parse.js:1:1)`,
    '    at node:internal/main:5:6',
    '    at other (file:///usr/lib/doe/x.js:1:2)',
  ].join('\n')
  const kept = withoutIdentity(text, app)
  expect(kept).not.toMatch(/Doe|John|anna|IM|data|Scans/)
  expect(kept).toMatch(/ENOENT: no such file or directory, open …/)
  expect(kept).toMatch(/at open \(main\/app\/study.js:12:3\)\n.*main\/dicom\/parse.js:1:1/)

  const log = openCrashLog(at('logs'), app)
  log(text)
  log('again')
  expect(readFileSync(at('logs', 'crash.log'), 'utf8')).toMatch(/^\d{4}-.*ENOENT[^]*\n\d{4}-\S+ again\n$/)
  writeFileSync(at('logs', 'crash.log'), 'x'.repeat(1_100_000))
  log('fresh')
  expect(readFileSync(at('logs', 'crash.log'), 'utf8')).toMatch(/^\S+ fresh\n$/)
})

test('one dropped file is what was picked; several are read without what lies beside them, also under one name', () => {
  const picks = createPicks()
  const drops = createDrops(picks)
  const pathOf = ({ pick }: { pick: string }): string => picks.of({ pick })[pick]!.path
  expect(pathOf(drops.take([at('b.dcm')]))).toBe(at('b.dcm'))

  const several = drops.take([at('a scan.dcm'), at('b.dcm'), at('b.dcm')])
  expect(several.name).toBe('a scan.dcm and 2 more')
  const folder = pathOf(several)
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
  expect(files.map(({ name, parentPath }) => readFileSync(join(parentPath, name), 'utf8')).sort()).toEqual([
    'a scan.dcm',
    'b.dcm',
    'b.dcm',
  ])
  drops.close()
  expect(readdirSync(place)).toContain('b.dcm')
  expect(() => readdirSync(folder)).toThrow(basename(folder))
  expect(() => drops.take([''])).toThrow(/no file or folder of this machine/)
})
