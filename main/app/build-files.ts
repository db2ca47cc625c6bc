import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** What made a result: the version, and the commit where this is a git checkout or was packed from one. */
export function thisBuild(): { version: string; commit: string | null } {
  const text = readFileSync(join(root, 'package.json'), 'utf8')
  const { version, commit: packed } = JSON.parse(text) as { version: string; commit?: string | null }
  return { version, commit: packed ?? commit() }
}

/** Read from git's own files, because git need not be installed. */
function commit(): string | null {
  const head = readText('.git/HEAD')
  const branch = head?.startsWith('ref: ') ? head.slice(5) : undefined
  if (branch === undefined) return head ?? null
  const packed = readText('.git/packed-refs')
    ?.split('\n')
    .find((line) => line.endsWith(` ${branch}`))
  return readText(`.git/${branch}`) ?? packed?.split(' ')[0] ?? null
}

function readText(name: string): string | undefined {
  const path = join(root, name)
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined
}
