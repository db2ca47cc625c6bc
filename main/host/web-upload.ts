import { createWriteStream, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, statfsSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Pick } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import type { Picks } from './picks.ts'

export type Uploads = {
  /** Room for what was dropped: a pick that the files sent to it make up. */
  readonly begin: (name: string) => Pick
  /** One file, named by its percent-encoded path below the drop. */
  readonly receive: (pick: string, encodedPath: string, request: IncomingMessage) => Promise<void>
  /** Deletes everything. */
  readonly close: () => void
}

const gigabyte = 2 ** 30
const largestFile = 8 * gigabyte
const mostFiles = 100_000
/** What must stay free on the disk. */
const reserve = gigabyte
const deepest = 32

const prefix = 'scanbridge-upload-'

/** Dropped files on their way through a browser, which does not tell where they lie: copies in a folder of this launch that
 *  only the user may read. Copies that an earlier launch could not delete are deleted first. */
export function createUploads(picks: Picks): Uploads {
  let place: string | undefined
  const folders = new Map<string, { readonly folder: string; files: number }>()
  return {
    begin(name) {
      if (place === undefined) {
        sweep()
        place = realpathSync(mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`)))
      }
      const folder = join(place, String(folders.size))
      mkdirSync(folder, { mode: 0o700 })
      const pick = picks.addLater(name, () => onlyEntry(folder))
      folders.set(pick.pick, { folder, files: 0 })
      return pick
    },
    async receive(pick, encodedPath, request) {
      const upload = folders.get(pick)
      if (!upload) throw new UserError('pick-unknown')
      const names = safeNames(encodedPath)
      const name = names.at(-1)!
      const bytes = Number(request.headers['content-length'] ?? Number.NaN)
      if (!Number.isSafeInteger(bytes)) throw refused(name, 'its size was not told', 'Drop it again.')
      if (bytes > largestFile)
        throw refused(name, 'it is larger than 8 GB', 'Choose it with "Open" instead, which copies nothing.')
      if (++upload.files > mostFiles)
        throw refused(name, `more than ${mostFiles} files were dropped`, 'Choose the folder with "Open" instead.')
      const disk = statfsSync(upload.folder)
      if (disk.bavail * disk.bsize - bytes < reserve)
        throw refused(
          name,
          'the disk is nearly full',
          'Free some space, or choose it with "Open", which copies nothing.',
        )
      await write(request, upload.folder, names)
    },
    close() {
      if (place !== undefined) rmSync(place, { recursive: true, force: true })
      folders.clear()
    },
  }
}

async function write(request: IncomingMessage, folder: string, names: readonly string[]): Promise<void> {
  const path = join(folder, ...names)
  const name = names.at(-1)!
  let isMine = false
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if (!`${realpathSync(dirname(path))}${sep}`.startsWith(`${folder}${sep}`))
      throw refused(name, 'its folder leads elsewhere', 'Drop it again.')
    // 'wx' writes over nothing and follows no link.
    const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
    file.once('open', () => (isMine = true))
    await pipeline(request, file)
  } catch (error) {
    if (isMine) rmSync(path, { force: true })
    if (error instanceof UserError) throw error
    const { code } = error as NodeJS.ErrnoException
    const reason =
      code === 'EEXIST' || code === 'ENOTDIR' ? 'another of that name was dropped' : `it could not be stored (${code})`
    throw refused(name, reason, 'Drop it again, or choose it with "Open".', error)
  }
}

/** What Windows keeps for devices, whatever stands behind a dot. */
const device = /^(con|prn|aux|nul|com\d|lpt\d)(\..*)?$/i
// eslint-disable-next-line no-control-regex -- these are the characters that no name may have
const never = /[\u0000-\u001f\u007f\\/]/
const neverOnWindows = /[<>:"|?*]|[. ]$/

/** The names of folders and file, each of which is only a name. */
function safeNames(encodedPath: string): string[] {
  const names = encodedPath.split('/').map(decoded)
  const isName = (name: string): boolean =>
    name !== '' &&
    name !== '.' &&
    name !== '..' &&
    Buffer.byteLength(name) <= 255 &&
    !never.test(name) &&
    !device.test(name) &&
    !(process.platform === 'win32' && neverOnWindows.test(name))
  if (names.length > deepest || !names.every(isName))
    throw refused('A file', 'its name cannot be used here', 'Rename it, or choose it with "Open" instead.')
  return names
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

/** A single file or folder that was dropped is what was picked; of several, the folder that holds them. */
function onlyEntry(folder: string): string {
  const [first, ...others] = readdirSync(folder)
  return first !== undefined && others.length === 0 ? join(folder, first) : folder
}

/** Copies of launches whose process is gone. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1]
    if (!pid || isAlive(Number(pid))) continue
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true })
    } catch {
      // Another user's, in a folder that all share: theirs to delete.
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

function refused(name: string, reason: string, remedy: string, cause?: unknown): UserError {
  return new UserError('upload-refused', { name, reason, remedy }, { cause })
}
