import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** What a launch asks for. */
export type Launch = {
  /** Words of the command line, for a launch without a window; undefined for a window. */
  readonly command: readonly string[] | undefined
  /** What to open: paths that exist. */
  readonly paths: readonly string[]
  readonly opensSample: boolean
}

/** The commands that do their work in one process: `serve` and `bench` start others, which a packed app refuses. */
const commands = [
  ...[
    'index',
    'convert',
    'segment',
    'adapt',
    'rollback',
    'report',
    'evaluate',
    'check',
    'models',
    'methods',
    'simulate',
  ],
  ...['engine', 'doctor', 'help', '--help', '--version'],
]

/** argv as the system gave it; a shell that is not packed has the app's folder as its first word. Words that begin with a dash
 *  are Chromium's, or ours. */
export function readLaunch(argv: readonly string[], folder: string, isPackaged: boolean): Launch {
  const words = argv.slice(isPackaged ? 1 : 2)
  const [first] = words
  if (first !== undefined && commands.includes(first)) return { command: words, paths: [], opensSample: false }
  const paths = words
    .filter((word) => !word.startsWith('-'))
    .map((word) => resolve(folder, word))
    .filter((path) => existsSync(path))
  return { command: undefined, paths, opensSample: words.includes('--sample') }
}
