import { createRequire } from 'node:module'
import { dirname } from 'node:path'

/** Not by the name `require`: a bundler would make that its own. */
const load = createRequire(import.meta.url)

type WasmPackage = { setWasmPaths(prefix: string): void; version_wasm: string }

/** Registers tfjs's WebAssembly backend as 'wasm', reading its code from where npm put it. Node runs it on one thread only
 *  (tfjs issue 3830). */
export function loadWasm(): { readonly version: string } {
  // All gradients; the core alone has none.
  load('@tensorflow/tfjs')
  // The file that Node loads lies beside the .wasm files.
  const main = load.resolve('@tensorflow/tfjs-backend-wasm')
  const wasm = load(main) as WasmPackage
  wasm.setWasmPaths(`${dirname(main)}/`)
  return { version: wasm.version_wasm }
}
