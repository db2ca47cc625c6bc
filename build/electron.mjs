// Electron's binary, which npm does not bring along: its package fetches it when asked to.
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { projectNode, root } from './setup.mjs'

const folder = join(root, 'node_modules/electron')
/** A download that takes longer is given up. */
const longestMs = 120_000

/** The program to start, or in a few words why there is none. A download is tried once for each version of Electron. */
export async function findElectron() {
  const { platform, env } = process
  if (platform === 'linux' && !env.DISPLAY && !env.WAYLAND_DISPLAY) return { missing: 'there is no display' }
  const found = binary()
  if (found) return { program: found }
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const cache = env.SCANBRIDGE_CACHE || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'scanbridge')
  const failed = join(cache, `electron-${version}-not-fetched`)
  if (existsSync(failed)) return { missing: `Electron could not be fetched (delete ${failed} to try again)` }
  console.error('Fetching Electron, once.')
  if (await fetchBinary()) return { program: binary() }
  mkdirSync(dirname(failed), { recursive: true })
  writeFileSync(failed, new Date().toISOString())
  return { missing: 'Electron could not be fetched' }
}

function binary() {
  const name = join(folder, 'path.txt')
  const program = existsSync(name) && join(folder, 'dist', readFileSync(name, 'utf8'))
  return program && existsSync(program) ? program : undefined
}

function fetchBinary() {
  return new Promise((resolve) => {
    const child = spawn(projectNode(), [join(folder, 'install.js')], { stdio: 'ignore', timeout: longestMs })
    child.on('error', () => resolve(false))
    child.on('close', () => resolve(binary() !== undefined))
  })
}
