/** What an engine is: a tfjs backend plus what it needs. Types only; pick.ts starts one. */
export type EngineName = 'cuda' | 'cpu' | 'wasm'

export type EngineInfo = {
  readonly name: EngineName
  /** Version of TensorFlow, or of the wasm backend. */
  readonly version: string
  /** 'CPU', or the GPU's name. */
  readonly device: string
  readonly threads: number
  /** One clear line for everything that fell back or was found missing on the way to this engine. */
  readonly notes: readonly string[]
}

export type EngineRequest = {
  /** Without a name: the first of cuda, cpu, wasm that loads. With one: that one, or a UserError('engine-missing'). */
  readonly name?: EngineName
  /** 0 or absent: as many as the machine has cores. */
  readonly threads?: number
}
