import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, statfs } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { availableParallelism, freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import type { ModelCard } from '../model/card.ts'
import { companionFiles, listModels } from '../model/card-files.ts'

export type Check = {
  readonly name: string
  /** bad: work would fail; note: it runs, but not as well as it could. */
  readonly state: 'good' | 'note' | 'bad'
  readonly finding: string
  readonly remedy: string
}

/** A study of 256 x 256 x 170 is adapted within this. */
const memoryNeeded = 3e9
const diskNeeded = 1e9

export async function checkMachine(folder: string): Promise<Check[]> {
  return [node(), memory(), await checkDisk(folder), ...(await checkModels()), electron()]
}

function node(): Check {
  const finding = `Node ${process.versions.node} on ${process.platform} ${process.arch}, ${availableParallelism()} cores`
  return { name: 'node', state: 'good', finding, remedy: '' }
}

function memory(): Check {
  const finding = `${gigabytes(totalmem())} memory, ${gigabytes(freemem())} free`
  const isShort = totalmem() < memoryNeeded
  return {
    name: 'memory',
    state: isShort ? 'bad' : 'good',
    finding,
    remedy: isShort ? `A scan of 256 x 256 x 170 needs ${gigabytes(memoryNeeded)}.` : '',
  }
}

/** Whether runs can be written there. */
export async function checkDisk(folder: string): Promise<Check> {
  const { bavail, bsize } = await statfs(folder)
  const isShort = bavail * bsize < diskNeeded
  return {
    name: 'disk',
    state: isShort ? 'note' : 'good',
    finding: `${gigabytes(bavail * bsize)} free where runs are written`,
    remedy: isShort ? 'A run takes a few to some hundred megabytes: make room.' : '',
  }
}

/** Whether the weights of every model are those that its card was written for. */
export async function checkModels(): Promise<Check[]> {
  const listed = await listModels()
  if (listed.length === 0)
    return [
      {
        name: 'models',
        state: 'bad',
        finding: 'no model is there',
        remedy: 'Make the shipped ones: scanbridge train --shipped.',
      },
    ]
  return Promise.all(
    listed.map(async ({ name, folder, card, problem }) => {
      const finding = problem ?? (await weightsProblem(folder, card))
      return {
        name: `model ${name}`,
        state: finding ? ('bad' as const) : ('good' as const),
        finding: finding ?? `its weights are those of its card (${card!.sha256.slice(0, 12)})`,
        remedy: finding ? 'Copy the model folder again.' : '',
      }
    }),
  )
}

/** Of the model itself, and of the companions that its card names. */
async function weightsProblem(folder: string, card: ModelCard | undefined): Promise<string | undefined> {
  const kinds = Object.keys(companionFiles) as (keyof typeof companionFiles)[]
  const files = [
    ['model.onnx', card?.sha256],
    ...kinds.flatMap((kind) => (card?.companions?.[kind] ? [[companionFiles[kind], card.companions[kind]]] : [])),
  ] as const
  for (const [name, expected] of files) {
    const file = join(folder, name)
    if (!existsSync(file)) return `it has no ${name}`
    const hash = createHash('sha256')
      .update(await readFile(file))
      .digest('hex')
    if (hash !== expected) return `the weights in ${name} (${hash.slice(0, 12)}) are not those of its card`
  }
  return undefined
}

/** The window is not needed by the command line, so its absence is a note. */
function electron(): Check {
  const packages = createRequire(import.meta.url)
  const remedy = 'The command line does not need it.'
  try {
    return { name: 'electron', state: 'good', finding: `installed at ${packages.resolve('electron')}`, remedy: '' }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error
    return { name: 'electron', state: 'note', finding: 'not installed: no window', remedy }
  }
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}
