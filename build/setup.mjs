// Makes a checkout ready to run: npm packages, the project's own Node, the compute engine. Runs on the system's Node (>= 20),
// before anything is installed; everything it says goes to stderr. What is in place is left alone, in a fraction of a second.
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { withLock } from './lock.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))
const ownNode = join(root, 'node_modules/node/bin/node')

/** Throws an Error with one sentence for the user where the packages cannot be installed. The engine never makes it fail. */
export async function setUp() {
  if (!isReady()) {
    const waiting = () => console.error('Waiting for another set-up of this checkout that is under way.')
    await withLock(join(root, '.cache/set-up.lock'), waiting, async () => {
      if (!isReady()) await installPackages()
    })
  }
  await run(projectNode(), ['build/set-up-engine.ts'])
}

/** The Node that runs the project's TypeScript as it stands. */
export function projectNode() {
  if (existsSync(ownNode)) return ownNode
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  throw new Error("npm's package 'node' could not fetch Node 24. Install Node 24, or let npm reach its registry.")
}

function isReady() {
  return hasPackages() && existsSync(ownNode)
}

/** Whether node_modules is what package-lock.json asks for, by the record that npm writes there when it is done. Packages
 *  of other platforms are optional and missing. */
function hasPackages() {
  const record = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(record)) return false
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages
  const { '': _, ...wanted } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  return Object.entries(wanted).every(([path, { version, optional }]) =>
    path in installed ? installed[path].version === version : optional,
  )
}

async function installPackages() {
  if (!hasPackages()) {
    console.error('Installing npm packages.')
    const code = await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
    if (code !== 0)
      throw new Error('npm ci failed; its reason stands above. Run npm start or npm test again afterwards.')
  }
  // Install scripts are off. Node's own package needs its one, which asks npm for the binary of this platform.
  await run('npm', ['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error'])
}

/** Runs a command in the checkout; its output goes to stderr. The exit code. */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], env: { ...process.env, ...env } })
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await setUp()
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
