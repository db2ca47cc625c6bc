import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import writeFileAtomic from 'write-file-atomic'
import { UserError } from '../errors.ts'
import { ModelCard } from './card.ts'
import { createModel } from './graph.ts'
import { toHalfPrecision } from './half-precision.ts'
import type { Model } from './model.ts'
import { readOnnx, writeOnnx } from './onnx.ts'
import type { OnnxGraph } from './onnx-types.ts'

/** A folder that holds a model.json. One that cannot be used is listed with its problem, not left out. */
export type ListedModel = {
  readonly name: string
  readonly folder: string
  readonly shipped: boolean
  readonly card?: ModelCard
  readonly problem?: string
}

/** The models that come with Scanbridge, then those in the user's folder, $SCANBRIDGE_MODELS. */
export function modelRoots(): readonly { folder: string; shipped: boolean }[] {
  const own = process.env['SCANBRIDGE_MODELS']
  const shipped = { folder: fileURLToPath(new URL('../../models', import.meta.url)), shipped: true }
  return own ? [shipped, { folder: resolve(own), shipped: false }] : [shipped]
}

export async function listModels(roots = modelRoots()): Promise<ListedModel[]> {
  const lists = await Promise.all(
    roots.map(async ({ folder: root, shipped }) => {
      const entries = await readdir(root, { withFileTypes: true }).catch(absent)
      const folders = (entries ?? []).filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name))
      return Promise.all(folders.sort().map((folder) => listed(folder, shipped)))
    }),
  )
  return lists.flat().filter((model) => model !== undefined)
}

async function listed(folder: string, shipped: boolean): Promise<ListedModel | undefined> {
  const name = basename(folder)
  try {
    const card = await readCard(folder)
    return card && { name: card.name, folder, shipped, card }
  } catch (error) {
    if (error instanceof UserError) return { name, folder, shipped, problem: error.message }
    throw error
  }
}

/** A model by the name of a listed one, or by its folder. Its weights must be those that the card was written for.
 *  Throws UserError: input-not-found, model-unsupported. The caller disposes of the model. */
export async function loadModel(folderOrName: string, roots = modelRoots()): Promise<Model> {
  const folder = await findModel(folderOrName, roots)
  const path = join(folder, 'model.onnx')
  const [card, bytes] = [await readCard(folder), await readFile(path).catch(absent)]
  if (!card) throw unusable(folder, 'it has no model.json', 'Choose a folder with model.onnx and model.json.')
  if (!bytes) throw unusable(folder, 'it has no model.onnx', 'Choose a folder with model.onnx and model.json.')
  const hash = sha256(bytes)
  if (card.sha256 !== hash) {
    const remedy = 'Copy the model folder again; if the weights were changed on purpose, write the card anew.'
    throw unusable(path, `its content (${hash.slice(0, 12)}) is not what model.json was written for`, remedy)
  }
  return createModel(readOnnx(bytes, path, externalDataIn(folder)), card)
}

/** Writes model.onnx and model.json into `folder`, which may hold an older version, and returns the card with the hash
 *  of the weights as written. `half` stores filters in half precision. */
export async function saveModel(
  folder: string,
  model: { readonly graph: OnnxGraph; readonly card: ModelCard },
  options: { readonly half?: boolean } = {},
): Promise<ModelCard> {
  const bytes = writeOnnx(options.half ? toHalfPrecision(model.graph) : model.graph)
  const card = { ...model.card, sha256: sha256(bytes) }
  try {
    await mkdir(folder, { recursive: true })
    await writeFileAtomic(join(folder, 'model.onnx'), Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    await writeFileAtomic(join(folder, 'model.json'), `${JSON.stringify(card, null, 2)}\n`)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new UserError(
      'cannot-write',
      { path: folder, reason, remedy: 'Check the disk and its permissions.' },
      { cause },
    )
  }
  return card
}

/** The card of a model folder; undefined where there is none. */
async function readCard(folder: string): Promise<ModelCard | undefined> {
  const path = join(folder, 'model.json')
  const text = await readFile(path, 'utf8').catch(absent)
  if (text === undefined) return undefined
  const remedy = 'Correct model.json, or copy the model folder again.'
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new UserError('model-unsupported', { path, reason: 'it is not JSON', remedy }, { cause })
  }
  const card = ModelCard.safeParse(json)
  if (card.success) return card.data
  const issue = card.error.issues[0]!
  throw unusable(path, `${issue.path.join('.') || 'the card'}: ${issue.message}`, remedy)
}

async function findModel(folderOrName: string, roots: ReturnType<typeof modelRoots>): Promise<string> {
  const isPath = folderOrName.includes(sep) || folderOrName.includes('/') || folderOrName.startsWith('.')
  const models = isPath ? [] : await listModels(roots)
  const byName = models.find(({ name }) => name === folderOrName)
  if (byName) return byName.folder
  if (await readdir(folderOrName).catch(absent)) return resolve(folderOrName)
  if (isPath) throw new UserError('input-not-found', { path: folderOrName })
  const known = models.map(({ name }) => name).join(', ') || 'none'
  throw unusable(folderOrName, 'there is no model of this name', `Models that are there: ${known}.`)
}

/** Weights in files beside model.onnx, never outside of its folder. */
function externalDataIn(folder: string): (location: string) => Uint8Array | undefined {
  const files = new Map<string, Uint8Array | undefined>()
  return (location) => {
    const path = resolve(folder, location)
    if (!path.startsWith(resolve(folder) + sep)) return undefined
    if (!files.has(path)) {
      try {
        files.set(path, readFileSync(path))
      } catch (error) {
        files.set(path, absent(error))
      }
    }
    return files.get(path)
  }
}

function unusable(path: string, reason: string, remedy: string): UserError {
  return new UserError('model-unsupported', { path, reason, remedy })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** What is not there is undefined; any other failure is not ours to swallow. */
function absent(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  throw error
}
