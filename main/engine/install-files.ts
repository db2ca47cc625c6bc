import { mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { withLock } from '../../build/lock.mjs'
import { UserError } from '../errors.ts'
import { checkLoads, compileAddons, findCompiler } from './addon-files.ts'
import { changedFiles, engineFolder, locate, sha256Of, type EngineManifest, type NativeEngine } from './files.ts'
import { InstallError } from './install-error.ts'
import { checkPip, downloadWheels, unpackWheel } from './pip-files.ts'
import {
  cudaRequirements,
  isHeader,
  isLibrary,
  isMetadata,
  requirement,
  tensorflowVersion,
  wheelFor,
} from './wheels.ts'

export type InstallOptions = {
  /** A folder of wheels to use instead of pip's index, for machines without a network. */
  readonly from?: string | undefined
  /** Told what is going on, a sentence at a time. */
  readonly say: (message: string) => void
}

/** Fetches TensorFlow with pip, builds tfjs-node's addon against it, and puts both in the user's cache in one move: a folder
 *  under its final name is whole. Safe beside another install, which is waited for, and after one that was cut off.
 *  An engine that is whole already is left alone.
 *  Throws UserError('engine-missing') where this machine lacks something. */
export async function installEngine(engine: NativeEngine, { from, say }: InstallOptions): Promise<void> {
  const folder = engineFolder(engine)
  const waiting = (): void => say('Waiting for another set-up of the compute engine that is under way.')
  await withLock(`${folder}.lock`, waiting, async () => {
    const located = locate(engine)
    if ('folder' in located && !(await changedFiles(located)).length) return
    const partial = startPartial(folder)
    try {
      const manifest = await build(engine, partial, from && resolve(from), say)
      writeFileSync(join(partial, 'engine.json'), JSON.stringify(manifest, null, 2))
      rmSync(folder, { recursive: true, force: true })
      renameSync(partial, folder)
    } catch (cause) {
      if (!(cause instanceof InstallError)) throw cause
      const remedy = 'Once that is remedied, run: scanbridge engine install. The slower wasm engine works meanwhile.'
      throw new UserError('engine-missing', { engine, reason: cause.message, remedy }, { cause })
    } finally {
      rmSync(partial, { recursive: true, force: true })
    }
  })
}

/** Under the lock, every other partial folder of this engine is one that was cut off. */
function startPartial(folder: string): string {
  const prefix = `.${basename(folder)}.partial-`
  for (const name of readdirSync(dirname(folder))) {
    if (name.startsWith(prefix)) rmSync(join(dirname(folder), name), { recursive: true, force: true })
  }
  return mkdtempSync(join(dirname(folder), prefix))
}

async function build(
  engine: NativeEngine,
  partial: string,
  from: string | undefined,
  say: (message: string) => void,
): Promise<EngineManifest> {
  const wheel = wheelFor(engine, process.platform, process.arch)
  if (!wheel) throw new InstallError(`there is no TensorFlow for it on ${process.platform}-${process.arch}`)
  const compiler = await findCompiler()
  const python = await checkPip()
  await checkSpace(partial, engine === 'cuda' ? 12 : 2)

  const downloads = join(partial, 'wheels')
  mkdirSync(downloads)
  const wheels: Record<string, string> = {}
  const fetch = async (requirements: readonly string[]): Promise<string[]> => {
    await downloadWheels({ requirements, platform: wheel.platform, python, to: downloads, from })
    const paths: string[] = []
    for (const name of readdirSync(downloads)) {
      wheels[name] = await sha256Of(join(downloads, name))
      paths.push(...(await unpackWheel(join(downloads, name), partial, isWanted)))
      rmSync(join(downloads, name))
    }
    return paths
  }
  say(`Fetching TensorFlow ${tensorflowVersion} (${engine === 'cuda' ? '600' : '270'} MB).`)
  let paths = await fetch([requirement(wheel)])
  if (engine === 'cuda') {
    say("Fetching NVIDIA's CUDA 12 libraries (3 GB).")
    const metadata = readFileSync(join(partial, paths.find(isMetadata)!), 'utf8')
    paths = paths.concat(await fetch(cudaRequirements(metadata)))
  }

  say('Compiling the addon that connects Node to TensorFlow.')
  await compileAddons(engine, compiler, partial)
  await checkLoads(partial)
  for (const leftover of [
    downloads,
    join(partial, 'tensorflow/include'),
    join(partial, dirname(paths.find(isMetadata)!)),
  ]) {
    rmSync(leftover, { recursive: true })
  }
  const files: Record<string, { bytes: number; sha256: string }> = {}
  for (const path of ['tfjs_binding.node', 'quiet.node', ...paths.filter(isLibrary)]) {
    files[path] = { bytes: statSync(join(partial, path)).size, sha256: await sha256Of(join(partial, path)) }
  }
  return { engine, tensorflow: tensorflowVersion, created: new Date().toISOString(), compiler, wheels, files }
}

const isWanted = (path: string): boolean => isLibrary(path) || isHeader(path) || isMetadata(path)

async function checkSpace(folder: string, gigabytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < gigabytes * 1e9) throw new InstallError(`${gigabytes} GB must be free in ${dirname(folder)}`)
}
