import type { EngineInfo, EngineRequest } from '../engine/engine.ts'
import { locate } from '../engine/files.ts'
import { installEngine as install } from '../engine/install-files.ts'
import { startEngine } from '../engine/pick-files.ts'
import type { RunRecord } from '../runs/run.ts'

/** Which engine a user asked for; absent parts are chosen. */
export type EngineChoice = EngineRequest

/** Starts the engine and says, for the record, what it is. */
export async function startWork(choice: EngineChoice): Promise<RunRecord['engine']> {
  return engineFacts(await startEngine(choice))
}

function engineFacts({ name, version, device, threads, notes }: EngineInfo): RunRecord['engine'] {
  return { name, tensorflow: version, device, threads, notes: [...notes] }
}

export type EngineStatus = {
  readonly name: string
  readonly runs: boolean
  readonly detail: string
  readonly remedy: string
}

export function engineList(): Promise<EngineStatus[]> {
  const native = (['cuda', 'cpu'] as const).map((name) => {
    const found = locate(name)
    const runs = 'folder' in found
    return {
      name,
      runs,
      detail: runs ? `TensorFlow ${found.manifest.tensorflow}` : found.reason,
      remedy: runs ? '' : `scanbridge engine install${name === 'cuda' ? ' --gpu' : ''}`,
    }
  })
  return Promise.resolve([...native, { name: 'wasm', runs: true, detail: 'always there', remedy: '' }])
}

export type InstallRequest = {
  readonly gpu: boolean
  readonly from?: string | undefined
  readonly report: (line: string) => void
}

export async function installEngine({ gpu, from, report }: InstallRequest): Promise<EngineStatus> {
  const name = gpu ? 'cuda' : 'cpu'
  await install(name, { from, say: report })
  return (await engineList()).find((one) => one.name === name)!
}
