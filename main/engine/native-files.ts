import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import util from 'node:util'
import { locate, npmPackages, type NativeEngine } from './files.ts'
import { tf } from './tf.ts'

/** Not by the name `require`: a bundler would make that its own. */
const load = createRequire(import.meta.url)

type Binding = { readonly TF_Version: string; isUsingGpuDevice(): boolean }
type Quiet = { mute(): void; unmute(): void }

/** What came of loading TensorFlow: its backend is registered as 'tensorflow', not yet chosen. Or why it could not be. */
export type Loaded = { readonly version: string; readonly usesGpu: boolean } | { readonly reason: string }

/** Loads the installed TensorFlow of an engine into this process. Once a process: a second one would meet the first's symbols.
 *  threads: 0 for as many as there are cores. */
export function loadTensorFlow(engine: NativeEngine, threads: number): Loaded {
  const located = locate(engine)
  if ('reason' in located) return located
  if (engine === 'cuda' && !existsSync('/proc/driver/nvidia/version') && !existsSync('/dev/nvidiactl')) {
    return { reason: 'this machine has no NVIDIA driver' }
  }
  setEnvironment(engine, threads)
  let binding: Binding
  const quiet = load(join(located.folder, 'quiet.node')) as Quiet
  if (!process.env['SCANBRIDGE_TF_LOG']) quiet.mute()
  try {
    binding = load(join(located.folder, 'tfjs_binding.node')) as Binding
  } catch (error) {
    return { reason: `TensorFlow does not load (${(error as Error).message.split('\n')[0]})` }
  } finally {
    quiet.unmute()
  }
  registerBackend(binding, engine)
  return { version: binding.TF_Version, usesGpu: binding.isUsingGpuDevice() }
}

/** All of these are read while the libraries load. What the user has set stays. */
function setEnvironment(engine: NativeEngine, threads: number): void {
  const { env } = process
  env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  if (threads > 0) {
    for (const name of ['TF_NUM_INTRAOP_THREADS', 'OMP_NUM_THREADS']) env[name] = String(threads)
  }
  // Operations run one after another: a second pool would only hold idle threads.
  env['TF_NUM_INTEROP_THREADS'] ??= '1'
  if (env['SCANBRIDGE_BF16'] === '1') env['ONEDNN_DEFAULT_FPMATH_MODE'] ??= 'BF16'
  if (engine === 'cuda') {
    // A workstation's GPU is shared with its display and its other users.
    env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true'
    // The same input gives the same mask.
    env['TF_DETERMINISTIC_OPS'] ??= '1'
  }
}

function registerBackend(binding: Binding, engine: NativeEngine): void {
  // tfjs-node calls these, which Node 23 removed.
  Object.assign(util, { isNullOrUndefined: (x: unknown) => x == null, isArray: Array.isArray })
  const packageName = npmPackages[engine]
  load(`${packageName}/dist/register_all_kernels.js`)
  const { NodeJSKernelBackend } = load(`${packageName}/dist/nodejs_kernel_backend.js`) as {
    NodeJSKernelBackend: new (binding: Binding, packageName: string) => tf.KernelBackend
  }
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, packageName))
}

/** The name of the first GPU, as its driver gives it. */
export function gpuName(): string {
  const folder = '/proc/driver/nvidia/gpus'
  for (const gpu of existsSync(folder) ? readdirSync(folder) : []) {
    const name = /^Model:\s*(.+)$/m.exec(readFileSync(join(folder, gpu, 'information'), 'utf8'))?.[1]
    if (name) return name
  }
  return 'NVIDIA GPU'
}
