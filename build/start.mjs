// npm start: the app, on the built-in sample: in Electron where that is installed, otherwise in the browser.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { findElectron } from './electron.mjs'
import { buildPage } from './page.mjs'
import { scanbridge } from './scanbridge.mjs'
import { projectNode, root, run, setUp } from './setup.mjs'

/** The exit code of the shell. */
async function openElectron(program) {
  const electronVite = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
  const code = await run(projectNode(), [electronVite, 'build', '--config', 'electron.config.ts'])
  if (code !== 0) throw new Error('The app could not be built; the reason stands above.')
  const child = spawn(program, [join(root, 'out/app'), '--sample'], { stdio: 'inherit' })
  return new Promise((resolve, reject) => child.on('error', reject).on('close', resolve))
}

try {
  await setUp()
  const { program, missing } = await findElectron()
  if (program) process.exitCode = await openElectron(program)
  else {
    await buildPage()
    console.error(`The app opens in the browser, for ${missing}. Ctrl-C ends it.`)
    process.exitCode = await scanbridge(['serve', '--sample', ...process.argv.slice(2)])
  }
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
}
