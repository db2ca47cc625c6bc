import { UserError } from '../errors.ts'
import type { EngineName } from './engine.ts'
import { startEngine } from './pick-files.ts'

// Entry of the process that report-files.ts starts to see whether an engine runs: a line of JSON on stdout.
const name = process.argv[2] as EngineName
try {
  console.log(JSON.stringify(await startEngine({ name })))
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.log(JSON.stringify({ reason: error.sentence, remedy: error.remedy }))
}
