import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { UserError } from '../errors.ts'
import { readCalibration } from './calibration-files.ts'
import type { ModelCard } from './card.ts'
import { absent, companionFiles, findModel, modelRoots, readCard, unusable } from './card-files.ts'
import { createModel } from './graph.ts'
import { toHalfPrecision } from './half-precision.ts'
import type { Companions, Model } from './model.ts'
import { readOnnx, writeOnnx } from './onnx.ts'
import type { OnnxGraph } from './onnx-types.ts'

/** A model by the name of a listed one, or by its folder. Its weights must be those that the card was written for.
 *  Throws UserError: input-not-found, model-unsupported, calibration-unusable. The caller disposes of the model. */
export async function loadModel(folderOrName: string, roots = modelRoots()): Promise<Model> {
  return load(folderOrName, roots, readCalibration)
}

/** The same as it is before its guard is calibrated: one that is there is not looked at. */
export async function loadUncalibrated(folderOrName: string, roots = modelRoots()): Promise<Model> {
  return load(folderOrName, roots, () => Promise.resolve(undefined))
}

async function load(
  folderOrName: string,
  roots: ReturnType<typeof modelRoots>,
  calibrationOf: typeof readCalibration,
): Promise<Model> {
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
  const calibration = await calibrationOf(folder, hash)
  const companions = await loadCompanions(folder, card)
  return createModel(readOnnx(bytes, path, externalDataIn(folder)), card, companions, calibration)
}

/** The networks that the card names, each as the card was written for. */
async function loadCompanions(folder: string, card: ModelCard): Promise<Companions> {
  const loaded: { -readonly [K in keyof Companions]: Model } = {}
  for (const [kind, file] of Object.entries(companionFiles) as [keyof Companions, string][]) {
    const expected = card.companions?.[kind]
    if (!expected) continue
    const path = join(folder, file)
    const bytes = await readFile(path).catch(absent)
    if (!bytes || sha256(bytes) !== expected) {
      for (const companion of Object.values(loaded)) companion.dispose()
      const reason = bytes ? 'its content is not what model.json was written for' : 'it is not there'
      throw unusable(path, reason, 'Copy the model folder again.')
    }
    loaded[kind] = createModel(readOnnx(bytes, path, externalDataIn(folder)), card)
  }
  return loaded
}

/** Writes model.onnx and model.json into `folder`, which may hold an older version, and returns the card with the hash
 *  of the weights as written. `half` stores filters in half precision. */
export async function saveModel(
  folder: string,
  model: {
    readonly graph: OnnxGraph
    readonly card: ModelCard
    readonly companions?: { readonly [K in keyof Companions]: { readonly graph: OnnxGraph } }
  },
  options: { readonly half?: boolean } = {},
): Promise<ModelCard> {
  const bytes = writeOnnx(options.half ? toHalfPrecision(model.graph) : model.graph)
  const kinds = Object.keys(model.companions ?? {}) as (keyof Companions)[]
  const companions = kinds.map((kind) => ({ kind, bytes: writeOnnx(model.companions![kind]!.graph) }))
  const { companions: _, ...own } = model.card
  const card: ModelCard = {
    ...own,
    sha256: sha256(bytes),
    ...(kinds.length && {
      companions: Object.fromEntries(companions.map(({ kind, bytes }) => [kind, sha256(bytes)])),
    }),
  }
  try {
    await mkdir(folder, { recursive: true })
    for (const { kind, bytes } of companions)
      await writeFileAtomic(
        join(folder, companionFiles[kind]),
        Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
      )
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

/** Writes a companion beside model.onnx, its filters in half precision, and names it in model.json, of which all else stays
 *  as it is. */
export async function saveCompanion(folder: string, kind: keyof Companions, graph: OnnxGraph): Promise<void> {
  const bytes = writeOnnx(toHalfPrecision(graph))
  await writeFileAtomic(join(folder, companionFiles[kind]), Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  await changeCard(folder, (card) => ({ ...card, companions: { ...card.companions, [kind]: sha256(bytes) } }))
}

/** Changes the card of a model that is there already. */
export async function changeCard(folder: string, change: (card: ModelCard) => ModelCard): Promise<void> {
  const path = join(folder, 'model.json')
  // Not through the schema, which would drop what another version wrote.
  const card = JSON.parse(await readFile(path, 'utf8')) as ModelCard
  await writeFileAtomic(path, `${JSON.stringify(change(card), null, 2)}\n`)
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

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
