// Builds the window's page into out/renderer where its sources have changed since; otherwise a matter of milliseconds.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { withLock } from './lock.mjs'
import { root, run, projectNode } from './setup.mjs'

const sources = ['renderer', 'main/contract', 'vite.config.ts', 'svelte.config.js', 'package-lock.json']
const stamp = join(root, '.cache/page.stamp')

/** Throws an Error with one sentence where the build fails; Vite's own words stand above it then. */
export async function buildPage() {
  if (isBuilt()) return
  const waiting = () => console.error('Waiting for another build of the page.')
  await withLock(join(root, '.cache/page.lock'), waiting, async () => {
    if (isBuilt()) return
    console.error('Building the page.')
    const state = stateOfSources()
    const vite = join(root, 'node_modules/vite/bin/vite.js')
    const code = await run(projectNode(), [vite, 'build', '--logLevel', 'error'], { NODE_ENV: 'production' })
    if (code !== 0) throw new Error('The page could not be built; the reason stands above.')
    mkdirSync(join(root, '.cache'), { recursive: true })
    writeFileSync(stamp, state)
  })
}

function isBuilt() {
  const isThere = existsSync(join(root, 'out/renderer/index.html')) && existsSync(stamp)
  return isThere && readFileSync(stamp, 'utf8') === stateOfSources()
}

/** Changes with every edit, and with files that come or go. */
function stateOfSources() {
  const hash = createHash('sha256')
  for (const path of sources.flatMap(filesBelow)) {
    const { size, mtimeMs } = statSync(join(root, path))
    hash.update(`${path} ${size} ${mtimeMs}\n`)
  }
  return hash.digest('hex')
}

function filesBelow(path) {
  if (statSync(join(root, path)).isFile()) return [path]
  const names = readdirSync(join(root, path)).sort()
  return names.flatMap((name) => filesBelow(`${path}/${name}`))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await buildPage()
  } catch (error) {
    console.error(error.message)
    process.exitCode = 1
  }
}
