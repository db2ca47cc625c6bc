/** Volumes in memory, the last used ones. */
import type { LoadedVolume } from './study.ts'

const cacheBytes = 1.5 * 2 ** 30

export type VolumeCache = {
  /** From memory, or by `load`; asked for twice at once, it is loaded once. */
  get(input: string, volume: string, load: () => Promise<LoadedVolume>): Promise<LoadedVolume>
  drop(input: string): void
}

/** Holds at most `limit` bytes, but always the last volume. */
export function createVolumeCache(limit = cacheBytes): VolumeCache {
  type Entry = { readonly input: string; readonly volume: Promise<LoadedVolume>; bytes: number }
  const entries = new Map<string, Entry>() // the last used at the end

  function trim(): void {
    let bytes = [...entries.values()].reduce((sum, entry) => sum + entry.bytes, 0)
    for (const [key, entry] of entries) {
      if (bytes <= limit || entries.size === 1) return
      entries.delete(key)
      bytes -= entry.bytes
    }
  }

  return {
    get(input, volume, load) {
      const key = `${input} ${volume}`
      const known = entries.get(key)
      const entry = known ?? { input, volume: load(), bytes: 0 }
      entries.delete(key)
      entries.set(key, entry)
      if (known) return known.volume
      entry.volume.then(
        ({ volume }) => {
          entry.bytes = volume.data.byteLength
          trim()
        },
        () => {
          if (entries.get(key) === entry) entries.delete(key)
        },
      )
      return entry.volume
    },
    drop(input) {
      for (const [key, entry] of entries) if (entry.input === input) entries.delete(key)
    },
  }
}
