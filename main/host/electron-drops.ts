import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Pick } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import type { Picks } from './picks.ts'

export type Drops = {
  /** Dropped files and folders as one pick. Throws UserError. */
  readonly take: (paths: readonly string[]) => Pick
  /** Deletes what was made for them; the dropped files themselves stay. */
  readonly close: () => void
}

/** A single thing that was dropped is the pick. Several become a folder of links, so that nothing else beside them is read. */
export function createDrops(picks: Picks): Drops {
  let place: string | undefined
  let count = 0
  return {
    take(paths) {
      const [first, ...others] = paths
      if (first === undefined || paths.includes(''))
        throw new UserError('pick-refused', {
          name: 'What was dropped',
          reason: 'it is no file or folder of this machine',
          remedy: 'Save it first, or choose it with "Open".',
        })
      if (others.length === 0) return picks.add(first)
      place ??= mkdtempSync(join(tmpdir(), 'scanbridge-drop-'))
      const folder = join(place, String(count++))
      paths.forEach((path, number) => {
        // Two dropped files may have one name.
        const below = join(folder, String(number))
        mkdirSync(below, { recursive: true })
        linkTo(path, join(below, basename(path)))
      })
      return picks.add(folder, `${basename(first)} and ${others.length} more`)
    },
    close() {
      if (place !== undefined) rmSync(place, { recursive: true, force: true })
    },
  }
}

function linkTo(path: string, link: string): void {
  const isFolder = statSync(path).isDirectory()
  try {
    symlinkSync(path, link, isFolder ? 'junction' : 'file')
  } catch (error) {
    // Windows lets only some users make links to files.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM' || isFolder) throw error
    copyFileSync(path, link)
  }
}
