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

/** Each engine, started for a moment in a process of its own. `verify` also compares installed files with their hashes. */
export async function engineList(verify = false): Promise<EngineStatus[]> {
  return (await engineReport({ verify })).map((report) =>
    report.runs
      ? {
          name: report.name,
          runs: true,
          detail: `${report.info.version} on ${report.info.device}, ${report.info.threads} threads`,
          remedy: '',
        }
      : { name: report.name, runs: false, detail: report.reason, remedy: report.remedy },
  )
}

/** The same without starting anything: within Electron no process of plain Node can be started to find out. */
export function engineListBeside(running: RunRecord['engine']): EngineStatus[] {
  const { name, tensorflow, device, threads } = running
  return enginesBeside(name).map((status) =>
    status.name === name ? { ...status, detail: `${tensorflow} on ${device}, ${threads} threads` } : status,
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
