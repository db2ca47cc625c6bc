/** What a path that was picked stands for. */
import { createHmac, randomBytes } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { readState, writeState } from './state-files.ts'

const clutter = /^(\.|Thumbs\.db$|desktop\.ini$|__MACOSX$)/i

/** Where a folder holds nothing but one file or folder, as a drop of one does: that. */
export async function enterLone(path: string): Promise<string> {
  for (let at = path; ;) {
    const facts = await stat(at).catch(() => undefined)
    if (!facts?.isDirectory()) return at
    const names = (await readdir(at).catch(() => [])).filter((name) => !clutter.test(name))
    if (names.length !== 1) return at
    at = join(at, names[0]!)
  }
}

/** The same for every way to write a path. One that is not there (any more) stands for itself. */
export function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path
  }
}

/** Of a file: another when it was written again. */
export async function stampOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path)
  return `${size} ${mtimeMs}`
}

export type Salted = {
  /** Of what lies at a path: the same as long as this home is there, and it does not tell the path. */
  idOf(path: string): string
  /** Of any text, without telling it. */
  digest(text: string): string
  /** P- and 6 letters: the same for the same identity in this home, and another in every other home. */
  pseudonym(identity: string): string
}

/** Keyed hashes, under a salt that is made once and never leaves this home. */
export function openSalt(path: string): Salted {
  const stored = z.object({ salt: z.string().min(32) }).safeParse(readState(path))
  const salt = stored.data?.salt ?? randomBytes(32).toString('hex')
  if (!stored.success) writeState(path, { salt })
  const letters = (text: string, count: number): string =>
    [...createHmac('sha256', salt).update(text).digest()]
      .slice(0, count)
      .map((byte) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[byte & 31])
      .join('')
  return {
    idOf: (where) => `scan-${letters(`path ${where}`, 16).toLowerCase()}`,
    digest: (text) => letters(`text ${text}`, 16),
    pseudonym: (identity) => `P-${letters(`patient ${identity}`, 6)}`,
  }
}
