import { Command, CommanderError } from 'commander'
import { adaptersCommand } from './adapters.ts'
import { adaptCommand } from './adapt.ts'
import { bakeoffCommand } from './bakeoff.ts'
import { benchCommand } from './bench.ts'
import { calibrateCommand } from './calibrate.ts'
import { checkCommand } from './check.ts'
import { addSharedOptions, reportError } from './command.ts'
import { convertCommand } from './convert.ts'
import { doctorCommand } from './doctor.ts'
import { engineCommand } from './engine.ts'
import { evaluateCommand, manifestCommand, mergeCommand } from './evaluate.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { indexCommand } from './index.ts'
import { methodsCommand } from './methods.ts'
import { modelsCommand } from './models.ts'
import { replayCommand } from './replay.ts'
import { reportCommand } from './report.ts'
import { rollbackCommand } from './rollback.ts'
import { segmentCommand } from './segment.ts'
import { serveCommand } from './serve.ts'
import type { Shell } from './shell.ts'
import { simulateCommand } from './simulate.ts'
import { stressCommand } from './stress.ts'
import { trainCommand } from './train.ts'
import { thisBuild } from '../app/build-files.ts'
import { UserError } from '../errors.ts'

const commands = [
  indexCommand,
  convertCommand,
  segmentCommand,
  checkCommand,
  adaptCommand,
  rollbackCommand,
  manifestCommand,
  evaluateCommand,
  mergeCommand,
  calibrateCommand,
  stressCommand,
  reportCommand,
  replayCommand,
  modelsCommand,
  adaptersCommand,
  methodsCommand,
  trainCommand,
  simulateCommand,
  serveCommand,
  engineCommand,
  doctorCommand,
  benchCommand,
  bakeoffCommand,
]

/** Runs one command line, without the program's own name. Everything it says goes through `shell`. */
export async function run(argv: readonly string[], shell: Shell): Promise<void> {
  const program = makeProgram(shell)
  try {
    await program.parseAsync(argv, { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return shell.exit(exitCodes.done)
    const refusal = error instanceof CommanderError ? usageError(error, program, argv) : error
    shell.exit(exitCodeOf(refusal ?? new UserError('usage')))
    const how = { json: argv.includes('--json'), verbose: argv.includes('--verbose') }
    if (refusal) reportError(shell, refusal, how)
  }
}

function makeProgram(shell: Shell): Command {
  const program = new Command('scanbridge')
    .description('Test-time training of segmentation models for scans from another scanner.')
    .version(thisBuild().version)
    .addHelpText('after', '\nA command tells more with --help. Research use only; not a medical device.')
  for (const make of commands) program.addCommand(make(shell))
  for (const command of everyCommand(program)) {
    if (command.commands.length === 0) addSharedOptions(command)
    const writeErr = (text: string): void => void shell.terminal.write(text)
    command.exitOverride().configureOutput({ writeOut: shell.out, writeErr, outputError: () => {} })
  }
  return program
}

/** Undefined where commander has shown its help instead. */
function usageError(
  { code, message }: CommanderError,
  program: Command,
  argv: readonly string[],
): UserError | undefined {
  if (code === 'commander.help') return undefined
  const problem = message
    .replace(/^error: /, '')
    .replace(/\.?\n.*$/s, '')
    .replace(/\.$/, '')
  const name = argv.find((word) => program.commands.some((command) => command.name() === word))
  const remedy = `See: scanbridge ${name ? `${name} ` : ''}--help.`
  return new UserError('usage', { problem: problem[0]!.toUpperCase() + problem.slice(1), remedy })
}

function everyCommand(root: Command): Command[] {
  return [root, ...root.commands.flatMap(everyCommand)]
}
