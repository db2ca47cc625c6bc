import { UserError } from '../errors.ts'
import { checkMachine } from './doctor-files.ts'
import type { Check } from './doctor-files.ts'
import { startWork } from './engine.ts'
import type { EngineChoice } from './engine.ts'

/** Everything that could keep Scanbridge from working here, with what to do about it. */
export async function diagnose(choice: EngineChoice): Promise<Check[]> {
  return [await engineCheck(choice), ...(await checkMachine('.'))]
}

async function engineCheck(choice: EngineChoice): Promise<Check> {
  try {
    const { name, tensorflow, device, threads, notes } = await startWork(choice)
    const finding = `${name} runs: ${tensorflow} on ${device}, ${threads} threads`
    return { name: 'engine', state: notes.length ? 'note' : 'good', finding, remedy: notes.join(' ') }
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    return { name: 'engine', state: 'bad', finding: error.sentence, remedy: error.remedy }
  }
}
