import { availableParallelism } from 'node:os'
import { UserError } from '../errors.ts'
import type { EngineInfo, EngineName, EngineRequest } from './engine.ts'
import { registerNativeGradients } from './gradients.ts'
import { gpuName, loadTensorFlow } from './native-files.ts'
import { tf } from './tf.ts'
import { registerWasmConvolutions } from './wasm-convolution.ts'
import { loadWasm } from './wasm-files.ts'

export const engineOrder: readonly EngineName[] = ['cuda', 'cpu', 'wasm']

/** What a user does about an engine that does not run here. */
export const remedies: Readonly<Record<EngineName, string>> = {
  cuda: 'On a machine with an NVIDIA driver, run: scanbridge engine install --gpu',
  cpu: 'Run: scanbridge engine install',
  wasm: 'Run npm ci in the checkout.',
}

let started: EngineInfo | undefined

/** Starts the engine of this process: the one asked for, or the first of cuda, cpu, wasm that loads. There is one engine a
 *  process; asking again gives the one that runs. Throws UserError('engine-missing') for a named engine that does not load. */
export async function startEngine(request: EngineRequest = {}): Promise<EngineInfo> {
  const { name } = request
  if (started) {
    if (name && name !== started.name) throw new Error(`the ${started.name} engine runs already, not ${name}`)
    return started
  }
  const notes: string[] = []
  for (const candidate of name ? [name] : engineOrder) {
    const outcome = await start(candidate, request, notes)
    if (typeof outcome !== 'string') return (started = outcome)
    if (name) throw new UserError('engine-missing', { engine: name, reason: outcome, remedy: remedies[name] })
    // That a machine without a GPU has no cuda engine is no news.
    if (candidate !== 'cuda' || !/not installed|no NVIDIA driver/.test(outcome)) {
      notes.push(`The ${candidate} engine does not run here: ${outcome}. ${remedies[candidate]}`)
    }
  }
  throw new UserError('engine-missing', { engine: 'wasm', reason: 'nothing loads', remedy: remedies.wasm })
}

/** The started engine, or the reason why it did not start. */
async function start(
  candidate: EngineName,
  { name, threads = 0 }: EngineRequest,
  notes: readonly string[],
): Promise<EngineInfo | string> {
  if (candidate === 'wasm') {
    const { version } = loadWasm()
    if (!(await tf.setBackend('wasm'))) return 'its WebAssembly code does not load'
    registerWasmConvolutions()
    return { name: 'wasm', version, device: 'CPU', threads: 1, notes }
  }
  const loaded = loadTensorFlow(candidate, threads)
  if ('reason' in loaded) return loaded.reason
  const { version, usesGpu } = loaded
  const withoutGpu = candidate === 'cuda' && !usesGpu
  if (withoutGpu && name) return 'TensorFlow found no GPU that it can use'
  await tf.setBackend('tensorflow')
  registerNativeGradients()
  const found = { version, threads: threads || availableParallelism() }
  if (usesGpu) return { ...found, name: 'cuda', device: gpuName(), notes }
  // A process can hold one TensorFlow only, and the one for CUDA is a CPU engine too.
  const note = 'TensorFlow for CUDA is installed but found no GPU that it can use. It runs on the CPU.'
  return { ...found, name: 'cpu', device: 'CPU', notes: withoutGpu ? [...notes, note] : notes }
}
