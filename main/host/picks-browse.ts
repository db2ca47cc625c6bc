import { createHmac, randomBytes } from 'node:crypto'
import { realpathSync } from 'node:fs'
import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, sep } from 'node:path'
import type { FolderListing, Pick } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import type { Picks } from './picks.ts'

type Entry = FolderListing['entries'][number]
export type Browser = {
  readonly browse: (folder: string | null) => Promise<FolderListing>
  readonly choose: (entry: string) => Promise<Pick>
}

/** A folder of more entries is shown in part. */
const longestListing = 2000

/** The chooser of the loopback host: shows folders below `roots` only, links followed, and names them by ids that stand for
 *  nothing outside this launch. Throws UserError where a root is not there. */
export function createBrowser(roots: readonly string[], picks: Picks): Browser {
  const allowed = [...new Set(roots.map(existing))]
  const secret = randomBytes(32)
  const paths = new Map<string, string>()
  const idOf = (path: string): string => {
    const id = createHmac('sha256', secret).update(path).digest('hex').slice(0, 32)
    paths.set(id, path)
    return id
  }
  /** Stands for the list of the roots. */
  const top = idOf('')
  const isAllowed = (path: string): boolean => allowed.some((root) => isWithin(root, path))

  /** Where the entry leads now, which need not be where it led when it was listed. */
  const pathOf = async (id: string): Promise<string> => {
    const path = paths.get(id)
    if (!path) throw new UserError('pick-unknown')
    const real = await realpath(path).catch((error: unknown) => unreadable(path, error))
    if (isAllowed(real)) return real
    const remedy = 'Choose something below one of the listed folders, or start scanbridge serve with --root.'
    throw new UserError('pick-refused', { name: basename(path), reason: 'it lies outside the folders to open', remedy })
  }

  const entryOf = async (path: string, name: string): Promise<Entry[]> => {
    try {
      const real = await realpath(path)
      const found = await stat(real)
      if (!isAllowed(real) || !(found.isDirectory() || found.isFile())) return []
      const facts = { id: idOf(real), name, modified: found.mtime.toISOString() }
      return [
        found.isDirectory() ? { ...facts, kind: 'folder', bytes: null } : { ...facts, kind: 'file', bytes: found.size },
      ]
    } catch {
      // A broken link, or gone since it was listed: not to be opened, so not shown.
      return []
    }
  }

  const listing = async (id: string, path: string, parent: string | null): Promise<FolderListing> => {
    const found = await readdir(path, { withFileTypes: true }).catch((error: unknown) => unreadable(path, error))
    const visible = found.filter(({ name }) => !name.startsWith('.')).sort(foldersFirst)
    const shown = visible.slice(0, longestListing)
    const entries = (await Promise.all(shown.map(({ name }) => entryOf(join(path, name), name)))).flat()
    return { id, path: asWritten(path), parent, entries, isCut: shown.length < visible.length }
  }

  return {
    async browse(folder) {
      if (folder !== null && folder !== top) {
        const path = await pathOf(folder)
        const above = dirname(path)
        const isRoot = !isAllowed(above) || above === path
        return listing(folder, path, isRoot ? (allowed.length > 1 ? top : null) : idOf(above))
      }
      const [only] = allowed
      if (only !== undefined && allowed.length === 1) return listing(idOf(only), only, null)
      const entries = (await Promise.all(allowed.map((root) => entryOf(root, asWritten(root))))).flat()
      return { id: top, path: '', parent: null, entries, isCut: false }
    },
    async choose(entry) {
      return picks.add(await pathOf(entry))
    },
  }
}

function existing(root: string): string {
  try {
    return realpathSync(root)
  } catch (cause) {
    throw new UserError('input-not-found', { path: root }, { cause })
  }
}

function isWithin(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

function asWritten(path: string): string {
  const home = homedir()
  return isWithin(home, path) ? `~${path.slice(home.length)}` : path
}

const byName = new Intl.Collator('en', { numeric: true })
function foldersFirst(a: Dirent, b: Dirent): number {
  return Number(b.isDirectory()) - Number(a.isDirectory()) || byName.compare(a.name, b.name)
}

function unreadable(path: string, error: unknown): never {
  const { code } = error as NodeJS.ErrnoException
  const reason =
    code === 'ENOENT' ? 'it is not there any more' : code === 'ENOTDIR' ? 'it is no folder' : 'it may not be read'
  throw new UserError('pick-refused', { name: basename(path), reason, remedy: 'Choose another.' }, { cause: error })
}
