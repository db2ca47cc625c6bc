import type { EngineInfo, EngineRequest } from '../engine/engine.ts'
import { installEngine as install } from '../engine/install-files.ts'
import { startEngine } from '../engine/pick-files.ts'
import { engineReport, enginesBeside } from '../engine/report-files.ts'
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

/** "TensorFlow 2.21.0 on CPU, 2 threads". */
function detailOf({ name, tensorflow, device, threads }: RunRecord['engine']): string {
  const library = name === 'wasm' ? 'TensorFlow.js' : 'TensorFlow'
  return `${library} ${tensorflow} on ${device}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`
}

/** Each engine, started for a moment in a process of its own. `verify` also compares installed files with their hashes. */
export async function engineList(verify = false): Promise<EngineStatus[]> {
  return (await engineReport({ verify })).map((report) =>
    report.runs
      ? {
          name: report.name,
          runs: true,
          detail: detailOf(engineFacts(report.info)),
          remedy: '',
        }
      : { name: report.name, runs: false, detail: report.reason, remedy: report.remedy },
  )
}

/** The same without starting anything: within Electron no process of plain Node can be started to find out. */
export function engineListBeside(running: RunRecord['engine']): EngineStatus[] {
  return enginesBeside(running.name).map((status) =>
    status.name === running.name ? { ...status, detail: detailOf(running) } : status,
  )
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
