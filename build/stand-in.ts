import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where Electron keeps its fuses: this text, a version, their number, and one character for each. */
const fuseWire = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const fuses = 9

/** A folder that has the names of Electron's Linux distribution and nothing that runs: all but the binary itself can be packed
 *  and looked at on a machine that cannot fetch it. */
export function makeStandIn(folder: string, version: string): void {
  mkdirSync(join(folder, 'locales'), { recursive: true })
  mkdirSync(join(folder, 'resources'), { recursive: true })
  const wire = Buffer.concat([Buffer.from(fuseWire), Buffer.from([1, fuses]), Buffer.alloc(fuses, '1')])
  const script =
    "#!/bin/sh\necho 'This stands in for Electron, which was not there when the app was packed.' >&2\nexit 1\n"
  writeFileSync(join(folder, 'electron'), Buffer.concat([Buffer.from(script), wire]), { mode: 0o755 })
  for (const name of ['LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak', 'locales/fr.pak'])
    writeFileSync(join(folder, name), '')
  writeFileSync(join(folder, 'version'), version)
}
