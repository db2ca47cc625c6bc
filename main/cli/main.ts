import { Command, CommanderError } from 'commander'
import { adaptCommand } from './adapt.ts'
import { benchCommand } from './bench.ts'
import { addSharedOptions, reportError } from './command.ts'
import { convertCommand } from './convert.ts'
import { doctorCommand } from './doctor.ts'
import { engineCommand } from './engine.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { indexCommand } from './index.ts'
import { methodsCommand } from './methods.ts'
import { modelsCommand } from './models.ts'
import { reportCommand } from './report.ts'
import { rollbackCommand } from './rollback.ts'
import { segmentCommand } from './segment.ts'
import { simulateCommand } from './simulate.ts'
import { trainCommand } from './train.ts'
import { thisBuild } from '../app/build-files.ts'
import { UserError } from '../errors.ts'

const commands = [
  indexCommand,
  convertCommand,
  segmentCommand,
  adaptCommand,
  rollbackCommand,
  reportCommand,
  modelsCommand,
  methodsCommand,
  trainCommand,
  simulateCommand,
  engineCommand,
  doctorCommand,
  benchCommand,
]

// Libraries talk to the console; stdout belongs to the result.
for (const name of ['log', 'info', 'debug'] as const) console[name] = console.error
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) =>
  process.exit(error.code === 'EPIPE' ? 0 : exitCodes.failed),
)

const program = new Command('scanbridge')
  .description('Test-time training of segmentation models for scans from another scanner.')
  .version(thisBuild().version)
  .addHelpText('after', '\nA command tells more with --help. Research use only; not a medical device.')
for (const make of commands) program.addCommand(make())
for (const command of everyCommand(program)) {
  if (command.commands.length === 0) addSharedOptions(command)
  command.exitOverride().configureOutput({ outputError: () => {} })
}

try {
  await program.parseAsync()
} catch (error) {
  if (error instanceof UserError) refuse(error)
  else if (!(error instanceof CommanderError)) throw error
  else if (error.exitCode === 0) process.exitCode = exitCodes.done
  else reportUsage(error)
}

function reportUsage({ code, message }: CommanderError): void {
  process.exitCode = exitCodes.usage
  if (code === 'commander.help') return
  const problem = message
    .replace(/^error: /, '')
    .replace(/\.?\n.*$/s, '')
    .replace(/\.$/, '')
  const name = process.argv.slice(2).find((word) => commands.some((make) => make().name() === word))
  const remedy = `See: scanbridge ${name ? `${name} ` : ''}--help.`
  const sentence = problem[0]!.toUpperCase() + problem.slice(1)
  refuse(new UserError('usage', { problem: sentence, remedy }))
}

function refuse(error: UserError): void {
  process.exitCode = exitCodeOf(error)
  reportError(error, { json: process.argv.includes('--json'), verbose: false })
}

function everyCommand(root: Command): Command[] {
  return [root, ...root.commands.flatMap(everyCommand)]
}
