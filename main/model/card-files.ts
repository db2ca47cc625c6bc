/** Which models there are, and their cards; weights are read by files.ts. */
import { readFile, readdir } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, join, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.ts'
import { ModelCard } from './card.ts'
import type { Companions } from './model.ts'

/** A folder that holds a model.json. One that cannot be used is listed with its problem, not left out. */
export type ListedModel = {
  readonly name: string
  readonly folder: string
  readonly shipped: boolean
  readonly card?: ModelCard
  readonly problem?: string
}

/** A companion's file in the model folder. */
export const companionFiles: Readonly<Record<keyof Companions, string>> = {
  shapePrior: 'shape-prior.onnx',
  rotation: 'rotation.onnx',
  restoration: 'restoration.onnx',
}

/** The models that come with Scanbridge, then those in the user's own folder. */
export function modelRoots(): readonly { folder: string; shipped: boolean }[] {
  const shipped = { folder: fileURLToPath(new URL('../../models', import.meta.url)), shipped: true }
  return [shipped, { folder: ownModels(), shipped: false }]
}

/** $SCANBRIDGE_MODELS, or `models` in the app's own folder. */
export function ownModels(): string {
  const { SCANBRIDGE_MODELS: models, SCANBRIDGE_HOME: home } = process.env
  return resolve(models || join(home || join(homedir(), 'Scanbridge'), 'models'))
}

export async function listModels(roots = modelRoots()): Promise<ListedModel[]> {
  const lists = await Promise.all(
    roots.map(async ({ folder: root, shipped }) => {
      const entries = await readdir(root, { withFileTypes: true }).catch(absent)
      const folders = (entries ?? []).filter((entry) => entry.isDirectory()).map(({ name }) => join(root, name))
      return Promise.all(folders.sort().map((folder) => listed(folder, shipped)))
    }),
  )
  return namedApart(lists.flat().filter((model) => model !== undefined))
}

/** Models are chosen by name: of several with one name the first is meant, and the others cannot be used. */
function namedApart(models: readonly ListedModel[]): ListedModel[] {
  const seen = new Map<string, number>()
  return models.map((model) => {
    const { name, folder, shipped } = model
    const count = (seen.get(name) ?? 0) + 1
    seen.set(name, count)
    if (count === 1) return model
    const reason = `another model is called ${name} too`
    const { message } = unusable(folder, reason, 'Give it a name of its own in model.json.')
    return { name: `${name} (${count})`, folder, shipped, problem: message }
  })
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

/** The card of a model folder; undefined where there is none. */
export async function readCard(folder: string): Promise<ModelCard | undefined> {
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

export async function findModel(folderOrName: string, roots: ReturnType<typeof modelRoots>): Promise<string> {
  const isPath = folderOrName.includes(sep) || folderOrName.includes('/') || folderOrName.startsWith('.')
  const models = isPath ? [] : await listModels(roots)
  const byName = models.find(({ name }) => name === folderOrName)
  if (byName) return byName.folder
  if (await readdir(folderOrName).catch(absent)) return resolve(folderOrName)
  if (isPath) throw new UserError('input-not-found', { path: folderOrName })
  const known = models.map(({ name }) => name).join(', ') || 'none'
  throw unusable(folderOrName, 'there is no model of this name', `Models that are there: ${known}.`)
}

export function unusable(path: string, reason: string, remedy: string): UserError {
  return new UserError('model-unsupported', { path, reason, remedy })
}

/** What is not there is undefined; any other failure is not ours to swallow. */
export function absent(error: unknown): undefined {
  const code = (error as NodeJS.ErrnoException).code
  if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
  throw error
}
