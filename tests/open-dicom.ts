/** DICOM from memory the way files are opened from disk, for tests. */
import { parse } from '../main/dicom/parse.ts'
import { readInstance } from '../main/dicom/read-instance.ts'
import { type Series, collectSeries } from '../main/dicom/series.ts'
import { toVolume } from '../main/dicom/to-volume.ts'
import type { Note, Volume } from '../main/volume/volume.ts'
import { type Elements, writeDicom } from './write-dicom.ts'

export function openBytes(files: readonly Uint8Array[]): {
  series: Series[]
  load: (series?: number, volume?: number) => Promise<{ volume: Volume; notes: Note[] }>
} {
  const bytes = new Map<string, Uint8Array>()
  const instances = files.map((file, n) => {
    const parsed = parse(file)
    bytes.set(String(n), parsed.bytes)
    return readInstance(parsed, String(n))
  })
  const series = collectSeries(instances)
  const load = (which = 0, volume = 0): ReturnType<typeof toVolume> =>
    toVolume(series[which]!.volumes[volume]!, (instance) => Promise.resolve(bytes.get(instance.file)!))
  return { series, load }
}

export function openElements(files: readonly Elements[]): ReturnType<typeof openBytes> {
  return openBytes(files.map((file) => writeDicom(file)))
}
