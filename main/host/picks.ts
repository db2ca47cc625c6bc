import { randomBytes } from 'node:crypto'
import { basename, resolve } from 'node:path'
import type { Picked } from '../contract/contract.ts'
import type { Pick } from '../contract/schemas.ts'
import { UserError } from '../errors.ts'

/** What the user picked in this launch: windows name it by an id that cannot be guessed, and the host alone knows the path. */
export type Picks = {
  add(path: string, name?: string): Pick
  /** For what comes to lie somewhere only later, such as an upload. */
  addLater(name: string, path: () => string): Pick
  /** The paths of every pick that a checked request names; UserError where one was never given. */
  of(input: unknown): Picked
}

export function createPicks(): Picks {
  const paths = new Map<string, { readonly path: () => string; readonly name: string }>()
  const addLater = (name: string, path: () => string): Pick => {
    const pick = randomBytes(16).toString('hex')
    paths.set(pick, { path, name })
    return { pick, name }
  }
  return {
    add: (path, name = basename(path)) => addLater(name, () => resolve(path)),
    addLater,
    of(input) {
      const entries = pickIds(input).map((id) => {
        const found = paths.get(id)
        if (!found) throw new UserError('pick-unknown')
        return [id, { path: found.path(), name: found.name }] as const
      })
      return Object.fromEntries(entries)
    },
  }
}

/** In every request a pick stands under the name `pick`, at whatever depth. */
function pickIds(input: unknown): string[] {
  if (typeof input !== 'object' || input === null) return []
  return Object.entries(input).flatMap(([key, value]) =>
    key === 'pick' && typeof value === 'string' ? [value] : pickIds(value),
  )
}
