/** Opens what the user names: a DICOM file, a folder, a DICOMDIR, a ZIP, or a NIfTI file. */
import { type Display, type DisplayWindow, displayOf } from '../dicom/display.ts'
import { type Found, type Rejection, findInstances } from '../dicom/files.ts'
import { type Scanner, describeScanner } from '../dicom/scanner.ts'
import { type Series, type VolumePlan, collectSeries } from '../dicom/series.ts'
import type { DicomSource } from '../dicom/source.ts'
import type { StudyFacts } from '../dicom/study-facts.ts'
import { shapeOf, sourceOf, toVolume } from '../dicom/to-volume.ts'
import { Unreadable, maxFileBytes } from '../dicom/unreadable.ts'
import { type Source, describeInput } from '../dicom/source-files.ts'
import { UserError } from '../errors.ts'
import { spacing } from '../volume/affine.ts'
import { type OpenedNifti, looksLikeNifti, openNifti, readVolume } from '../volume/nifti.ts'
import type { Affine, Grid, Note, Shape, Vector, Volume } from '../volume/volume.ts'

export type VolumeSummary = {
  readonly shape: Shape
  readonly spacing: Vector
  /** 4 rows of 4, index to LPS millimetres. */
  readonly affine: readonly (readonly number[])[]
  /** Pictures that the volume is made of. */
  readonly frames: number
  /** magnitude, phase, real, imaginary, ct, ... */
  readonly kind: string
}

export type SeriesSummary = {
  readonly seriesUid: string
  readonly studyUid: string
  /** Series with the same one lie in the same coordinates; null where the files do not say. */
  readonly frameOfReferenceUid: string | null
  readonly seriesNumber: number | null
  readonly description: string
  readonly modality: string
  readonly scanner: Scanner
  readonly volumes: readonly VolumeSummary[]
  readonly transferSyntax: string
  /** How many. */
  readonly files: number
  readonly problems: readonly string[]
}

export type LoadedVolume = {
  readonly volume: Volume
  readonly notes: readonly Note[]
  /** Absent for NIfTI. */
  readonly source: DicomSource | undefined
  readonly display: Display
}

export type OpenOptions = {
  /** Files found so far, before they are looked at. */
  readonly onFound?: ((count: number) => void) | undefined
  /** What messages call it, in place of the path. */
  readonly name?: string | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((done: number, total: number) => void) | undefined
}

export type OpenedStudy = {
  readonly kind: 'dicom' | 'nifti'
  /** As the user named it. */
  readonly path: string
  /** What messages call it. */
  readonly name: string
  readonly series: readonly SeriesSummary[]
  readonly rejected: readonly Rejection[]
  load(seriesUid: string, volumeIndex: number, options?: OpenOptions): Promise<LoadedVolume>
  /** The middle slice alone, as a volume of one: quick, where a picture is enough. */
  loadMiddle(seriesUid: string, volumeIndex: number): Promise<Volume>
  /** Of the patient and the study, read anew from a file: identifying. Undefined for NIfTI. */
  facts(studyUid: string): Promise<StudyFacts | undefined>
}

export type Selection = { readonly seriesUid: string; readonly volumeIndex: number; readonly notes: readonly Note[] }

/**
 * Opens what `path` names and lists what it holds; voxels are read by `load`. Throws UserError where nothing in it can be
 * used. `onProgress` counts files.
 */
export async function openStudy(path: string, options: OpenOptions = {}): Promise<OpenedStudy> {
  const input = await describeInput(path)
  const { name = path } = options
  if (input.kind === 'missing') throw new UserError('input-not-found', { path: name })
  const head = input.kind === 'file' ? await orRefusal(name, input.source.read(600)) : undefined
  if (input.kind === 'file' && head && looksLikeNifti(head, path)) return openNiftiStudy(path, name, input.source)
  const found = await orRefusal(name, findInstances(path, options))
  const all = withOwnUids(collectSeries(found.instances))
  if (all.length === 0) throw refusal(name, nothingReason(found))
  const planOf = (seriesUid: string, volumeIndex: number): VolumePlan => {
    const plan = all.find((one) => one.seriesUid === seriesUid)?.volumes[volumeIndex]
    if (!plan) throw new Error(`no volume ${volumeIndex} in series ${seriesUid}`)
    return plan
  }
  return {
    kind: 'dicom',
    path,
    name,
    series: await Promise.all(all.map(summarize)),
    rejected: found.rejected,
    load: (seriesUid, volumeIndex, loadOptions = {}) =>
      loadVolume(name, planOf(seriesUid, volumeIndex), found, loadOptions),
    loadMiddle: (seriesUid, volumeIndex) => loadMiddle(name, planOf(seriesUid, volumeIndex), found),
    async facts(studyUid) {
      const series = all.find(({ instances }) => instances[0]!.studyUid === studyUid)
      return series && orRefusal(name, found.study(series.instances[0]!))
    },
  }
}

