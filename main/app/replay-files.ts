import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../errors.ts'

/** Throws UserError where there is no JSON. */
export async function readJson(path: string): Promise<unknown> {
  const remedy = 'Give the report.json of a finished run.'
  const bytes = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'EISDIR')
      throw new UserError('input-unsupported', { path, reason: 'it is a folder', remedy }, { cause })
    throw new UserError('input-not-found', { path }, { cause })
  })
  try {
    return JSON.parse(bytes)
  } catch (cause) {
    throw new UserError('input-unsupported', { path, reason: 'it is no JSON', remedy }, { cause })
  }
}

/** A folder that is not there yet, in a new one. */
export async function freshFolder(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'scanbridge-replay-')), 'run')
}

export async function removeFolder(run: string): Promise<void> {
  await rm(join(run, '..'), { recursive: true, force: true })
}

export async function hashesOf(folder: string): Promise<{ name: string; sha256: string }[]> {
  const names = ['before.nii.gz', 'after.nii.gz']
  return Promise.all(
    names.map(async (name) => ({
      name,
      sha256: createHash('sha256')
        .update(await readFile(join(folder, name)))
        .digest('hex'),
    })),
  )
}
