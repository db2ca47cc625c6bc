import { checkMachine } from './doctor-files.ts'
import type { Check } from './doctor-files.ts'
import { engineList } from './engine.ts'

/** Everything that could keep Scanbridge from working here, with what to do about it. */
export async function diagnose(): Promise<Check[]> {
  return [...(await engineChecks()), ...(await checkMachine('.'))]
}

/** wasm alone is enough to work; that nothing faster runs is worth a note. */
async function engineChecks(): Promise<Check[]> {
  const engines = await engineList(true)
  const isAny = engines.some(({ runs }) => runs)
  return engines.map(({ name, runs, detail, remedy }) => ({
    name: `engine ${name}`,
    state: runs ? 'good' : isAny ? 'note' : 'bad',
    finding: detail,
    remedy,
  }))
}
