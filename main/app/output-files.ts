import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { UserError } from '../errors.ts'

/** Writes a file that is not there yet, with the folders above it. Throws UserError where there is one. */
export async function writeNewFile(path: string, bytes: Uint8Array): Promise<void> {
  if (existsSync(path))
    throw new UserError('usage', {
      problem: `${path} is there already`,
      remedy: 'Choose a new file with --out, or delete this one first.',
    })
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeFileAtomic(path, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  } catch (cause) {
    const reason = (cause as Error).message
    throw new UserError('cannot-write', { path, reason, remedy: 'Choose another place with --out.' }, { cause })
  }
}

export function inFolder(folder: string, name: string): string {
  return join(folder, name)
}
