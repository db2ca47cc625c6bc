import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { EngineInfo, EngineName } from './engine.ts'
import { changedFiles, locate } from './files.ts'
import { engineOrder, remedies } from './pick-files.ts'

export type EngineReport =
  | { readonly name: EngineName; readonly runs: true; readonly info: EngineInfo }
  | { readonly name: EngineName; readonly runs: false; readonly reason: string; readonly remedy: string }

/** Whether each engine runs here, found by starting each in a process of its own, in the order in which they are picked.
 *  verify: also compare every installed file's sha256 with the one recorded when it was installed. */
export async function engineReport({ verify = false } = {}): Promise<EngineReport[]> {
  const reports: EngineReport[] = []
  for (const name of engineOrder) reports.push((verify && (await damage(name))) || (await probe(name)))
  return reports
}

/** What can be told without starting anything, from what is installed: one engine is in use by this process. */
export function enginesBeside(running: string): { name: EngineName; runs: boolean; detail: string; remedy: string }[] {
  return engineOrder.map((name) => {
    if (name === running) return { name, runs: true, detail: '', remedy: '' }
    const located = name === 'wasm' ? undefined : locate(name)
    if (located && 'reason' in located) return { name, runs: false, detail: located.reason, remedy: remedies[name] }
    const detail = `It is installed; the ${running} engine is in use.`
    return { name, runs: false, detail, remedy: 'Choose it in the settings and start the app again.' }
  })
}

async function probe(name: EngineName): Promise<EngineReport> {
  const entry = fileURLToPath(new URL('./probe-files.ts', import.meta.url))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [entry, name])
    const answer = JSON.parse(stdout) as EngineInfo | { reason: string; remedy: string }
    return 'reason' in answer ? { name, runs: false, ...answer } : { name, runs: true, info: answer }
  } catch (error) {
    const { signal, message } = error as { signal?: string; message: string }
    const reason = `The ${name} engine ends its process (${signal ?? message.split('\n')[0]}).`
    return { name, runs: false, reason, remedy: 'Use another engine: --engine wasm' }
  }
}

async function damage(name: EngineName): Promise<EngineReport | undefined> {
  const located = name === 'wasm' ? undefined : locate(name)
  if (!located || 'reason' in located) return undefined
  const changed = await changedFiles(located)
  if (!changed.length) return undefined
  const reason = `Files of the ${name} engine are not as they were installed: ${changed.join(', ')}.`
  return { name, runs: false, reason, remedy: `Remove ${located.folder}. ${remedies[name]}` }
}
