// npm run -s scanbridge -- <command> ...: sets up what is missing, then runs the command line on the project's Node.
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { buildPage } from './page.mjs'
import { projectNode, root, setUp } from './setup.mjs'

/** Runs the command line with stdin, stdout and stderr as they are; gives its exit code. */
export function scanbridge(args) {
  const child = spawn(projectNode(), [join(root, 'main/cli/main.ts'), ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // Ctrl-C on a terminal reaches the child by itself too; the command line takes the two for one.
    process.on(signal, () => child.kill(signal))
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal]))
  })
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await setUp()
    if (process.argv[2] === 'serve') await buildPage()
    process.exitCode = await scanbridge(process.argv.slice(2))
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
