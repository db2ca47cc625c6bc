/** Entries of a ZIP as sources. Nothing is unpacked to disk, and no more is inflated than was asked for. */
import yauzl from 'yauzl'
import type { Source } from './source-files.ts'
import { Unreadable } from './unreadable.ts'

const maxEntries = 200_000
/** An entry that inflates more than this is no picture: real ones shrink tenfold at most, blank ones are small. */
const maxRatio = 500
const ratioMatters = 50 * 2 ** 20

export type Archive = {
  readonly sources: readonly Source[]
  readonly rejected: readonly { readonly file: string; readonly reason: string }[]
}

/** Throws Unreadable where the archive itself is damaged. The file stays open as long as the process: entries are read on demand. */
export async function openZip(path: string): Promise<Archive> {
  const sources: Source[] = []
  const rejected: { file: string; reason: string }[] = []
  try {
    const zip = await yauzl.openPromise(path, { lazyEntries: true, autoClose: false, decodeStrings: false })
    if (zip.entryCount > maxEntries)
      throw new Unreadable(`it is a ZIP of ${zip.entryCount} entries, more than can be opened`)
    for await (const entry of zip.eachEntry()) {
      const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false)
      if (name.endsWith('/')) continue
      const reason = refusal(entry, name)
      if (reason) rejected.push({ file: name, reason })
      else sources.push(entrySource(zip, entry, name))
    }
  } catch (error) {
    if (error instanceof Unreadable) throw error
    throw new Unreadable('it is a damaged ZIP', { cause: error })
  }
  sources.sort((a, b) => (a.name < b.name ? -1 : 1))
  return { sources, rejected }
}

function refusal(entry: yauzl.Entry, name: string): string | undefined {
  if (yauzl.validateFileName(name) !== null) return 'its name leads out of the ZIP'
  if (entry.isEncrypted()) return 'it is encrypted; unpack the ZIP with its password first'
  if (!entry.canDecodeFileData()) return 'it is packed in a way that is not supported; unpack the ZIP first'
  if (entry.uncompressedSize > ratioMatters && entry.uncompressedSize > maxRatio * entry.compressedSize)
    return `it would inflate to ${Math.round(entry.uncompressedSize / 2 ** 20)} MiB from almost nothing`
  return undefined
}

function entrySource(zip: yauzl.ZipFile, entry: yauzl.Entry, name: string): Source {
  return {
    name,
    size: entry.uncompressedSize,
    async read(limit) {
      try {
        const stream = await zip.openReadStreamPromise(entry)
        const out = new Uint8Array(Math.min(limit, entry.uncompressedSize))
        let filled = 0
        for await (const chunk of stream as AsyncIterable<Uint8Array>) {
          const part = chunk.subarray(0, out.length - filled)
          out.set(part, filled)
          filled += part.length
          if (filled === out.length) break // ends the stream early
        }
        return out.subarray(0, filled)
      } catch (error) {
        throw new Unreadable('it is damaged within the ZIP', { cause: error })
      }
    },
  }
}
