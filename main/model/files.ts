import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { UserError } from '../errors.ts'
import type { ModelCard } from './card.ts'
import { absent, findModel, modelRoots, readCard, unusable } from './card-files.ts'
import { createModel } from './graph.ts'
import { toHalfPrecision } from './half-precision.ts'
import type { Model } from './model.ts'
import { readOnnx, writeOnnx } from './onnx.ts'
import type { OnnxGraph } from './onnx-types.ts'

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
