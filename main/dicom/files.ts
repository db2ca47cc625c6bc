/** Finds and reads DICOM files: a file, a folder searched through, what a DICOMDIR names, the entries of a ZIP. */
import { dirname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { type Display, readDisplay } from './display.ts'
import { isDicomdir, isInside, referencedFiles } from './dicomdir.ts'
import type { Frame, Instance } from './instance.ts'
import { type Parsed, deflated, parse } from './parse.ts'
import { expectedBytes } from './pixel-layout.ts'
import { readInstance } from './read-instance.ts'
import { type Source, describeInput, filesBelow, findBelow } from './source-files.ts'
import { type StudyFacts, readStudyFacts } from './study-facts.ts'
import { Unreadable, maxFileBytes } from './unreadable.ts'
import { openZip } from './zip-files.ts'

export type Rejection = { readonly file: string; readonly reason: string }

export type Found = {
  readonly instances: readonly Instance[]
  readonly rejected: readonly Rejection[]
  /** The bytes of an instance's file, inflated where deflated. Throws Unreadable. */
  read(instance: Instance): Promise<Uint8Array>
  /** Read anew from the file: what identifies the patient is not kept. */
  study(instance: Instance): Promise<StudyFacts>
  /** Read anew too, since it is wanted of one frame of a volume only. */
  display(frame: Frame): Promise<Pick<Display, 'windows' | 'units'>>
}

export type FindOptions = {
  readonly signal?: AbortSignal | undefined
  /** Files found so far below a folder. */
  readonly onFound?: ((count: number) => void) | undefined
  /** Files looked at, of how many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

/** Tried in turn: most headers, those with large private parts, those of large multi-frame files. */
const headSizes = [64 * 1024, 2 ** 20, 64 * 2 ** 20] as const

/** Throws Unreadable where `path` itself cannot be used. */
export async function findInstances(path: string, options: FindOptions = {}): Promise<Found> {
  const { sources, rejected } = await collectSources(path, options)
  const found = await readHeaders(sources, options)
  return { ...found, rejected: [...rejected, ...found.rejected] }
}

type Collected = { readonly sources: readonly Source[]; readonly rejected: readonly Rejection[] }

async function collectSources(path: string, options: FindOptions): Promise<Collected> {
  const input = await describeInput(path)
  if (input.kind === 'missing') throw new Unreadable('it is not there')
  if (input.kind === 'folder') return { sources: await filesBelow(path, options), rejected: [] }
  const { source } = input
  const head = await source.read(4)
  if (isZip(head)) return openZip(path)
  const parsed = source.size <= headSizes[2] ? tryParse(await source.read(headSizes[2])) : undefined
  return parsed && isDicomdir(parsed) ? followDicomdir(parsed, dirname(path)) : { sources: [source], rejected: [] }
}

const isZip = (head: Uint8Array): boolean => head[0] === 0x50 && head[1] === 0x4b && head[2]! < 9

/** Undefined where the bytes are not DICOM: readHeaders says why. */
function tryParse(bytes: Uint8Array): Parsed | undefined {
  try {
    return parse(bytes)
  } catch (error) {
    if (error instanceof Unreadable) return undefined
    throw error
  }
}

async function followDicomdir(parsed: Parsed, folder: string): Promise<Collected> {
  const sources: Source[] = []
  const rejected: Rejection[] = []
  const seen = new Set<string>()
  for (const components of referencedFiles(parsed)) {
    const file = components.join('/')
    if (seen.has(file)) continue
    seen.add(file)
    const source = isInside(components) ? await findBelow(folder, components) : undefined
    if (source) sources.push(source)
    else
      rejected.push({
        file,
        reason: isInside(components)
          ? 'the DICOMDIR names it, but it is not there'
          : 'its name leads out of the folder',
      })
  }
  if (seen.size === 0) throw new Unreadable('it is a DICOMDIR that names no files')
  return { sources, rejected }
}

async function readHeaders(sources: readonly Source[], { signal, onProgress }: FindOptions): Promise<Found> {
  const rejected: Rejection[] = []
  const origin = new Map<Instance, Source>()
  let yielded = performance.now()
  for (const [n, source] of sources.entries()) {
    signal?.throwIfAborted()
    try {
      origin.set(await readHeader(source), source)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      rejected.push({ file: source.name, reason: error.reason })
    }
    if (performance.now() - yielded > 50) {
      onProgress?.(n + 1, sources.length)
      await setImmediate() // lets a cancel come through: small files are read without leaving this turn
      yielded = performance.now()
    }
  }
  onProgress?.(sources.length, sources.length)
  return {
    instances: [...origin.keys()],
    rejected,
    read: (instance) => readWhole(origin.get(instance)!, instance),
    study: async (instance) => readStudyFacts((await parseStart(origin.get(instance)!)).parsed.attributes),
    display: async (frame) =>
      readDisplay((await parseStart(origin.get(frame.instance)!)).parsed.attributes, frame.index),
  }
}

async function readHeader(source: Source): Promise<Instance> {
  if (source.size > maxFileBytes) throw new Unreadable('it is larger than 4 GiB')
  if (source.size === 0) throw new Unreadable('it is empty')
  const { parsed, isWhole } = await parseStart(source)
  const instance = readInstance(parsed, source.name)
  const { element } = instance.pixels
  const size = isWhole ? parsed.bytes.length : source.size
  const needed = expectedBytes(instance.pixels)
  if (element.length !== undefined && element.offset + needed > size)
    throw new Unreadable(
      `it is cut off: ${Math.max(0, size - element.offset)} of ${needed} bytes of its pixels are there`,
    )
  return instance
}

async function parseStart(source: Source): Promise<{ parsed: Parsed; isWhole: boolean }> {
  for (const size of headSizes) {
    const bytes = await source.read(size)
    const isWhole = bytes.length >= source.size
    refuseOtherFiles(bytes)
    try {
      const parsed = parse(bytes)
      if (isWhole || (parsed.pixels && parsed.transferSyntax !== deflated)) return { parsed, isWhole }
    } catch (error) {
      const mayNeedMore = !isWhole && error instanceof Unreadable && error.cause !== undefined
      if (!mayNeedMore) throw error
    }
  }
  const parsed = parse(await source.read(maxFileBytes))
  return { parsed, isWhole: true }
}

/** What could be opened, but by itself. */
function refuseOtherFiles(bytes: Uint8Array): void {
  if (isZip(bytes)) throw new Unreadable('it is a ZIP within what was opened; open it by itself')
  if (String.fromCharCode(...bytes.subarray(344, 347)) === 'n+1')
    throw new Unreadable('it is a NIfTI file within what was opened; open it by itself')
}

async function readWhole(source: Source, { pixels }: Instance): Promise<Uint8Array> {
  const bytes = await source.read(maxFileBytes)
  return pixels.transferSyntax === deflated ? parse(bytes).bytes : bytes
}
