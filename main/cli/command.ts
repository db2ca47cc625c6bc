import { Command, InvalidArgumentError, Option } from 'commander'
import type { EngineChoice } from '../app/engine.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { createProgress } from './progress.ts'
import type { Progress } from './progress.ts'
import type { Shell } from './shell.ts'
import { UserError } from '../errors.ts'

/** What every command is given besides its own arguments. */
export type Context = {
  readonly signal: AbortSignal
  readonly engine: EngineChoice
  readonly seed: number
  readonly progress: Progress
  /** Prints what a command has to say before it ends, as one line. */
  readonly tell: (outcome: Outcome) => void
}

/** What a command came to: for scripts (undefined: nothing), for people, and for the shell. */
export type Outcome = { readonly json: unknown; readonly text: string; readonly exitCode?: number }

type Shared = {
  json?: true
  verbose?: true
  engine?: EngineChoice['name']
  seed: number
  threads?: number
}

/** A command with an example under its help. main.ts gives it the options that all share. */
export function command(name: string, summary: string, example: string): Command {
  return new Command(name)
    .summary(summary)
    .description(summary)
    .addHelpText('after', `\nExample:\n  ${example.split('\n').join('\n  ')}`)
}

export function addSharedOptions(command: Command): Command {
  return command
    .optionsGroup('Options of every command:')
    .addOption(
      new Option('--engine <name>', 'compute engine; default: the first that runs').choices(['cuda', 'cpu', 'wasm']),
    )
    .option('--seed <n>', 'seed of everything random', integer(0, 2 ** 32 - 1), 0)
    .option('--threads <n>', 'threads of the engine; default: all cores', integer(1, 1024))
    .option('--json', 'print one JSON document on stdout and nothing else there')
    .option('--verbose', 'show the stack of an error')
    .helpOption('-h, --help', 'show this help')
}

/** A command that only holds others; which one is meant without a name is said with isDefault. */
export function group(name: string, summary: string): Command {
  return new Command(name).summary(summary).description(summary)
}

/**
 * A command's action: makes its context, prints its outcome, sets the exit code. `Arguments` are the command's own
 * arguments and options, as commander passes them.
 */
export function action<Arguments extends unknown[]>(
  shell: Shell,
  run: (context: Context, ...args: Arguments) => Promise<Outcome>,
): (...args: unknown[]) => Promise<void> {
  return async (...all) => {
    const args = all.slice(0, -1) as Arguments
    const shared = (all.at(-1) as Command).opts<Shared>()
    const progress = createProgress(shell.terminal)
    const stop = listenForStop(progress)
    try {
      const engine = {
        ...(shared.engine ? { name: shared.engine } : {}),
        ...(shared.threads ? { threads: shared.threads } : {}),
      }
      const tell = ({ json, text }: Outcome): void => printResult(shell, shared.json ? JSON.stringify(json) : text)
      const outcome = await run({ signal: stop.signal, engine, seed: shared.seed, progress, tell }, ...args)
      progress.end()
      printResult(shell, shared.json ? (JSON.stringify(outcome.json, null, 2) ?? '') : outcome.text)
      shell.exit(stop.exitCode() ?? outcome.exitCode ?? exitCodes.done)
    } catch (error) {
      progress.end()
      shell.exit(stop.exitCode() ?? exitCodeOf(error))
      if (!stop.signal.aborted)
        reportError(shell, error, { json: shared.json === true, verbose: shared.verbose === true })
      else if (shared.json)
        printResult(shell, JSON.stringify({ error: { code: 'stopped', message: 'Stopped.', remedy: '' } }))
    } finally {
      stop.end()
    }
  }
}

/** One sentence on stderr, the stack with --verbose only; with --json the error is the document. */
export function reportError(
  shell: Shell,
  error: unknown,
  { json, verbose }: { json: boolean; verbose: boolean },
): void {
  const { code, sentence, remedy } = describe(error)
  shell.terminal.write(`${remedy ? `${sentence} ${remedy}` : sentence}\n`)
  if (verbose && error instanceof Error) shell.terminal.write(`${error.stack ?? ''}\n${causes(error)}`)
  if (json) printResult(shell, JSON.stringify({ error: { code, message: sentence, remedy } }, null, 2))
}

function describe(error: unknown): { code: string; sentence: string; remedy: string } {
  if (error instanceof UserError) return error
  const message = error instanceof Error ? error.message : String(error)
  return {
    code: 'internal',
    sentence: `Scanbridge failed: ${message}.`,
    remedy: 'Run it again with --verbose and report what it shows.',
  }
}

function causes(error: Error): string {
  return error.cause instanceof Error ? `caused by ${error.cause.stack ?? ''}\n${causes(error.cause)}` : ''
}

function printResult(shell: Shell, text: string): void {
  if (text !== '') shell.out(`${text}\n`)
}

/** Within this time a second Ctrl-C is the same one: terminal and launcher may both pass it on. */
const sameSignalMs = 1000

/** Ctrl-C stops within a step and lets the run be put in order; a second one ends at once. */
function listenForStop(progress: Progress): { signal: AbortSignal; exitCode(): number | undefined; end(): void } {
  const controller = new AbortController()
  let code: number | undefined
  let first = 0
  const listener = (name: NodeJS.Signals): void => {
    if (code !== undefined && Date.now() - first > sameSignalMs) process.exit(code)
    if (code !== undefined) return
    code = name === 'SIGTERM' ? exitCodes.terminated : exitCodes.interrupted
    first = Date.now()
    progress.say('Stopping after this step; what is done is kept. Ctrl-C again ends at once.')
    controller.abort()
  }
  process.on('SIGINT', listener).on('SIGTERM', listener)
  return {
    signal: controller.signal,
    exitCode: () => code,
    end: () => process.off('SIGINT', listener).off('SIGTERM', listener),
  }
}

export function integer(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < low || value > high)
      throw new InvalidArgumentError(`Give a whole number from ${low} to ${high}.`)
    return value
  }
}

export function positive(text: string): number {
  const value = Number(text)
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Give a number above 0.')
  return value
}
