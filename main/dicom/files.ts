/** Finds and reads DICOM files: a file, a folder, a DICOMDIR or a ZIP. */
import { open, readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { UserError } from '../errors.ts'
import { type Instance, expectedBytes, readInstance } from './instance.ts'
import { parse } from './parse.ts'
import { Unreadable, maxFileBytes } from './unreadable.ts'

/** Something with bytes: a file on disk, or an entry of an archive. */
export type Source = {
  /** Relative to what the user opened. */
  readonly name: string
  readonly size: number
  /** At most `limit` bytes from the start. */
  read(limit: number): Promise<Uint8Array>
}

export type Rejection = { readonly file: string; readonly reason: string }

export type Found = {
  readonly instances: readonly Instance[]
  readonly rejected: readonly Rejection[]
  /** The bytes of an instance's file, inflated where deflated. */
  read(instance: Instance): Promise<Uint8Array>
}

export type FindOptions = {
  readonly signal?: AbortSignal | undefined
  /** Total is known once the folder has been listed. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

const atOnce = 16
/** Enough for the header of nearly all files; the rest are read whole. */
const headBytes = 512 * 1024

export function fileSource(path: string, name: string, size: number): Source {
  return {
    name,
    size,
    async read(limit) {
      const file = await open(path)
      try {
        const buffer = new Uint8Array(Math.min(size, limit))
        let filled = 0
        while (filled < buffer.length) {
          const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, filled)
          if (bytesRead === 0) return buffer.subarray(0, filled)
          filled += bytesRead
        }
        return buffer
      } finally {
        await file.close()
      }
    },
  }
}

/** All files below a folder, in the order of their names. Links are followed, but no folder is entered twice. */
async function* walk(root: string, folder = root, entered = new Set<string>()): AsyncGenerator<Source> {
  const { dev, ino } = await stat(folder)
  if (entered.has(`${dev} ${ino}`)) return
  entered.add(`${dev} ${ino}`)
  const names = (await readdir(folder)).sort()
  for (const name of names) {
    const path = join(folder, name)
    const facts = await stat(path).catch(() => undefined)
    if (facts?.isDirectory()) yield* walk(root, path, entered)
    else if (facts?.isFile()) yield fileSource(path, relative(root, path).split(sep).join('/'), facts.size)
  }
}

export async function findInstances(path: string, options: FindOptions = {}): Promise<Found> {
  const facts = await stat(path).catch(() => undefined)
  if (!facts) throw new UserError('input-not-found', { path })
  const sources: Source[] = []
  if (facts.isDirectory()) for await (const source of walk(path)) sources.push(source)
  else sources.push(fileSource(path, basename(path), facts.size))
  return readAll(sources, options)
}

async function readAll(sources: readonly Source[], { signal, onProgress }: FindOptions): Promise<Found> {
  const instances: (Instance | undefined)[] = []
  const rejected: (Rejection | undefined)[] = []
  const bySource = new Map<Instance, Source>()
  let next = 0
  let done = 0
  const worker = async (): Promise<void> => {
    for (let n = next++; n < sources.length; n = next++) {
      signal?.throwIfAborted()
      const source = sources[n]!
      try {
        const instance = await readHeader(source)
        instances[n] = instance
        bySource.set(instance, source)
      } catch (error) {
        if (!(error instanceof Unreadable) && !isSystemError(error)) throw error
        rejected[n] = {
          file: source.name,
          reason: error instanceof Unreadable ? error.reason : `it could not be read (${error.code})`,
        }
      }
      onProgress?.(++done, sources.length)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
  return {
    instances: instances.filter((instance) => instance !== undefined),
    rejected: rejected.filter((rejection) => rejection !== undefined),
    async read(instance) {
      const source = bySource.get(instance)!
      const bytes = await source.read(maxFileBytes)
      return instance.pixels.transferSyntax === '1.2.840.10008.1.2.1.99' ? parse(bytes).bytes : bytes
    },
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string'
}

async function readHeader(source: Source): Promise<Instance> {
  if (source.size > maxFileBytes) throw new Unreadable('it is larger than 4 GiB')
  if (source.size === 0) throw new Unreadable('it is empty')
  const head = await source.read(headBytes)
  const parsed = parseHead(head, source.size) ?? parse(await source.read(maxFileBytes))
  const instance = readInstance(parsed, source.name)
  const { pixels } = instance
  const size = parsed.bytes === head ? source.size : parsed.bytes.length
  if (pixels.element.length !== undefined && pixels.element.offset + expectedBytes(pixels) > size)
    throw new Unreadable(
      `it is cut off: ${Math.max(0, size - pixels.element.offset)} of ${expectedBytes(pixels)} bytes of pixels are there`,
    )
  return instance
}

/** Undefined where the head is not enough. */
function parseHead(head: Uint8Array, size: number): ReturnType<typeof parse> | undefined {
  if (head.length === size) return parse(head)
  try {
    const parsed = parse(head)
    return parsed.transferSyntax === '1.2.840.10008.1.2.1.99' ? undefined : parsed
  } catch (error) {
    if (error instanceof Unreadable && error.cause === undefined) throw error
    return undefined
  }
}
