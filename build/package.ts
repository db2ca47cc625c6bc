/**
 * npm run package -- [what electron-builder takes]: bundles, then installers, or with --dir the packed folder, in dist/.
 * --stand-in packs around an empty stand-in for Electron's binary; nothing is downloaded then.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeStandIn } from './stand-in.ts'

const root = join(import.meta.dirname, '..')

/** Throws where the program fails; its own words went to stderr. */
function run(program: string, args: readonly string[]): Promise<void> {
  // Under a test runner electron-builder would link files instead of copying them, and then rewrite our package.json.
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: 'production' }
  delete env['VITEST']
  const child = spawn(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 2, 2],
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program.split('/')[0]} failed; its reason stands above.`)),
    )
  })
}

async function makePackage(args: readonly string[]): Promise<void> {
  await run('electron-vite/bin/electron-vite.js', ['build', '--config', 'electron.config.ts', '--logLevel', 'warn'])
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')) as {
    version: string
  }
  const place = mkdtempSync(join(tmpdir(), 'scanbridge-electron-'))
  try {
    makeStandIn(place, version)
    const electron = args.includes('--stand-in') ? [`-c.electronDist=${place}`] : []
    const rest = args.filter((word) => word !== '--stand-in')
    await run('electron-builder/cli.js', [
      '--config',
      'electron-builder.config.mjs',
      '--publish',
      'never',
      ...electron,
      ...rest,
    ])
  } finally {
    rmSync(place, { recursive: true })
  }
}

try {
  await makePackage(process.argv.slice(2))
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
