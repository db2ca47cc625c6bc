import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import type { EngineName } from './engine.ts'
import { tensorflowVersion } from './wheels.ts'

/** The engines that need files of their own; wasm's come with npm. */
export type NativeEngine = Exclude<EngineName, 'wasm'>

/** engine.json: written last, so a folder that has it is whole. */
export type EngineManifest = {
  readonly engine: NativeEngine
  readonly tensorflow: string
  readonly created: string
  readonly compiler: string
  /** sha256 of the wheels as pip delivered them. */
  readonly wheels: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, { readonly bytes: number; readonly sha256: string }>>
}

export type Located = { readonly folder: string; readonly manifest: EngineManifest } | { readonly reason: string }

/** Per user and machine: $SCANBRIDGE_CACHE, or "scanbridge" in the XDG cache folder. */
export function cacheFolder(): string {
  const { SCANBRIDGE_CACHE, XDG_CACHE_HOME } = process.env
  return SCANBRIDGE_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'scanbridge')
}

/** Where an engine lies: where the installer of the app put it, $SCANBRIDGE_ENGINE, else by TensorFlow's version, the machine's
 *  kind, and the sources the addon is made from. */
export function engineFolder(engine: NativeEngine): string {
  const shipped = join(process.env['SCANBRIDGE_ENGINE'] ?? '', engine)
  if (process.env['SCANBRIDGE_ENGINE'] && existsSync(join(shipped, 'engine.json'))) return shipped
  const key = `${engine}-${tensorflowVersion}-${process.platform}-${process.arch}-${sourcesHash(engine)}`
  return join(cacheFolder(), 'engine', key)
}

/** The npm package whose addon and kernels an engine uses. Its install script, which downloads, never runs. */
export const npmPackages: Readonly<Record<NativeEngine, string>> = {
  cpu: '@tensorflow/tfjs-node',
  cuda: '@tensorflow/tfjs-node-gpu',
}

/** Where npm put the addon's C++ sources. */
export function bindingFolder(engine: NativeEngine): string {
  const manifest = createRequire(import.meta.url).resolve(`${npmPackages[engine]}/package.json`)
  return unpacked(join(dirname(manifest), 'binding'))
}
export const quietSource = unpacked(fileURLToPath(new URL('./quiet.c', import.meta.url)))

/** A compiler cannot read a packed app's archive: what it needs lies beside it. */
export function unpacked(path: string): string {
  return path.replace(/app\.asar(?=[\\/])/, 'app.asar.unpacked')
}

function sourcesHash(engine: NativeEngine): string {
  const hash = createHash('sha256')
  const folder = bindingFolder(engine)
  const sources = readdirSync(folder).sort()
  for (const path of [...sources.map((name) => join(folder, name)), quietSource]) hash.update(readFileSync(path))
  return hash.digest('hex').slice(0, 8)
}

/** The installed engine, after a check that every file is there in full length (not its hash: that takes a second). */
export function locate(engine: NativeEngine): Located {
  const folder = engineFolder(engine)
  if (!existsSync(join(folder, 'engine.json'))) return { reason: 'it is not installed' }
  const manifest = JSON.parse(readFileSync(join(folder, 'engine.json'), 'utf8')) as EngineManifest
  for (const [name, { bytes }] of Object.entries(manifest.files)) {
    const found = statSync(join(folder, name), { throwIfNoEntry: false })
    if (found?.size !== bytes) return { reason: `its file ${name} is ${found ? 'not whole' : 'missing'}` }
  }
  return { folder, manifest }
}

/** Names of the files whose sha256 is not the recorded one. Reads everything: a second for a CPU engine. */
export async function changedFiles({ folder, manifest }: Extract<Located, { folder: string }>): Promise<string[]> {
  const changed: string[] = []
  for (const [name, { sha256 }] of Object.entries(manifest.files)) {
    if ((await sha256Of(join(folder, name))) !== sha256) changed.push(name)
  }
  return changed
}

export async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}
