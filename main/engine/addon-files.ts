import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { bindingFolder, quietSource, unpacked, type NativeEngine } from './files.ts'
import { InstallError } from './install-error.ts'

const run = promisify(execFile)

/** The first C++ compiler that runs: $CXX, g++, c++, clang++. */
export async function findCompiler(): Promise<string> {
  for (const compiler of [process.env['CXX'], 'g++', 'c++', 'clang++']) {
    if (compiler && (await run(compiler, ['--version']).catch(() => undefined))) return compiler
  }
  throw new InstallError('there is no C++ compiler (g++ or clang++)')
}

/** Builds tfjs-node's addon beside the unpacked TensorFlow, and the one that mutes stderr. Node-API: they serve any Node. */
export async function compileAddons(engine: NativeEngine, compiler: string, folder: string): Promise<void> {
  const headers = unpacked(dirname(createRequire(import.meta.url).resolve('node-api-headers/package.json')))
  const common = ['-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION', `-I${headers}/include`]
  const binding = [
    ...['-std=c++17', '-DNODE_GYP_MODULE_NAME=tfjs_binding', '-I..', `-I${folder}/tensorflow/include`],
    ...['tfjs_backend.cc', 'tfjs_binding.cc', `-L${folder}/tensorflow`],
    // By the names that they have in the wheel, which are their sonames.
    ...['-l:libtensorflow_cc.so.2', '-l:libtensorflow_framework.so.2', '-Wl,-rpath,$ORIGIN/tensorflow'],
    ...['-o', join(folder, 'tfjs_binding.node')],
  ]
  const quiet = ['-DNODE_GYP_MODULE_NAME=quiet', '-x', 'c++', quietSource, '-o', join(folder, 'quiet.node')]
  for (const args of [binding, quiet]) {
    try {
      await run(compiler, [...common, ...args], { cwd: bindingFolder(engine), maxBuffer: 1 << 24 })
    } catch (error) {
      const lines = ((error as { stderr?: string }).stderr ?? String(error)).split('\n')
      const complaint = lines.find((line) => /error/i.test(line)) ?? lines[0]!
      throw new InstallError(`${compiler} could not build the addon (${complaint.trim()})`, { cause: error })
    }
  }
}

/** Loads the addon in a process of its own: TensorFlow ends the process where the processor lacks what it was built for. */
export async function checkLoads(folder: string): Promise<void> {
  const entry = fileURLToPath(new URL('./load-addon.ts', import.meta.url))
  try {
    await run(process.execPath, [entry, join(folder, 'tfjs_binding.node')])
  } catch (error) {
    const { stderr, signal } = error as { stderr?: string; signal?: string }
    const complaint = stderr?.split('\n').find((line) => /Error:|required|F0000/.test(line)) ?? signal ?? String(error)
    throw new InstallError(`TensorFlow does not load (${complaint.trim()})`, { cause: error })
  }
}
