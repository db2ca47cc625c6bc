/** Bytes on disk, by name: files, folders, and the files a folder holds. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { Unreadable } from './unreadable.ts'

/** Something with bytes: a file on disk, or an entry of an archive. */
export type Source = {
  /** Relative to what the user opened. */
  readonly name: string
  readonly size: number
  /** At most `limit` bytes from the start. Throws Unreadable. */
  read(limit: number): Promise<Uint8Array>
}

export type Input =
  { readonly kind: 'missing' } | { readonly kind: 'folder' } | { readonly kind: 'file'; readonly source: Source }

export async function describeInput(path: string): Promise<Input> {
  const facts = await stat(path).catch(() => undefined)
  if (facts?.isDirectory()) return { kind: 'folder' }
  return facts?.isFile() ? { kind: 'file', source: fileSource(path, basename(path), facts.size) } : { kind: 'missing' }
}

function fileSource(path: string, name: string, size: number): Source {
  return {
    name,
    size,
    async read(limit) {
      const length = Math.min(size, limit)
      try {
        return length <= smallBytes ? readSmall(path, length) : await readLarge(path, length)
      } catch (error) {
        throw unreadable(error)
      }
    },
  }
}

/** Permissions, a disk that went away: the system's own word, and no path. */
function unreadable(error: unknown): Unreadable {
  const { code } = error as NodeJS.ErrnoException
  if (!(error instanceof Error) || typeof code !== 'string') throw error
  return new Unreadable(`it could not be read (${code})`, { cause: error })
}

/** A trip through the thread pool costs more than reading a slice that the system has at hand. */
const smallBytes = 4 * 2 ** 20

function readSmall(path: string, length: number): Uint8Array {
  const file = openSync(path, 'r')
  try {
    const bytes = new Uint8Array(Buffer.allocUnsafeSlow(length).buffer) // every byte is written below, or cut off
    return bytes.subarray(0, readSync(file, bytes, 0, length, 0))
  } finally {
    closeSync(file)
  }
}

async function readLarge(path: string, length: number): Promise<Uint8Array> {
  const file = await open(path)
  try {
    const bytes = new Uint8Array(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await file.read(bytes, filled, Math.min(length - filled, 2 ** 30), filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return bytes.subarray(0, filled)
  } finally {
    await file.close()
  }
}

type Walk = {
  readonly signal?: AbortSignal | undefined
  readonly onFound?: ((count: number) => void) | undefined
}

/** All files below a folder, in the order of their names. Links are followed, but no folder is entered twice. */
export async function filesBelow(root: string, walk: Walk = {}): Promise<Source[]> {
  const sources: Source[] = []
  await collect(root, root, new Set(), sources, walk)
  return sources
}

async function collect(
  root: string,
  folder: string,
  entered: Set<string>,
  sources: Source[],
  walk: Walk,
): Promise<void> {
  walk.signal?.throwIfAborted()
  walk.onFound?.(sources.length)
  const { dev, ino } = await stat(folder)
  if (entered.has(`${dev} ${ino}`)) return
  entered.add(`${dev} ${ino}`)
  const names = await readdir(folder).catch((error: unknown) => {
    const name = relative(root, folder).split(sep).join('/')
    sources.push({ name, size: 1, read: () => Promise.reject(unreadable(error)) })
    return []
  })
  for (const name of names.sort()) {
    const path = join(folder, name)
    const facts = statSync(path, { throwIfNoEntry: false })
    if (facts?.isDirectory()) await collect(root, path, entered, sources, walk)
    else if (facts?.isFile()) sources.push(fileSource(path, relative(root, path).split(sep).join('/'), facts.size))
  }
}

/** A file named by components below a folder, as media name them: letters in any case, an ending that was added. */
export async function findBelow(folder: string, components: readonly string[]): Promise<Source | undefined> {
  let path = folder
  for (const component of components) {
    const names = await readdir(path).catch(() => [])
    const wanted = component.toLowerCase()
    const name =
      names.find((one) => one === component) ??
      names.find((one) => one.toLowerCase() === wanted) ??
      names.find((one) => one.toLowerCase().replace(/(\.dcm|\.;1|;1)$/, '') === wanted)
    if (name === undefined) return undefined
    path = join(path, name)
  }
  const facts = await stat(path).catch(() => undefined)
  return facts?.isFile() ? fileSource(path, components.join('/'), facts.size) : undefined
}
