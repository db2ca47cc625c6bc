/** Scans that were opened before: where they are, what they look like, which runs belong to them. */
import { readFileSync, rmSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import { z } from 'zod'
import type { Frame } from '../contract/contract.ts'
import { Id, PictureHeader, Scanner } from '../contract/schemas.ts'
import type { RecentSummary, VolumeRef } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'
import type { Recents } from './shared.ts'
import { readState, setAside, writeBytes, writeState } from './state-files.ts'
import type { Home } from './state-files.ts'

const Recent = z.object({
  id: Id,
  path: z.string(),
  name: z.string(),
  description: z.string(),
  scanner: Scanner.nullable(),
  opened: z.iso.datetime(),
  pinned: z.boolean(),
  picture: PictureHeader.nullable(),
  /** Of what it holds: hashes of other voxels than those that lie there now are of no use. */
  fingerprint: z.string(),
  /** Hashes of its volumes, as far as they were computed. */
  hashes: z.array(z.object({ series: z.string(), volume: z.number(), hash: z.string() })),
})
type Recent = z.infer<typeof Recent>

export type Picture = Frame<PictureHeader>
type Opened = Pick<Recent, 'id' | 'path' | 'name' | 'description' | 'scanner' | 'fingerprint'> & {
  readonly picture: Picture | null
}

export type RecentStore = Recents & {
  list(): Promise<RecentSummary[]>
  /** Throws UserError where it is not known. */
  find(id: string): { readonly path: string; readonly name: string }
  add(opened: Opened): void
  /** Forgets hashes where something else lies there now than when they were computed. */
  check(id: string, fingerprint: string): void
  addHash(scan: VolumeRef, hash: string): void
  pin(id: string, pinned: boolean): void
  forget(id: string): void
  thumbnail(id: string): Picture
}

/** More that are not pinned are forgotten, the oldest first. */
const most = 40
/** A network drive that does not answer counts as missing. */
const patienceMs = 1500

export function openRecents(home: Home, now: () => Date): RecentStore {
  const picturePath = (id: string): string => join(home.pictures, `${id}.gray`)

  /** Read anew each time: another process of ours may write it too. */
  function read(): Recent[] {
    const stored = readState(home.recents)
    if (stored === undefined) return []
    const rows = z.array(z.unknown()).safeParse(stored)
    if (!rows.success) setAside(home.recents)
    return (rows.data ?? []).flatMap((row) => Recent.safeParse(row).data ?? [])
  }

  function write(recents: readonly Recent[]): void {
    const sorted = [...recents].sort((a, b) => b.opened.localeCompare(a.opened))
    const over = sorted.filter(({ pinned }) => !pinned).slice(most)
    for (const { id } of over) rmSync(picturePath(id), { force: true })
    writeState(
      home.recents,
      sorted.filter((recent) => !over.includes(recent)),
    )
  }

  function get(id: string): Recent {
    const recent = read().find((one) => one.id === id)
    if (!recent) throw new UserError('not-there', { what: 'This recent scan', remedy: 'Open it from where it lies.' })
    return recent
  }

  function change(id: string, change: (recent: Recent) => Recent): void {
    write(read().map((recent) => (recent.id === id ? change(recent) : recent)))
  }

  function withHash(hash: string): ReturnType<Recents['withHash']> {
    return read().flatMap(({ id, hashes }) => {
      const found = hashes.find((known) => known.hash === hash)
      return found ? [{ recent: id, scan: { input: id, series: found.series, volume: found.volume } }] : []
    })
  }

  return {
    async list() {
      const all = await Promise.all(read().map(async (recent) => ({ recent, isMissing: !(await exists(recent.path)) })))
      // What was dropped into a browser lay in a temporary folder: once that is gone it can never come back.
      const lasting = all.filter(({ recent, isMissing }) => !isMissing || recent.pinned || !isTemporary(recent.path))
      const dead = new Set(all.filter((one) => !lasting.includes(one)).map(({ recent }) => recent.id))
      // Read anew: looking for files took its time, and another scan may have been opened meanwhile.
      if (dead.size > 0) write(read().filter(({ id }) => !dead.has(id)))
      return lasting.map(({ recent: { path: _, hashes: __, fingerprint: ___, picture, ...rest }, isMissing }) => ({
        ...rest,
        isMissing,
        hasThumbnail: picture !== null,
      }))
    },
    find: get,
    async checkThere(id) {
      const { path, name } = get(id)
      if (await exists(path)) return
      const remedy = 'Bring back the disk or folder that it was in, or open it from where it is now.'
      throw new UserError('not-there', { what: `What "${name}" was opened from`, remedy })
    },
    add({ picture, ...opened }) {
      const known = read()
      const before = known.find(({ id }) => id === opened.id)
      if (picture) writeBytes(picturePath(opened.id), picture.bytes)
      const recent: Recent = {
        ...opened,
        opened: now().toISOString(),
        pinned: before?.pinned ?? false,
        picture: picture?.header ?? before?.picture ?? null,
        hashes: before?.fingerprint === opened.fingerprint ? before.hashes : [],
      }
      write([recent, ...known.filter((one) => one !== before)])
    },
    check(id, fingerprint) {
      const known = read().find((one) => one.id === id)
      if (known && known.fingerprint !== fingerprint) change(id, (recent) => ({ ...recent, fingerprint, hashes: [] }))
    },
    addHash({ input, series, volume }, hash) {
      change(input, (recent) => ({
        ...recent,
        hashes: [
          ...recent.hashes.filter((known) => known.series !== series || known.volume !== volume),
          { series, volume, hash },
        ],
      }))
    },
    byHash: (hash) => withHash(hash)[0],
    withHash,
    pin: (id, pinned) => change(get(id).id, (recent) => ({ ...recent, pinned })),
    forget(id) {
      rmSync(picturePath(get(id).id), { force: true })
      write(read().filter((recent) => recent.id !== id))
    },
    thumbnail(id) {
      const { picture } = get(id)
      const bytes = picture && readPicture(picturePath(id))
      if (picture && bytes?.length === picture.width * picture.height) return { header: picture, bytes }
      throw new UserError('not-there', { what: 'The picture of this scan', remedy: 'Open the scan to make it again.' })
    },
  }
}

function readPicture(path: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(readFileSync(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

async function exists(path: string): Promise<boolean> {
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patienceMs).unref())
  return (await Promise.race([stat(path).catch(() => undefined), late])) !== undefined
}

const isTemporary = (path: string): boolean => path.startsWith(tmpdir() + sep)
