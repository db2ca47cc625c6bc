import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Where what is set up once is kept. */
export const cache = process.env['SCANBRIDGE_CACHE'] ?? join(homedir(), '.cache', 'scanbridge')

/**
 * A Python environment of its own with pinned packages, made once in the cache; why there is none otherwise. `program` is
 * one of its executables.
 */
export function pythonEnvironment(
  name: string,
  packages: readonly string[],
  program = 'python',
): { readonly path: string } | { readonly reason: string } {
  const folder = join(cache, 'tools', name)
  const path = join(folder, 'bin', program)
  const done = `${folder}.done`
  if (existsSync(path) && existsSync(done)) return { path }
  try {
    mkdirSync(join(cache, 'tools'), { recursive: true })
    rmSync(folder, { recursive: true, force: true })
    const quiet = { stdio: 'pipe', timeout: 240_000 } as const
    execFileSync('python3', ['-m', 'venv', folder], quiet)
    const pip = ['install', '-q', '--disable-pip-version-check', ...packages]
    execFileSync(join(folder, 'bin', 'pip'), pip, quiet)
    if (!existsSync(path)) return { reason: `pip installed no ${program}` }
    // Half an environment, what a kill leaves, is made anew.
    mkdirSync(`${done}.part`, { recursive: true })
    renameSync(`${done}.part`, done)
    return { path }
  } catch (error) {
    return { reason: (error as Error).message.split('\n')[0]! }
  }
}

/** Snakemake, in which the workflow of build/cluster runs. */
export const findSnakemake = (): ReturnType<typeof pythonEnvironment> =>
  pythonEnvironment('snakemake-9.27.1', ['snakemake==9.27.1'], 'snakemake')
