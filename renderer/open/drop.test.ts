import { describe, expect, it } from 'vitest'
import { dropName, walk } from './drop.ts'

/** Entries as the browser gives them: by callbacks, a folder's in batches. */
const file = (name: string) => ({
  name,
  isFile: true,
  isDirectory: false,
  file: (resolve: (file: File) => void) => resolve(new File(['x'], name)),
})
const folder = (
  name: string,
  entries: readonly { name: string; isFile: boolean; isDirectory: boolean }[],
  batch = 100,
) => ({
  name,
  isFile: false,
  isDirectory: true,
  createReader() {
    let at = 0
    return { readEntries: (resolve: (some: unknown[]) => void) => resolve(entries.slice(at, (at += batch))) }
  },
})

describe('walk', () => {
  it('finds files at every depth, with their paths, hidden ones left out', async () => {
    const tree = [
      folder('study', [
        folder('b', [file('2.dcm')]),
        file('DICOMDIR'),
        file('.DS_Store'),
        folder('.git', [file('HEAD')]),
      ]),
      file('scan.nii.gz'),
    ]
    const found = await walk(tree)
    expect(found.map(({ path }) => path)).toEqual(['study/b/2.dcm', 'study/DICOMDIR', 'scan.nii.gz'])
    expect(found[0]!.file.name).toBe('2.dcm')
  })

  it('reads folders of more entries than the browser gives at a time, in the order of their numbers', async () => {
    const names = Array.from({ length: 250 }, (_, index) => `IM${250 - index}`)
    const found = await walk([folder('series', names.map(file))])
    expect(found).toHaveLength(250)
    expect(found[0]!.path).toBe('series/IM1')
    expect(found[249]!.path).toBe('series/IM250')
  })
})

describe('dropName', () => {
  it.each([
    [['study'], 'study'],
    [['a.dcm', 'b.dcm', 'c.dcm'], 'a.dcm and 2 more'],
  ])('%j is %s', (names, name) => expect(dropName(names)).toBe(name))
})
