/** Whose work Scanbridge is built on. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

export type Licence = { readonly name: string; readonly version: string; readonly licence: string }

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Built into the windows or around them, though npm only knows them as tools. */
const bundled = ['svelte', 'cornerstone-core', 'uplot', '@lucide/svelte', 'electron']
/** Whose package.json names none. */
const stated: Readonly<Record<string, string>> = { 'png-js': 'MIT' }

const Lock = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), license: z.string().optional(), dev: z.boolean().optional() }),
  ),
})

/** Of a packed app what the build wrote beside it; of a checkout what package-lock.json says. By name. */
export function readLicences(): Licence[] {
  const packed = join(root, 'licences.json')
  if (existsSync(packed)) return JSON.parse(readFileSync(packed, 'utf8')) as Licence[]
  const lock = join(root, 'package-lock.json')
  if (!existsSync(lock)) return []
  const { packages } = Lock.parse(JSON.parse(readFileSync(lock, 'utf8')))
  const found = new Map<string, Licence>()
  for (const [path, { version = '', license, dev }] of Object.entries(packages)) {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    if (!path.includes('node_modules/') || (dev && !bundled.includes(name))) continue
    found.set(`${name} ${version}`, { name, version, licence: license ?? stated[name] ?? 'see its LICENSE file' })
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name, 'en'))
}
