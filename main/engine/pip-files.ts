import { execFile, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import yauzl from 'yauzl'
import { InstallError } from './install-error.ts'
import { wheelPythons } from './wheels.ts'

/** The version of the Python that pip belongs to, as "3.12". */
export async function checkPip(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('python3', ['-m', 'pip', '--version'])
    return /python (\d+\.\d+)/.exec(stdout)?.[1] ?? ''
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'python3' : "Python's pip"
    throw new InstallError(`${missing} is missing`, { cause: error })
  }
}

type Download = {
  readonly requirements: readonly string[]
  /** pip's name for the platform the wheels are built for. */
  readonly platform: string
  /** Of the Python that is there. */
  readonly python: string
  readonly to: string
  /** A folder of wheels, in place of the index. */
  readonly from: string | undefined
}

/** Fetches wheels into a folder by pip's own client, so that its configured index and proxy count. A Python that TensorFlow
 *  is not built for gets the wheel of another one: only the library inside is used. */
export async function downloadWheels({ requirements, platform, python, to, from }: Download): Promise<void> {
  const list = join(to, 'requirements.txt')
  writeFileSync(list, requirements.join('\n'))
  const source = from ? ['--no-index', '--find-links', from] : ['--retries', '2']
  const common = ['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '-r', list, '-d', to, ...source]
  const foreign = wheelPythons.map((version) => [
    ...['--implementation', 'cp', '--python-version', version],
    // pip matches the platform's name exactly, and NVIDIA's wheels use older ones.
    ...[platform, platform.replace('2_27', '2_17'), platform.replace('_2_27', '2014')].flatMap((name) => [
      '--platform',
      name,
    ]),
  ])
  const own = wheelPythons.includes(python) ? [[]] : []
  // An index has them all, a folder may hold any one.
  const attempts = from ? [...own, ...foreign] : [[...own, ...foreign][0]!]
  let complaint = ''
  for (const tags of attempts) {
    complaint = await pip([...common, ...tags])
    if (!complaint.includes('No matching distribution')) break
  }
  rmSync(list)
  if (complaint) throw new InstallError(`pip could not fetch ${requirements[0]!.split(' ')[0]} (${complaint})`)
}

/** Runs pip, its progress bar on stderr. What it complained about, shortly; empty when it did its work. */
function pip(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_INPUT: '1' }
    const child = spawn('python3', args, { stdio: ['ignore', process.stderr.isTTY ? 2 : 'ignore', 'pipe'], env })
    let errors = ''
    child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.on('error', (error) => resolve(error.message))
    child.on('close', (code, signal) => {
      resolve(code === 0 ? '' : shortened(errors) || `pip ended with ${signal ?? code}`)
    })
  })
}

function shortened(errors: string): string {
  if (/Retrying .*connection|ConnectTimeout|ProxyError/.test(errors)) return 'there is no connection to its index'
  if (/DO NOT MATCH THE HASHES/.test(errors)) return 'the wheel is not the published one: its hash differs'
  const lines = errors.trim().split('\n')
  return (
    lines
      .findLast((line) => line.startsWith('ERROR:'))
      ?.slice(6)
      .trim() ??
    lines.at(-1) ??
    ''
  )
}

/** Takes the wanted files out of a wheel; gives their paths in it. */
export async function unpackWheel(wheel: string, to: string, isWanted: (path: string) => boolean): Promise<string[]> {
  // yauzl refuses names that lead out of the folder.
  const zip = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(wheel, { lazyEntries: true })
  const openEntry = promisify<yauzl.Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip))
  const paths: string[] = []
  await new Promise<void>((resolve, reject) => {
    const take = async (entry: yauzl.Entry): Promise<void> => {
      if (isWanted(entry.fileName)) {
        const target = join(to, entry.fileName)
        mkdirSync(dirname(target), { recursive: true })
        const executable = ((entry.externalFileAttributes >>> 16) & 0o100) !== 0
        await pipeline(await openEntry(entry), createWriteStream(target, { mode: executable ? 0o755 : 0o644 }))
        paths.push(entry.fileName)
      }
      zip.readEntry()
    }
    zip.on('error', reject)
    zip.on('end', resolve)
    zip.on('entry', (entry: yauzl.Entry) => void take(entry).catch(reject))
    zip.readEntry()
  })
  return paths
}
