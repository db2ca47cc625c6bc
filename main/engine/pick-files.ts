import { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'
import util from 'node:util'
import { registerNativeGradients } from './gradients.ts'
import { tf } from './tf.ts'
import type { EngineInfo, EngineRequest } from './engine.ts'

const require = createRequire(import.meta.url)

/** Stop-gap of the first hour: loads the hand-built addon. Replaced by the real engine set-up. */
export async function startEngine(_request: EngineRequest = {}): Promise<EngineInfo> {
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
  Object.assign(util, { isNullOrUndefined: (x: unknown) => x == null, isArray: Array.isArray })
  require('@tensorflow/tfjs-node/dist/register_all_kernels.js')
  const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node/dist/nodejs_kernel_backend.js') as {
    NodeJSKernelBackend: new (b: unknown, n: string) => tf.KernelBackend
  }
  const binding = require(join(homedir(), '.cache/scanbridge-dev/tfjs_binding.node')) as { TF_Version: string }
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node'), 3)
  await tf.setBackend('tensorflow')
  registerNativeGradients()
  return { name: 'cpu', version: binding.TF_Version, device: 'CPU', threads: 2, notes: [] }
}
