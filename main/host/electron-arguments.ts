import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** What a launch asks for. */
export type Launch = {
  /** A file of the app to run in place of the shell, as Node would. */
  readonly entry: string | undefined
  /** Words of the command line, for a launch without a window. */
  readonly command: readonly string[] | undefined
  /** What to open: paths that exist. */
  readonly paths: readonly string[]
  readonly opensSample: boolean
}

/** A packed app does not run as Node (a fuse): what it starts as a process of its own comes through its shell, by these names. */
const entries = ['main/engine/probe-files.js', 'main/engine/load-addon.js', 'main/host/worker.js']

/** argv as the system gave it; a shell that is not packed has the app's folder as its first word. Words that begin with a dash
 *  are Chromium's, or ours. `folder`: where the launch was made. */
export function readLaunch(
  argv: readonly string[],
  folder: string,
  app: { readonly isPackaged: boolean; readonly folder: string },
): Launch {
  const entry = entries.map((name) => join(app.folder, name)).find((path) => path === argv[1])
  const words = argv.slice(app.isPackaged ? 1 : 2)
  const window = { entry, command: undefined, paths: [], opensSample: false }
  if (entry !== undefined) return window
  if (isCommand(words[0], folder)) return { ...window, command: words }
  const paths = words
    .filter((word) => !word.startsWith('-'))
    .map((word) => resolve(folder, word))
    .filter((path) => existsSync(path))
  return { ...window, paths, opensSample: words.includes('--sample') }
}

/** A word that names nothing on the disk: the command line knows the commands, and says so of a word that is none. */
function isCommand(word: string | undefined, folder: string): boolean {
  if (word === undefined) return false
  return /^--(help|version)$/.test(word) || (/^[a-z]+$/.test(word) && !existsSync(resolve(folder, word)))
}
