import type { DicomSource } from '../dicom/source.ts'
import { UserError } from '../errors.ts'
import type { RunRecord } from '../runs/run.ts'
import { spacing } from '../volume/affine.ts'
import type { Volume } from '../volume/volume.ts'
import type { Work } from './progress.ts'
import { openStudy, selectSeries } from './study.ts'
import type { LoadedVolume, OpenedStudy } from './study.ts'

/** A scan to work on, and what may be told of it: no name, no id, no path. */
export type Input = {
  readonly volume: Volume
  /** Absent for NIfTI. Carries the patient's identity: only for files that stay with the study. */
  readonly source: DicomSource | undefined
  readonly record: RunRecord['input']
}

export type OpenedInput = { readonly study: OpenedStudy; readonly seriesUid: string; readonly input: Input }

const reading =
  (work: Work) =>
  (done: number, total: number): void =>
    work.onProgress('reading', total ? done / total : 0)

/** Opens a PATH, takes the series that was named or the most plausible one, and loads it. */
export async function readInput(path: string, series: string | undefined, work: Work): Promise<Input> {
  return (await openInput(path, series, work)).input
}

/** The same, with the study that it is of. */
export async function openInput(path: string, series: string | undefined, work: Work): Promise<OpenedInput> {
  const study = await openStudy(path, { signal: work.signal, onProgress: reading(work) })
  return { study, ...(await describeOpened(study, series, work)) }
}

/** Loads the series of an open study that was named or the most plausible one; of several volumes of it one may be named. */
export async function describeOpened(
  study: OpenedStudy,
  series: string | undefined,
  work: Work,
  volume?: number,
): Promise<Omit<OpenedInput, 'study'>> {
  const { signal } = work
  const { seriesUid, volumeIndex: best, notes: chosen } = selectSeries(study, series)
  const volumeIndex = volume ?? best
  const loaded = await study.load(seriesUid, volumeIndex, { signal, onProgress: reading(work) })
  signal.throwIfAborted()
  // The note on the choice quotes the series' description, where names are found at times.
  const number = study.series.find((one) => one.seriesUid === seriesUid)!.seriesNumber ?? '?'
  const notes = chosen.length ? [`One of ${study.series.length} series was taken: number ${number}.`] : []
  return { seriesUid, input: describeInput(study, seriesUid, loaded, await hashOf(loaded.volume), notes) }
}

/** A loaded volume of an open study, with what may be told of it. Throws UserError where it shows nothing. */
export function describeInput(
  study: Pick<OpenedStudy, 'kind' | 'name' | 'series'>,
  seriesUid: string,
  { volume, notes, source }: LoadedVolume,
  seriesHash: string,
  choice: readonly string[] = [],
): Input {
  const summary = study.series.find((one) => one.seriesUid === seriesUid)!
  if (volume.data.every((value) => value === volume.data[0])) throw blank(study.name)
  const { station: _, ...scanner } = summary.scanner
  return {
    volume,
    source,
    record: {
      kind: study.kind,
      seriesHash,
      modality: summary.modality || null,
      scanner: study.kind === 'dicom' ? scanner : null,
      shape: [...volume.shape],
      spacing: [...spacing(volume.affine)],
      notes: [...choice, ...notes.map(({ message }) => message)],
    },
  }
}

function blank(path: string): UserError {
  return new UserError('input-unsupported', {
    path,
    reason: 'all its voxels have the same value',
    remedy: 'Choose a series that shows something: `scanbridge index` lists them.',
  })
}

/** SHA-256 over voxels and geometry, as hexadecimal digits: the same scan, however it was exported, has the same hash. */
export async function hashOf({ shape, affine, data }: Volume): Promise<string> {
  const voxels = new Uint8Array(data.buffer, data.byteOffset, data.byteLength) as Uint8Array<ArrayBuffer>
  const inner = new Uint8Array(await crypto.subtle.digest('SHA-256', voxels))
  // To a micrometre: what is left of rounding in a file's own text does not make it another scan.
  const geometry = [...shape, ...affine.map((value) => Number(value.toFixed(3)) + 0)].join(' ')
  const text = new TextEncoder().encode(geometry)
  return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array([...inner, ...text]))))
}

function hex(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}