/** Badly pseudonymised studies share a SeriesInstanceUID; each series is asked for by its own. */
function withOwnUids(all: readonly Series[]): Series[] {
  const times = new Map<string, number>()
  return all.map((series) => {
    const { seriesUid } = series
    const time = (times.get(seriesUid) ?? 0) + 1
    times.set(seriesUid, time)
    return time === 1 ? series : { ...series, seriesUid: `${seriesUid} (${time})` }
  })
}

async function orRefusal<T>(path: string, result: Promise<T>): Promise<T> {
  try {
    return await result
  } catch (error) {
    throw error instanceof Unreadable ? refusal(path, error.reason, error) : error
  }
}

function refusal(path: string, reason: string, cause?: unknown): UserError {
  return new UserError(
    'input-unsupported',
    { path, reason, remedy: 'Choose a folder with DICOM images of a scan, or a NIfTI file.' },
    { cause },
  )
}

async function openNiftiStudy(path: string, name: string, source: Source): Promise<OpenedStudy> {
  const opened = openNifti(await orRefusal(name, source.read(maxFileBytes)), name)
  const { shape, affine, count } = opened
  const summary = summarizeVolume(shape, affine, shape[2], 'image')
  const display: Display = { windows: windowsOf(opened), units: '', scale: opened.scale, invertedScale: undefined }
  const scanner = { key: 'unknown', manufacturer: '', model: '', fieldStrength: 0, softwareVersions: '', station: '' }
  const series: SeriesSummary = {
    seriesUid: 'nifti',
    studyUid: 'nifti',
    frameOfReferenceUid: null,
    seriesNumber: null,
    description: '',
    modality: '',
    scanner,
    volumes: Array.from({ length: count }, () => summary),
    transferSyntax: '',
    files: 1,
    problems: [],
  }
  return {
    kind: 'nifti',
    path,
    name,
    series: [series],
    rejected: [],
    load: (_, volumeIndex) => Promise.resolve({ ...readVolume(opened, volumeIndex), source: undefined, display }),
    loadMiddle(_, volumeIndex) {
      const k = Math.floor(shape[2] / 2)
      const { volume } = readVolume(opened, volumeIndex)
      const size = shape[0] * shape[1]
      return Promise.resolve({ ...atSlice(volume, k), data: volume.data.slice(k * size, (k + 1) * size) })
    },
    facts: () => Promise.resolve(undefined),
  }
}

function windowsOf({ shown }: OpenedNifti): DisplayWindow[] {
  if (!shown) return []
  const [low, high] = shown
  return [{ center: (low + high) / 2, width: high - low, name: 'File', shape: 'linear-exact' }]
}

/** The grid of slice k alone. */
function atSlice({ shape, affine }: Grid, k: number): Grid {
  const moved = affine.map((value, n) => (n % 4 === 3 ? value + k * affine[n - 1]! : value))
  return { shape: [shape[0], shape[1], 1], affine: moved }
}

function nothingReason({ rejected }: Found): string {
  const [first] = rejected
  if (!first) return 'it is an empty folder'
  if (rejected.length === 1) return first.reason
  return `none of its ${rejected.length} files is part of a scan (${first.file}: ${first.reason})`
}

async function loadVolume(path: string, plan: VolumePlan, found: Found, options: OpenOptions): Promise<LoadedVolume> {
  try {
    return {
      ...(await toVolume(plan, (instance) => found.read(instance), options)),
      source: sourceOf(plan, await found.study(plan.frames[0]!.instance)),
      display: displayOf(plan.frames, await found.display(middleOf(plan).frame)),
    }
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    throw new UserError(
      'input-unsupported',
      { path, reason: error.reason, remedy: 'Export the series again.' },
      { cause: error },
    )
  }
}

