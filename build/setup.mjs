// Makes a checkout ready to run: npm packages, the project's own Node, the compute engine. Runs on the system's Node (>= 20),
// before anything is installed; everything it says goes to stderr. What is in place is left alone, in a fraction of a second.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { withLock } from './lock.mjs'

export const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules/.scanbridge-set-up')

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
  const own = join(root, 'node_modules/node/bin/node')
  if (existsSync(own)) return own
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath
  throw new Error("npm's package 'node' could not fetch Node 24. Install Node 24 or allow npm to reach its registry.")
}

function isReady() {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted()
}

/** What node_modules is made from: it is made anew when one of these changes. */
function wanted() {
  const hash = createHash('sha256')
  for (const file of ['package-lock.json', '.npmrc']) hash.update(readFileSync(join(root, file)))
  return `${process.platform}-${process.arch} ${hash.digest('hex')}\n`
}

async function installPackages() {
  console.error('Installing npm packages.')
  const code = await run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
  if (code !== 0) throw new Error('npm ci failed; its reason stands above. Run npm start or npm test again afterwards.')
  // Install scripts are off. Node's own package needs its one, which asks npm for the binary of this platform.
  await run('npm', ['rebuild', 'node', '--ignore-scripts=false', '--loglevel=error'])
  projectNode()
  writeFileSync(stamp, wanted())
}

/** Runs a command in the checkout; its output goes to stderr. The exit code. */
function run(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2] })
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