function middleOf(plan: VolumePlan): { frame: VolumePlan['frames'][number]; k: number } {
  const k = Math.floor(plan.frames.length / 2)
  return { frame: plan.frames[k]!, k }
}

async function loadMiddle(name: string, plan: VolumePlan, found: Found): Promise<Volume> {
  const { frame, k } = middleOf(plan)
  const { affine } = atSlice({ shape: shapeOf(plan), affine: plan.affine }, k)
  const alone = { ...plan, frames: [frame], affine, notes: [] }
  return (
    await orRefusal(
      name,
      toVolume(alone, (instance) => found.read(instance)),
    )
  ).volume
}

async function summarize(series: Series): Promise<SeriesSummary> {
  const first = series.instances[0]!
  return {
    seriesUid: series.seriesUid,
    studyUid: first.studyUid,
    frameOfReferenceUid: first.frameOfReferenceUid ?? null,
    seriesNumber: first.seriesNumber ?? null,
    description: first.description,
    modality: first.modality,
    scanner: await describeScanner(first.scanner),
    volumes: series.volumes.map((plan) => summarizeVolume(shapeOf(plan), plan.affine, plan.frames.length, plan.kind)),
    transferSyntax: first.pixels.transferSyntax,
    files: series.instances.length,
    problems: series.problems,
  }
}

function summarizeVolume(shape: Shape, affine: Affine, frames: number, kind: string): VolumeSummary {
  return {
    shape,
    spacing: spacing(affine),
    affine: [0, 4, 8, 12].map((row) => affine.slice(row, row + 4)),
    frames,
    kind,
  }
}

/** Words in a description that a T1-weighted head scan, what the shipped models take, is likely to have. */
const t1Words = /t1|mprage|mp2?rage|bravo|spgr|fspgr|tfe|flash|fl[23]d/i
const asideWords =
  /local|scout|survey|smart ?brain|calib|screen ?save|phoenix|mip|\badc\b|trace|\bfa\b|perf|bold|fmri|\bdti\b|\bdwi\b/i

/**
 * The volume that the user means. `wanted`: a SeriesInstanceUID or a series number; its first volume is taken. Without it:
 * the most plausible one, MR or CT magnitude images in three dimensions first, with a note that names the choice.
 */
export function selectSeries(study: OpenedStudy, wanted?: string): Selection {
  const candidates = study.series.filter(
    (series) => wanted === undefined || series.seriesUid === wanted || String(series.seriesNumber) === wanted.trim(),
  )
  if (candidates.length === 0)
    throw new UserError('input-unsupported', {
      path: study.name,
      reason: `it holds no series ${wanted}`,
      remedy: 'See `scanbridge index` for what it holds.',
    })
  const ranked = candidates
    .flatMap((series) =>
      series.volumes.map((volume, volumeIndex) => ({ series, volumeIndex, score: plausibility(series, volume) })),
    )
    .sort((a, b) => b.score - a.score)
  const best = ranked[0]
  if (!best)
    throw new UserError('input-unsupported', {
      path: study.name,
      reason: candidates.flatMap((series) => series.problems)[0] ?? 'it holds no volume',
      remedy: 'Look for missing slices, or export the series again.',
    })
  const { series, volumeIndex } = best
  const name = `series ${series.seriesNumber ?? '?'}${series.description ? ` (${series.description})` : ''}`
  const volumeName = series.volumes.length > 1 ? `, volume ${volumeIndex + 1} of ${series.volumes.length}` : ''
  const notes: Note[] =
    ranked.length > 1
      ? [{ code: 'series-chosen', message: `Of ${ranked.length} volumes, ${name}${volumeName} was taken.` }]
      : []
  return { seriesUid: series.seriesUid, volumeIndex, notes }
}

function plausibility(series: SeriesSummary, volume: VolumeSummary): number {
  const voxels = volume.shape[0] * volume.shape[1] * volume.shape[2]
  const depth = volume.shape[2] * volume.spacing[2]
  let score = Math.log2(voxels)
  if (series.modality === 'MR' || series.modality === 'CT') score += 20
  if (volume.kind === 'magnitude' || volume.kind === 'ct') score += 20
  if (volume.shape[2] >= 8 && depth >= 60) score += 20
  if (series.volumes.length > 3) score -= 15
  if (asideWords.test(series.description)) score -= 15
  if (t1Words.test(series.description)) score += 10
  return score
}
